"""Stable keys that are not enumerations, in plain Swedish: log entries, and reasons of others.

The keys come from this service's händelselogg and, inside events, from intake's triage and the
notifier's gate. A key without words here is shown as it is: nothing is hidden.
"""

EVENTS = {
    "mail.registered": "Mejlet registrerades",
    "mail.need": "Mejlet registrerades som behov",
    "mail.review": "Mejlet lades i kön",
    "mail.handled": "Mejlet hanterades",
    "mail.set_aside": "Mejlet sattes åt sidan",
    "document.recorded": "Svaret registrerades",
    "document.duplicate": "Handlingen registrerades som dubblett",
    "document.review": "Handlingen lades i kön",
    "document.returned": "Avsändaren ska ombes att svara på nytt",
    "document.need": "Handlingen registrerades som behov",
    "message.sent": "Mejl skickat",
    "message.held_back": "Mejl skickades inte",
    "message.failed": "Mejl kunde inte levereras",
    "delivery.failed": "Mejl kom tillbaka",
    "review.claimed": "Togs om hand",
    "review.released": "Släpptes",
    "user.added": "Konto skapat",
    "user.password_changed": "Lösenordet byttes",
    "initiative.defined": "Initiativet lades upp",
    "initiative.changed": "Initiativet ändrades",
    "municipalities.imported": "Kommunernas adresser lästes in",
}

ACTORS = {"machine": "Handslag", "command": "kommandoraden"}

MESSAGE_KINDS = {
    "receipt": "Mottagningsbekräftelse",
    "return_request": "Begäran om nytt svar",
    "offer": "Erbjudande",
    "reminder": "Påminnelse",
    "update": "Nyhet",
    "template_request": "Begäran om behovsmall",
}

MESSAGE_REASONS = {
    "no_return_path": "Mejlet har ingen avsändare att svara",
    "unsafe_return_path": "Avsändarens adress går inte att använda",
    "own_address": "Mejlet kom från vår egen adress",
    "no_person": "Ingen läser svar på avsändarens adress",
    "auto_submitted": "Mejlet är skickat av en maskin",
    "precedence": "Mejlet är ett massutskick",
    "mailing_list": "Mejlet kom från en e-postlista",
    "auto_response_suppressed": "Avsändaren vill inte ha automatiska svar",
    "answering_machine": "Mejlet är ett autosvar",
    "report": "Mejlet är en leveransrapport",
    "our_own_loop": "Mejlet är ett svar på vårt eget automatiska mejl",
    "set_aside": "Mejlet registreras inte",
    "cap_per_address": "Adressen har redan fått så många mejl som den får på en dag",
    "cap_in_all": "Dagens gräns för utgående mejl är nådd",
    "already_answered": "Mejlet har redan fått sitt svar",
}

TRIAGE = {
    "autoreply": "Autosvar",
    "auto_reply": "Autosvar",
    "bounce": "Leveransrapport",
    "list": "E-postlista",
    "mailing_list": "E-postlista",
    "bulk": "Massutskick",
    "spam": "Skräppost",
    "junk": "Skräppost",
    "own": "Vårt eget mejl",
    "answer_candidate": "Mejlet har filer som kan vara svar",
    "need": "Mejlet är ett förslag",
    "question": "Mejlet är en fråga",
    "no_attachment": "Mejlet har ingen fil",
}

SKIPPED = {
    "inline_image": "bild i mejlets text",
    "logo": "logotyp",
    "signature": "mejlets signaturfil",
    "calendar": "kalenderpost",
    "empty": "tom fil",
    "html_alternative": "samma text i annan form",
    "unsupported": "filtyp som inte läses",
    "too_large": "för stor",
    "duplicate": "samma fil en gång till",
}


def event(key: str) -> str:
    """What happened, for the händelselogg."""
    return EVENTS.get(key, key)


def actor(who: str) -> str:
    """Who did it."""
    return ACTORS.get(who, who)


def message_kind(key: str) -> str:
    """What an outgoing mail is."""
    return MESSAGE_KINDS.get(key, key)


def message_reason(keys: str) -> str:
    """Why an outgoing mail was not sent; several keys are separated by commas or blanks."""
    found = keys.replace(",", " ").split()
    if all(key in MESSAGE_REASONS for key in found):
        return ". ".join(MESSAGE_REASONS[key] for key in found)
    return keys


def triage(key: str) -> str:
    """Why a mail was taken for what it was taken for."""
    return TRIAGE.get(key, key)


def skipped(key: str) -> str:
    """Why a part of a mail was not read."""
    return SKIPPED.get(key, key)
