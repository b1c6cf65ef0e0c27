"""What stable keys are called on the pages, in plain Swedish."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from services.registry.domain.candidates import Ground
from services.registry.domain.contact import ContactFault
from services.registry.domain.resolution import Objection
from services.registry.store.search import Kind, Place
from services.registry.tables import AnswerStatus, MailState, ReplyState, UnsubscribedHow
from shared.events import (
    Disposition,
    DocumentKind,
    Fate,
    MessageFate,
    Outcome,
    PartFate,
    Reason,
    ReplyKind,
    SignatureFault,
    SignatureState,
    Source,
    WitnessKind,
)


@dataclass(frozen=True)
class ReasonWords:
    """A reason as a heading of a few words, and as a sentence that says what to look at."""

    short: str
    long: str


REASONS: Mapping[Reason, ReasonWords] = MappingProxyType(
    {
        Reason.UNREADABLE_FILE: ReasonWords(
            "Filen går inte att öppna",
            "Filen är trasig eller inte det som den utger sig för att vara.",
        ),
        Reason.FILE_REPAIRED: ReasonWords(
            "Filen var skadad",
            "Filen gick att öppna först efter lagning. Se i originalet att inget saknas.",
        ),
        Reason.LOCKED_FILE: ReasonWords(
            "Filen är låst", "Filen är skyddad med ett lösenord som vi inte har."
        ),
        Reason.EMPTY_FILE: ReasonWords("Tom fil", "Filen innehåller ingenting."),
        Reason.UNSUPPORTED_FORMAT: ReasonWords(
            "Filtypen kan inte läsas",
            "Filen är av ett slag som läsaren inte hanterar. Originalet finns att hämta.",
        ),
        Reason.TOO_LARGE: ReasonWords(
            "För stor fil", "Filen är större än vad som läses automatiskt."
        ),
        Reason.TOO_MANY_PAGES: ReasonWords(
            "För många sidor", "Filen har fler sidor än vad som läses automatiskt."
        ),
        Reason.TOO_MANY_PIXELS: ReasonWords(
            "För stor bild", "Bilden har fler bildpunkter än vad som läses automatiskt."
        ),
        Reason.READER_TIMEOUT: ReasonWords(
            "Läsningen tog för lång tid", "Läsningen avbröts. Filen kan vara ovanligt tung."
        ),
        Reason.READER_MEMORY: ReasonWords(
            "Läsningen krävde för mycket minne",
            "Läsningen avbröts. Filen kan vara gjord för att ställa till skada.",
        ),
        Reason.READER_CRASHED: ReasonWords(
            "Läsningen avbröts",
            "Läsaren klarade inte filen. Öppna originalet med försiktighet.",
        ),
        Reason.READER_BUDGET: ReasonWords(
            "Alla filer är inte lästa",
            "Mejlets filer tog så lång tid att läsa att resten inte lästes. Öppna originalen.",
        ),
        Reason.BLANK_PAGE: ReasonWords("Tom sida", "Det finns inget att läsa på sidan."),
        Reason.NO_CODE: ReasonWords(
            "Ingen kod på sidan",
            "Sidan saknar vår kod och är inget av de formulär som har lärts in. Det kan vara en "
            "annan blankett eller en bilaga.",
        ),
        Reason.CODE_FORGED: ReasonWords(
            "Koden är inte äkta", "Koden på sidan är inte utfärdad av oss, eller har ändrats."
        ),
        Reason.CODE_CONFLICT: ReasonWords(
            "Koderna säger olika saker",
            "Sidans två koder pekar på olika kommuner, initiativ eller sidor.",
        ),
        Reason.FORM_AMBIGUOUS: ReasonWords(
            "Flera inlärda formulär kan stämma",
            "Sidan liknar flera av de formulär som har lärts in. Se efter vilket initiativ svaret "
            "gäller.",
        ),
        Reason.MUNICIPALITY_UNPROVEN: ReasonWords(
            "Kommunen är inte säkert styrkt",
            "Formuläret har ingen kod, och det som står på sidan och i mejlet räcker inte för att "
            "säkert säga vilken kommun det gäller.",
        ),
        Reason.CODE_MISSING_ONE: ReasonWords(
            "En av koderna saknas", "Bara en av sidans två koder gick att läsa."
        ),
        Reason.UNKNOWN_FORM_VERSION: ReasonWords(
            "Okänd version av formuläret",
            "Formuläret är av en version som läsaren inte känner, eller som är för gammal för att "
            "läsas säkert. Utan kod kan det också vara ett annat formulär, som liknar ett inlärt.",
        ),
        Reason.SEVERAL_FORMS_ON_PAGE: ReasonWords(
            "Flera formulär på en sida", "Mer än ett formulär ligger på samma sida."
        ),
        Reason.EXTRA_PAGE: ReasonWords(
            "Sida utöver formuläret",
            "Det finns mer att läsa än formuläret, på andra sidor eller bredvid det.",
        ),
        Reason.REGISTRATION_FAILED: ReasonWords(
            "Sidan gick inte att passa in",
            "Hörnmärkena hittades inte eller sidan är för skev för att rutorna ska kunna pekas ut.",
        ),
        Reason.LOW_RESOLUTION: ReasonWords(
            "För låg upplösning", "Bilden är för grov för att läsas säkert."
        ),
        Reason.UNEXPLAINED_INK: ReasonWords(
            "Något är skrivet utanför fälten",
            "Det kan vara ett förbehåll, en stämpel eller en anteckning. Läs vad som står.",
        ),
        Reason.UNKNOWN_INITIATIVE: ReasonWords(
            "Okänt initiativ", "Det framgår inte säkert vilket initiativ svaret gäller."
        ),
        Reason.UNKNOWN_MUNICIPALITY: ReasonWords(
            "Okänd kommun", "Det framgår inte säkert vilken kommun som svarar."
        ),
        Reason.MARK_DOUBTFUL: ReasonWords(
            "Otydligt kryss", "Krysset går inte att tolka säkert. Rutan kan vara överstruken."
        ),
        Reason.SEVERAL_MARKED: ReasonWords(
            "Flera rutor är ikryssade", "Mer än ett svarsalternativ har kryssats i."
        ),
        Reason.NONE_MARKED: ReasonWords(
            "Ingen ruta är ikryssad", "Inget svarsalternativ har kryssats i."
        ),
        Reason.SIGNATURE_MISSING: ReasonWords(
            "Underskrift saknas",
            "En ruta för underskrift är tom, eller färre har skrivit under än som krävs.",
        ),
        Reason.SIGNATURE_UNCLEAR: ReasonWords(
            "Oklar underskrift",
            "Det som står i rutan kan vara initialer, en stämpel eller ett maskinskrivet namn.",
        ),
        Reason.FIELDS_CONTRADICT_PIXELS: ReasonWords(
            "Ifyllda fält och bild skiljer sig åt",
            "Formulärfälten i filen säger en sak och det som syns på sidan en annan.",
        ),
        Reason.LOOK_CAN_CHANGE: ReasonWords(
            "Sidan kan se olika ut",
            "Filen har lager, skript, anteckningar eller bilder ovanpå sidan. "
            "Det som syns här är kanske inte det som syns i andra program.",
        ),
        Reason.E_SIGNATURE_UNTRUSTED: ReasonWords(
            "E-underskrift från okänd utfärdare",
            "Filen är elektroniskt undertecknad, men inte med ett certifikat som vi litar på.",
        ),
        Reason.E_SIGNATURE_INVALID: ReasonWords(
            "E-underskriften gäller inte",
            "Filen kan vara ändrad efter underskriften, eller certifikatet gällde inte. "
            "Se under Elektronisk underskrift.",
        ),
        Reason.E_SIGNATURE_ON_PAPER: ReasonWords(
            "Utskrivet bevis på e-underskrift",
            "En utskrift av en e-underskrift går inte att kontrollera. Be om originalfilen.",
        ),
        Reason.NEED_WITHOUT_TEMPLATE: ReasonWords(
            "Utan mall", "Behovet är beskrivet med egna ord, inte i behovsmallen."
        ),
        Reason.NEED_INCOMPLETE: ReasonWords(
            "Mallen är inte helt ifylld", "Frågor som behövs för bedömningen är inte besvarade."
        ),
        Reason.UNREADABLE_MAIL: ReasonWords(
            "Mejlet går inte att läsa", "Mejlets uppbyggnad är trasig. Originalet finns att hämta."
        ),
        Reason.TOO_MANY_PARTS: ReasonWords(
            "För många delar i mejlet", "Mejlet har fler delar än vad som läses automatiskt."
        ),
        Reason.NO_ATTACHMENT: ReasonWords(
            "Bilaga saknas", "Mejlet kom till registraturen utan någon fil."
        ),
        Reason.SENDER_NOT_AUTHENTIC: ReasonWords(
            "Avsändaren kan vara förfalskad",
            "Mejlets äkthetskontroll (SPF, DKIM, DMARC) gick inte igenom.",
        ),
        Reason.SENDER_OTHER_MUNICIPALITY: ReasonWords(
            "Avsändaren hör till en annan kommun",
            "Mejlet kommer från en annan kommuns adress än den som formuläret gäller.",
        ),
        Reason.SENDER_UNKNOWN: ReasonWords(
            "Okänd avsändare", "Ingen kommun är känd med den här e-postdomänen."
        ),
        Reason.QUESTION: ReasonWords("Fråga", "Mejlet innehåller en fråga och inget svar."),
        Reason.FIELD_SAYS_MORE: ReasonWords(
            "Ett fält säger mer än det ska",
            "I ett textfält eller i rutan för stämpel kan det stå ett villkor eller att svaret "
            "inte gäller.",
        ),
        Reason.MAIL_SAYS_MORE: ReasonWords(
            "Mejlet säger mer än formuläret",
            "I mejlet kan det stå ett villkor, en fråga eller att svaret inte gäller. Läs mejlet.",
        ),
        Reason.SENDER_NOT_TOLD: ReasonWords(
            "Avsändaren kunde inte nås",
            "Vårt mejl om ett nytt svar gick inte fram. Kontakta kommunen på annat sätt.",
        ),
        Reason.REARRANGED: ReasonWords(
            "Sidorna är ordnade för hand",
            "En registrator har valt sidorna eller låtit läsa dem på nytt. "
            "Se efter att det som lästes stämmer.",
        ),
        Reason.CONFLICT: ReasonWords(
            "Kommunen har redan svarat något annat",
            "Ett annat svar till initiativet är registrerat. Det gäller tills någon ersätter det.",
        ),
        Reason.SAME_MAIL_CONTRADICTS: ReasonWords(
            "Samma mejl säger emot sig självt",
            "Mejlet innehåller flera olika svar från samma kommun till samma initiativ.",
        ),
    }
)

SOURCES: Mapping[Source, str] = MappingProxyType(
    {
        Source.CODE: "sidans kod",
        Source.FORM_FIELD: "formulärfält",
        Source.TEXT_LAYER: "filens text",
        Source.MARKS: "kryssen",
        Source.INK: "bläcket i rutan",
        Source.OCR: "tolkad bild",
        Source.SENDER: "avsändaren",
        Source.PRINT: "formulärets tryckta text",
        Source.WITNESSES: "uppgifter som stämmer överens",
    }
)

WITNESSES: Mapping[WitnessKind, str] = MappingProxyType(
    {
        WitnessKind.NAME: "Kommunens namn på sidan",
        WitnessKind.NUMBER: "Organisationsnummer på sidan",
        WitnessKind.CONTACT_DOMAIN: "Domän i kontaktpersonens e-postadress",
        WitnessKind.PREPRINTED: "Kommun som blanketten är tryckt för",
        WitnessKind.SENDER_DOMAIN: "Domän i mejlets avsändaradress",
    }
)

SIGNATURES: Mapping[SignatureState, str] = MappingProxyType(
    {
        SignatureState.HANDWRITTEN: "Underskrivet för hand",
        SignatureState.ELECTRONIC: "Elektroniskt underskrivet",
        SignatureState.MISSING: "Underskrift saknas",
        SignatureState.UNCLEAR: "Oklar underskrift",
    }
)

SIGNATURE_FAULTS: Mapping[SignatureFault, str] = MappingProxyType(
    {
        SignatureFault.UNREADABLE: "Underskriften går inte att läsa.",
        SignatureFault.ALTERED: "Filen är inte den som undertecknades.",
        SignatureFault.PARTIAL: "Underskriften omfattar bara en del av filen.",
        SignatureFault.CHANGED_AFTERWARDS: "Filen har ändrats efter underskriften.",
        SignatureFault.WEAK: "Underskriften är gjord med en metod som inte längre är säker.",
        SignatureFault.UNTRUSTED: "Certifikatet kommer inte från någon som vi litar på.",
        SignatureFault.EXPIRED: "Certifikatet gällde inte när handlingen kom in.",
        SignatureFault.REVOKED: "Certifikatet är återkallat.",
        SignatureFault.NOT_FOR_SIGNING: "Certifikatet är inte till för underskrifter.",
    }
)

KINDS: Mapping[DocumentKind, str] = MappingProxyType(
    {
        DocumentKind.ANSWER: "Svar",
        DocumentKind.NEED: "Behov",
        DocumentKind.OTHER: "Annan handling",
    }
)

FATES: Mapping[Fate, str] = MappingProxyType(
    {
        Fate.RECORDED: "Registrerat",
        Fate.DUPLICATE: "Dubblett",
        Fate.REVIEW: "Ej hanterat",
        Fate.RETURNED: "Väntar på nytt svar",
        Fate.NEED: "Behov",
        Fate.QUESTION: "Fråga",
        Fate.NOT_REGISTERED: "Registreras inte",
        Fate.REARRANGED: "Sidorna är omordnade",
    }
)

OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.AUTO: "Läst utan tvekan",
        Outcome.REVIEW: "Behöver granskas",
        Outcome.RETURN: "Behöver göras om av avsändaren",
    }
)

DISPOSITIONS: Mapping[Disposition, str] = MappingProxyType(
    {
        Disposition.ANSWERS: "Svar",
        Disposition.NEED: "Behov",
        Disposition.QUESTION: "Fråga",
        Disposition.REVIEW: "Ska granskas",
        Disposition.SET_ASIDE: "Satt åt sidan",
    }
)

PART_FATES: Mapping[PartFate, str] = MappingProxyType(
    {
        PartFate.DOCUMENT: "Läst som handling",
        PartFate.TEXT: "Mejlets text",
        PartFate.SKIPPED: "Inte läst",
    }
)

MESSAGE_FATES: Mapping[MessageFate, str] = MappingProxyType(
    {
        MessageFate.SENT: "Skickat",
        MessageFate.HELD_BACK: "Skickades inte",
        MessageFate.FAILED: "Kunde inte levereras",
    }
)

REPLY_KINDS: Mapping[ReplyKind, str] = MappingProxyType(
    {
        ReplyKind.REPLY: "Svar på vårt mejl",
        ReplyKind.LEFT: "Har slutat",
        ReplyKind.AWAY: "Automatiskt svar",
        ReplyKind.WRONG_PERSON: "Fel person",
    }
)

REPLY_STATES: Mapping[ReplyState, str] = MappingProxyType(
    {
        ReplyState.NOTED: "Inget att göra",
        ReplyState.OPEN: "Att göra",
        ReplyState.ACCEPTED: "Byttes",
        ReplyState.DISMISSED: "Avfärdades",
    }
)

MAIL_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "From": "Från",
        "To": "Till",
        "Subject": "Ämne",
        "Date": "Datum",
        "In-Reply-To": "Svar på id",
        "Message-ID": "Id",
    }
)

UNSUBSCRIBED_HOW: Mapping[UnsubscribedHow, str] = MappingProxyType(
    {
        UnsubscribedHow.ONE_CLICK: "Med mejlprogrammets knapp",
        UnsubscribedHow.PAGE: "Med länken i nyhetsbrevet",
        UnsubscribedHow.MAIL: "Med ett mejl",
        UnsubscribedHow.STAFF: "För hand",
    }
)

MAIL_STATES: Mapping[MailState, str] = MappingProxyType(
    {
        MailState.REGISTERED: "Registrerat",
        MailState.NEED: "Behov",
        MailState.REVIEW: "Ej hanterat",
        MailState.HANDLED: "Hanterat",
        MailState.SET_ASIDE: "Satt åt sidan",
    }
)

ANSWER_STATUSES: Mapping[AnswerStatus, str] = MappingProxyType(
    {
        AnswerStatus.CURRENT: "Gäller",
        AnswerStatus.REPLACED: "Ersatt",
        AnswerStatus.VOIDED: "Makulerat",
    }
)


FOUND_KINDS: Mapping[Kind, str] = MappingProxyType({Kind.DOCUMENT: "Handlingar", Kind.MAIL: "Mejl"})

FOUND_PLACES: Mapping[Place, str] = MappingProxyType(
    {
        Place.FORMER_NUMBER: "Tidigare nummer",
        Place.PERSON: "På blanketten",
        Place.FILE: "Fil",
        Place.SENDER: "Avsändare",
        Place.SUBJECT: "Ämne",
        Place.INITIATIVE: "Initiativ",
        Place.READ: "Uppgifter",
        Place.TEXT: "Text",
    }
)

GROUNDS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.CODE: "koden på sidan",
        Ground.PREPRINTED: "blanketten är tryckt för kommunen",
        Ground.NAME: "namnet på sidan",
        Ground.NUMBER: "organisationsnumret",
        Ground.SENDER: "avsändarens adress",
        Ground.CONTACT: "kontaktpersonens adress",
        Ground.ALIKE: "liknar namnet på sidan",
    }
)

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "attach": "Svaret registrerades",
        "duplicate": "Handlingen är en dubblett",
        "ask_again": "Ett nytt svar begärs av avsändaren",
        "to_needs": "Fördes över till behov",
        "to_questions": "Fördes över till frågor",
        "leave_out": "Registreras inte",
        "done": "Mejlet är hanterat",
    }
)

OBJECTIONS: Mapping[Objection, str] = MappingProxyType(
    {
        Objection.STALE: "Ärendet har ändrats sedan du öppnade det. Det du skrev står kvar. "
        "Titta igenom det och försök igen.",
        Objection.NOT_OPEN: "Någon annan hann före, eller så är det redan ångrat. "
        "Inget har ändrats nu.",
        Objection.BEING_READ: "Handlingens sidor läses på nytt. Vänta tills det är klart, eller ta "
        "tillbaka ordningen.",
        Objection.UNKNOWN_INITIATIVE: "Välj initiativ och svar.",
        Objection.UNKNOWN_MUNICIPALITY: "Välj kommun. Namnet ska stå precis som det stavas, "
        "eller med kommunkoden.",
        Objection.UNKNOWN_ANSWER: "Välj ett av initiativets svarsalternativ.",
        Objection.NOT_SIGNED: "Ange hur svaret är underskrivet. Saknas underskrift, begär ett "
        "nytt svar.",
        Objection.ANSWER_STANDS: "Kommunen har redan ett registrerat svar om initiativet, se "
        "nedan. Ersätt det, eller registrera handlingen som dubblett.",
        Objection.REPLACED_MEANWHILE: "Det registrerade svaret är ett annat än det du såg. Titta "
        "på det nedan och försök igen.",
        Objection.NOTHING_TO_REPEAT: "Det finns inget registrerat svar som handlingen kan vara "
        "en dubblett av.",
        Objection.NO_REASON: "Ange varför.",
        Objection.TEXT_TOO_LONG: "En text är för lång. Korta den.",
        Objection.BAD_ADDRESS: "Kontaktpersonens e-postadress är inte en adress.",
        Objection.ONLY_A_MAIL: "Mejlet har ingen handling som det går att göra så med.",
        Objection.ONLY_A_DOCUMENT: "Det går bara att göra med ett helt mejl.",
        Objection.BUILT_UPON: "Det går inte att ångra: ett nyare svar eller en dubblett bygger "
        "på det, eller så är svaret rättat. Ersätt eller makulera svaret i stället.",
        Objection.NOT_CURRENT: "Svaret gäller inte längre och går inte att ändra.",
        Objection.UNCHANGED: "Rättelsen är lika med det som redan står. Ändra det som är fel.",
    }
)

CONTACT_FAULTS: Mapping[ContactFault, str] = MappingProxyType(
    {
        ContactFault.STALE: "Någon annan har ändrat kontaktpersonen sedan du öppnade sidan. Det du "
        "skrev står kvar. Se efter vad som gäller nu och spara igen om det behövs.",
        ContactFault.ENDED: "Kontaktpersonen är redan avslutad.",
        ContactFault.ANSWER_ENDED: "Svaret som kontaktpersonen hör till gäller inte längre.",
        ContactFault.UNREACHABLE: "Skriv en e-postadress eller ett telefonnummer.",
        ContactFault.BAD_ADDRESS: "E-postadressen är inte en adress. Den ska se ut som "
        "namn@kommun.se.",
        ContactFault.TOO_LONG: "Namnet eller telefonnumret är för långt. Korta det.",
        ContactFault.UNCHANGED: "Det du skrev är lika med det som redan står.",
    }
)


def word(key: object, words: Mapping[Any, str]) -> str:
    """What a key is called; a key from a newer version of the program stands for itself."""
    for known, text in words.items():
        if known == key:
            return text
    return str(key)


def reason_words(key: str) -> ReasonWords:
    """What a review reason is called; one from a newer version stands for itself."""
    try:
        return REASONS[Reason(key)]
    except (ValueError, KeyError):
        return ReasonWords(key, "Anledningen saknar beskrivning i den här versionen.")
