"""What stands against a mailing, where it is, and why somebody gets no letter, in Swedish."""

from collections.abc import Mapping
from types import MappingProxyType

from services.registry.domain.mailing import Fault
from services.registry.domain.recipients import LeftOut, RecipientRole
from services.registry.mailings.letters import template_of
from services.registry.tables import MailingStage, RecipientState
from services.registry.web.phrases import message_reason
from shared.events import LetterKind
from shared.letters.kinds import kind_of

KIND_HINTS: Mapping[LetterKind, str] = MappingProxyType(
    {
        LetterKind.OFFER: "Ett brev till varje kommun, med kommunens egna svarsformulär",
        LetterKind.REMINDER: "Till de kommuner som inte har svarat",
        LetterKind.UPDATE: "Till kontaktpersonerna för ett initiativ",
        LetterKind.INVITATION: "Till seminarium eller hearing, med kalenderfil",
        LetterKind.NEWSLETTER: "Till alla som inte har avregistrerat sig",
    }
)

STAGES: Mapping[MailingStage, tuple[str, str]] = MappingProxyType(
    {
        MailingStage.DRAFT: ("Utkast", "missing"),
        MailingStage.AWAITING_APPROVAL: ("Väntar på godkännande", "review"),
        MailingStage.APPROVED: ("Klart att skicka", "option-4"),
        MailingStage.SCHEDULED: ("Schemalagt", "returned"),
        MailingStage.RUNNING: ("Skickas", "review"),
        MailingStage.PAUSED: ("Pausat", "returned"),
        MailingStage.STOPPED: ("Stoppat", "failed"),
        MailingStage.DONE: ("Klart", "sent"),
    }
)
"""Each stage's name, and the shape that it is drawn with."""

STATES: Mapping[RecipientState, tuple[str, str]] = MappingProxyType(
    {
        RecipientState.WAITING: ("Väntar", "missing"),
        RecipientState.ORDERED: ("På väg", "review"),
        RecipientState.SENT: ("Skickat", "sent"),
        RecipientState.HELD_BACK: ("Skickades inte", "held_back"),
        RecipientState.FAILED: ("Kunde inte levereras", "failed"),
        RecipientState.LEFT_OUT: ("Utelämnad", "voided"),
    }
)

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        LeftOut.NO_REGISTRAR: "Kommunen har ingen registratorsadress i kommunregistret",
        LeftOut.NO_ADDRESS: "Kontaktpersonen har ingen e-postadress",
        LeftOut.BAD_ADDRESS: "Adressen är inte en e-postadress",
        LeftOut.BOUNCES: "Mejl till adressen kommer tillbaka",
        LeftOut.UNSUBSCRIBED: "Vill inte ha nyhetsbrev",
        LeftOut.SAME_ADDRESS: "Samma adress är redan med",
        LeftOut.BY_HAND_INSTEAD: "Kommunen är redan med på en egen rad",
        LeftOut.ANSWERED: "Kommunen har redan svarat",
        LeftOut.EXCEPTED: "Undantagen i utskicket",
        LeftOut.IN_REVIEW: "Kommunens svar har kommit in och väntar på granskning",
    }
)

NOT_SENT: Mapping[str, str] = MappingProxyType(
    {
        "form_does_not_fit": "Kommunens namn eller initiativets får inte plats på formuläret",
        "value_missing": "En uppgift som texten behöver saknas",
    }
)

ROLES: Mapping[RecipientRole, str] = MappingProxyType(
    {
        RecipientRole.REGISTRAR: "Kommunens registrator",
        RecipientRole.NAMED: "Kontaktperson som kommunen har angett",
        RecipientRole.ADDED: "Kontaktperson som vi har lagt till",
        RecipientRole.BY_HAND: "Inlagd för hand",
    }
)

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "no_kind": "Slag av brev saknas.",
        "not_yours": "Din roll får bara skicka påminnelser.",
        "stale": "Någon annan har ändrat utskicket sedan du öppnade sidan. Det du skrev står kvar. "
        "Öppna utskicket på nytt och jämför innan du sparar igen.",
        "not_draft": "Utskicket är inte längre ett utkast och går inte att ändra.",
        "wrong_stage": "Utskicket är inte i det läget längre. Någon annan hann före.",
        "recipients_changed": "Mottagarna är inte desamma som när du öppnade sidan. Se igenom dem "
        "och försök igen.",
        "own": "Någon som inte har skrivit eller lämnat in utskicket ska godkänna det.",
        "no_title": "Ge utskicket ett namn.",
        "no_initiative": "Välj minst ett initiativ.",
        "one_initiative": "Välj ett initiativ. Informationen skickas om ett i taget.",
        "several_days": "Initiativen har olika sista svarsdag. Gör ett utskick för varje dag.",
        "missing": "{said} saknas.",
        "too_long": "{said} är för lång. Korta texten.",
        "braces": "{said}: dubbla klammerparenteser är till för mallen och kan inte stå här.",
        "one_line": "{said} ska vara en rad.",
        "template": "{said}",
        "no_time": "Ange när det börjar och slutar.",
        "bad_time": "Datum eller klockslag går inte att läsa.",
        "ends_first": "Det slutar innan det börjar.",
        "has_been": "Det har redan börjat när inbjudan skickas.",
        "bad_link": "{said} ska vara en webbadress som börjar med https://.",
        "day_passed": "Sista svarsdag har passerat när erbjudandet skickas.",
        "time_is_up": "Sista svarsdag har passerat. Ta bort meningen med tid_kvar ur texten, eller "
        "flytta fram dagen.",
        "nobody": "Ingen får utskicket. Ändra urvalet.",
        "no_room": "Ett formulär går inte att skriva ut: {said}",
        "value_missing": "En uppgift som texten behöver saknas.",
        "test_address": "Skriv adressen som provet ska skickas till.",
        "bad_pace": "Takten ska vara ett tal över 0.",
        "file": "Filen går inte att läsa som text.",
        "excepted": "Undantag: ”{said}” är varken en e-postadress eller en kommun.",
        "row_too_many": "Rad {row}: fler rader än så här får det inte vara.",
        "row_columns": "Rad {row} har {said} kolumner och ska ha högst tre.",
        "row_address": "Rad {row}: ”{said}” är ingen e-postadress.",
        "row_name": "Rad {row}: namnet är för långt.",
        "row_municipality": "Rad {row}: ingen kommun heter eller har koden ”{said}”.",
        "row_no_municipality": "Rad {row}: kommunen saknas. Skriv adress;namn;kommunkod.",
    }
)


def fault(one: Fault) -> str:
    """What is wrong, as a sentence."""
    if one.kind.startswith("row_"):
        row, _, said = one.said.partition("|")
        return FAULTS[one.kind].format(row=row, said=said)
    return FAULTS[one.kind].format(said=capital(one.said) if one.field == one.said else one.said)


def capital(name: str) -> str:
    """A variable's name as a label: `länk` is `Länk`."""
    return (name[:1].upper() + name[1:]).replace("_", " ")


def kind_title(kind: LetterKind) -> str:
    """What a kind of letter is called."""
    return kind_of(template_of(kind)).title


def not_sent(state: RecipientState, reason: str) -> str:
    """Why a recipient got no letter; empty where nothing is to be said."""
    if state is RecipientState.LEFT_OUT:
        return LEFT_OUT.get(reason, reason)
    return NOT_SENT.get(reason) or (message_reason(reason) if reason else "")
