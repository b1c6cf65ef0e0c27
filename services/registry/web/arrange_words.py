"""What may stand in the way of arranging pages, in plain Swedish."""

from collections.abc import Mapping
from types import MappingProxyType

from services.registry.domain.arrangement import MEANWHILE, Hindrance
from services.registry.web.words import reason_words
from shared.events import ReadAs, RereadFault

HINDRANCES: Mapping[Hindrance, str] = MappingProxyType(
    {
        Hindrance.STALE: "Något i mejlet har avgjorts eller ändrats sedan du öppnade sidan. Det "
        "du valde för sidor som fortfarande väntar står kvar. Titta igenom det och försök igen.",
        Hindrance.BEING_READ: "Handlingens sidor läses redan på nytt.",
        Hindrance.PAGE_UNPLACED: "Välj handling för varje sida, eller att den inte hör till någon.",
        Hindrance.EMPTY_DOCUMENT: "En handling utan sidor kan inte läsas som något. Flytta en sida "
        "dit, eller låt sidorna avgöra.",
        Hindrance.NOTHING_LEFT: "Det blir inget att läsa på nytt. Vill du lämna en hel handling "
        "utanför, gå tillbaka till den och välj Registreras inte.",
        Hindrance.UNKNOWN_FORM: "Blanketten används inte längre. Välj en annan.",
        Hindrance.NO_PAGES: "Det finns inga sidor att ordna, eller fler än vad som går att ordna "
        "på en gång.",
        Hindrance.TOO_LATE: "Det går inte längre: sidorna är redan lästa, ordningen är redan "
        "ångrad, eller så är en av de nya handlingarna avgjord. Ångra först det beslutet.",
    }
)

FAULTS: Mapping[RereadFault, str] = MappingProxyType(
    {
        RereadFault.ORIGINAL_GONE: "Originalet kunde inte hämtas ur arkivet. Säg till driften.",
        RereadFault.MAIL_UNREADABLE: "Mejlet gick inte att öppna igen.",
        RereadFault.FILE_GONE: "Filen är inte längre densamma när mejlet öppnas på nytt.",
        RereadFault.FILE_UNREADABLE: "Filen gick inte att läsa igen.",
        RereadFault.PAGE_GONE: "En sida finns inte längre i filen.",
        RereadFault.FORM_WITHDRAWN: "Blanketten används inte längre.",
    }
)

READ_AS: Mapping[ReadAs, str] = MappingProxyType(
    {
        ReadAs.ANY: "Det som sidorna visar",
        ReadAs.OWN_FORM: "Vår egen blankett",
        ReadAs.NEED: "Behovsmallen",
    }
)


def why_not_read(why: str) -> str:
    """Why pages were not read anew: a fault's key and perhaps a reason's, parted by a blank."""
    if why == MEANWHILE:
        return "Handlingen har avgjorts eller ändrats under tiden."
    fault, _, reason = why.partition(" ")
    known = next((text for key, text in FAULTS.items() if key == fault), fault)
    return f"{known} {reason_words(reason).short}." if reason else known
