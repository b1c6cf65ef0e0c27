"""What stands against the register of municipalities and the accounts, in plain Swedish."""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

import idna

from services.registry.admin.municipalities import HEADER, RowFault

ROW_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "not_utf8": "Filen är inte text i UTF-8. Spara den i Excel som ”CSV UTF-8”.",
        "not_table": "Filen går inte att läsa som en tabell.",
        "header": f"Första raden ska vara {';'.join(HEADER)}, med semikolon mellan.",
        "no_rows": "Filen har inga rader under rubriken.",
        "twice": "Kommunen {said} står två gånger.",
        "columns": "Raden har {said} kolumner och ska ha tre.",
        "unknown_code": "Ingen kommun har koden ”{said}”.",
        "lost_zero": "Ingen kommun har koden ”{said}”. Har en inledande nolla fallit bort?",
        "bad_address": "”{said}” är ingen e-postadress.",
        "bad_domain": "”{said}” är ingen domän.",
        "no_file": "Välj en fil först.",
        "unchanged": "Det du skrev är lika med det som redan gäller.",
    }
)

USER_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "bad_name": "Namnet kan inte användas. Använd bokstäver, siffror och . _ - + @, högst 100 "
        "tecken.",
        "taken": "Det finns redan ett konto med det namnet.",
        "no_role": "Välj en roll.",
        "unknown": "Det finns inget sådant konto.",
        "of_provider": "Kontot hör till organisationens inloggning, och får sin roll där.",
        "last_administrator": "Det är det enda öppna kontot som administratör. Ge någon annan "
        "rollen först.",
        "own": "Du kan inte stänga ditt eget konto. Be en annan administratör.",
        "changed": "Någon annan har ändrat kontot sedan du öppnade sidan. Inget har ändrats.",
    }
)


def row_fault(fault: RowFault) -> tuple[str, str]:
    """Where a fault is, by row and column, and what it is."""
    place = f"Rad {fault.row}, {fault.column.replace('column', 'kolumn')}" if fault.row else ""
    return place, ROW_FAULTS[fault.kind].format(said=fault.said)


def shown_domain(domain: str) -> str:
    """A domain as people write it: håbo.se for xn--hbo-ula.se."""
    with suppress(idna.IDNAError, UnicodeError):
        return idna.decode(domain)
    return domain
