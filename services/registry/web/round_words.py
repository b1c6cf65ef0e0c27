"""What stands against a round, an initiative or a list of municipalities, in plain Swedish."""

from collections.abc import Mapping
from types import MappingProxyType

from services.registry.domain.initiative import RoundFault

ROUND_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "yaml": "Filen går inte att läsa som YAML.",
        "twice": "Nyckeln står två gånger.",
        "not_utf8": "Filen är inte text i UTF-8.",
        "bad_value": "Ett värde i filen kan inte finnas, till exempel en dag som inte finns.",
        "no_round": "Filen är ingen omgång. Den ska ha nycklarna round och initiatives.",
        "missing": "Uppgiften saknas.",
        "extra_forbidden": "Nyckeln finns inte. Se efter hur den stavas.",
        "string_type": "Här ska det stå text.",
        "string_too_short": "Här behöver det stå något.",
        "string_too_long": "Texten är för lång.",
        "string_pattern_mismatch": "Använd små bokstäver a–z och siffror. I initiativets id får "
        "också bindestreck stå mellan dem, i alternativens nycklar understreck.",
        "date_type": "Här ska det stå en dag, som 2026-09-30.",
        "date_parsing": "Här ska det stå en dag, som 2026-09-30.",
        "date_from_datetime_parsing": "Här ska det stå en dag, som 2026-09-30.",
        "date_from_datetime_inexact": "Här ska det stå en dag utan klockslag, som 2026-09-30.",
        "int_type": "Här ska det stå ett heltal.",
        "int_parsing": "Här ska det stå ett heltal.",
        "int_from_float": "Här ska det stå ett heltal.",
        "greater_than_equal": "Talet är för litet.",
        "less_than_equal": "Talet är för stort.",
        "dict_type": "Här ska det stå nycklar med värden.",
        "model_type": "Här ska det stå nycklar med värden.",
        "tuple_type": "Här ska det stå en lista.",
        "too_short": "Det behövs minst ett.",
        "too_long": "Det är för många. Ett formulär har plats för fyra alternativ.",
        "options_changed": "Alternativens nycklar och ordning kan inte ändras, för formulär kan "
        "redan vara utskrivna. Lägg upp ett nytt initiativ i stället.",
        "id_taken": "Det finns redan ett initiativ med det id:t.",
        "option_twice": "Två alternativ har samma nyckel.",
        "no_file": "Välj en fil först.",
        "changed_meanwhile": "Någon annan har ändrat initiativet sedan du öppnade sidan. Inget har "
        "ändrats. Se efter vad som gäller nu.",
        "unchanged": "Det du skrev är lika med det som redan gäller.",
    }
)

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "id": "Id",
        "name": "Namn",
        "round": "Omgång",
        "last_answer_day": "Sista svarsdag",
        "options": "Alternativ",
        "signatories": "Hur många som ska skriva under",
        "start_when": "Antal ja för att genomförandet kan börja",
    }
)


def round_fault(fault: RoundFault) -> str:
    """What is wrong, in a sentence; what has none of its own is told as it was found."""
    if fault.kind == "value_error" and fault.said.startswith("stands twice"):
        return f"Samma id står två gånger: {fault.said.partition(': ')[2]}."
    return ROUND_FAULTS.get(fault.kind, f"Värdet kan inte användas ({fault.said}).")


def field_of(place: str) -> str:
    """What a key of a round file is called on the pages: `options.ja` is about the options."""
    last = place.rpartition("].")[2]
    name, _, rest = last.partition(".")
    label = FIELDS.get(name, last)
    return f"{label} ({rest})" if rest and name == "options" else label
