"""Stable keys that are not enumerations, in plain Swedish: log entries, and reasons of others.

The keys come from this service's händelselogg and, inside events, from intake's triage and the
notifier's gate. A key without words here is shown as it is: nothing is hidden.
"""

from services.registry.store.bounces import CAME_BACK
from services.registry.web.delivery import returned

EVENTS = {
    "mail.registered": "Mejlet registrerades",
    "mail.need": "Mejlet registrerades som behov",
    "mail.review": "Mejlet lades i kön",
    "mail.handled": "Mejlet hanterades",
    "mail.set_aside": "Mejlet sattes åt sidan",
    "mail.taken_up": "Mejlet togs upp igen",
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
    "pages.arranged": "Sidorna ordnades och ska läsas på nytt",
    "pages.taken_back": "Sidornas nya ordning togs tillbaka",
    "pages.not_read": "Sidorna kunde inte läsas på nytt",
    "pages.undone": "Sidornas nya ordning ångrades",
    "document.rearranged": "Handlingens sidor fördes över till nya handlingar",
    "document.left_out": "Sidor som inte hör till någon handling lades åt sidan",
    "resolved.attach": "Svaret registrerades av en registrator",
    "resolved.duplicate": "Handlingen bedömdes vara en dubblett",
    "resolved.ask_again": "Ett nytt svar begärdes",
    "resolved.to_needs": "Fördes över till behov",
    "resolved.to_questions": "Fördes över till frågor",
    "resolved.leave_out": "Bedömdes inte behöva registreras",
    "resolved.done": "Mejlet hanterades",
    "resolved.undone": "Beslutet ångrades",
    "answer.voided": "Svaret makulerades",
    "answer.corrected": "Svaret rättades",
    "bounce.handled": "Studsat mejl hanterades",
    "question.answered": "Frågan markerades som besvarad",
    "reply.reply": "Någon svarade på vårt mejl",
    "reply.left": "Ett svar säger att mottagaren har slutat",
    "reply.away": "Ett automatiskt svar på vårt mejl kom",
    "reply.wrong_person": "Ett svar säger att mejlet kom till fel person",
    "reply.accepted": "Kontaktpersonen byttes efter ett svar",
    "reply.dismissed": "Ett svar avfärdades",
    "contact.added": "Kontaktperson lades till",
    "contact.changed": "Kontaktperson ändrades",
    "contact.ended": "Kontaktperson avslutades",
    "newsletter.unsubscribed": "Nyhetsbrevet avslutades",
    "newsletter.resumed": "Nyhetsbrevet ska skickas igen",
    "newsletter.token_unknown": "Ett nyhetsbrev som ska avslutas känns inte igen",
    "user.added": "Konto skapat",
    "user.password_changed": "Lösenordet byttes",
    "user.closed": "Kontot stängdes",
    "user.reopened": "Kontot öppnades igen",
    "user.password_reset": "Ett nytt första lösenord gavs",
    "user.first_login": "Loggade in för första gången",
    "user.role_changed": "Rollen ändrades",
    "user.turned_away": "Har inte längre någon roll och loggades ut",
    "token.added": "Nyckel för ett program gjordes",
    "token.withdrawn": "Nyckel för ett program drogs in",
    "initiative.defined": "Initiativet lades upp",
    "initiative.changed": "Initiativet ändrades",
    "form.learned": "En egen blankett lärdes in",
    "form.draft_begun": "En blankett började läras in",
    "form.draft_cancelled": "Inlärningen av en blankett avbröts",
    "form.withdrawn": "En egen blankett drogs tillbaka",
    "form.restored": "En egen blankett togs i bruk igen",
    "dead_letter.retried": "En händelse ska hanteras på nytt",
    "proof.asked": "En kontroll av att inget har försvunnit beställdes",
    "municipalities.imported": "Kommunernas adresser lästes in",
    "mailing.begun": "Ett utskick började skrivas",
    "mailing.changed": "Utskicket ändrades",
    "mailing.discarded": "Ett utkast till utskick togs bort",
    "mailing.tested": "Ett prov av utskicket skickades",
    "mailing.paced": "Utskickets tid eller takt ändrades",
    "mailing.submitted": "Utskicket lämnades in",
    "mailing.approved": "Utskicket godkändes",
    "mailing.reopened": "Utskicket gjordes om till utkast",
    "mailing.scheduled": "Utskicket schemalades",
    "mailing.sent": "Utskicket började skickas",
    "mailing.paused": "Utskicket pausades",
    "mailing.resumed": "Utskicket fortsatte",
    "mailing.stopped": "Utskicket stoppades",
    "mailing.done": "Utskicket blev klart",
    "need.template_asked": "Avsändaren ombads att beskriva behovet i mallen",
    "template.changed": "En brevmall ändrades",
    "template.reset": "En brevmall återställdes",
    "template.refused": "En ordalydelse gick inte att använda; den levererade gick i stället",
}

ACTORS = {"machine": "Handslag", "command": "kommandoraden", "recipient": "mottagaren"}

MESSAGE_KINDS = {
    "receipt": "Mottagningsbekräftelse",
    "return_request": "Begäran om nytt svar",
    "decision": "Besked om handlingen",
    "offer": "Erbjudande",
    "reminder": "Påminnelse",
    "update": "Information till kontaktpersoner",
    "invitation": "Inbjudan",
    "newsletter": "Nyhetsbrev",
    "contact_changed": "Besked om ny kontaktperson",
    "need_receipt": "Bekräftelse på behov",
    "question_forwarded": "Besked om vidarebefordrad fråga",
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
    "withdrawn": "Beslutet ångrades innan mejlet gick",
    "sender_not_authentic": "Avsändaren kunde inte bekräftas",
    "cap_per_address": "Adressen har redan fått så många mejl som den får på en dag",
    "cap_in_all": "Dagens gräns för utgående mejl är nådd",
    "already_answered": "Mejlet har redan fått sitt svar",
    "expired": "Mottagarens server tog inte emot mejlet i tid",
    "unconfirmed": "Det är okänt om mejlet gick fram",
    "unsafe_recipient": "Adressen går inte att skicka till",
    "cannot_unsubscribe": "Nyhetsbrevet går inte att avsluta, för ingen adress för det är inställd",
    "cap_letters": "Dagens gräns för brev är nådd",
    "mailing_stopped": "Utskicket stoppades innan brevet gick",
}

OUR_OWN_FAULTS = {
    "not_composed": "Mejlet gick inte att göra i ordning",
    "not_in_archive": "En fil som skulle med finns inte i arkivet",
    "damaged_in_archive": "En fil som skulle med är skadad i arkivet",
}
"""How reasons begin that the notifier gives with details for whoever runs it."""

TRIAGE = {
    "bounce": "Vårt eget mejl som kom tillbaka",
    "report": "Läskvitto eller annan rapport",
    "informal_bounce": "Vårt eget mejl som kom tillbaka",
    "unsubscribe": "Avslutar nyhetsbrevet",
    "own_mail": "Vårt eget mejl",
    "autoreply": "Autosvar",
    "list_or_bulk": "E-postlista eller massutskick",
    "no_sender": "Mejl utan avsändare",
    "junk": "Skräppost utan handlingar",
    "not_all_looked_at": "Alla delar av mejlet kunde inte öppnas",
    "unreadable": "Mejlet kunde inte öppnas",
    "answer_among_needs": "Svar som kom till programkontoret",
    "need": "Mejl med handling till programkontoret",
    "need_in_text": "Förslag i själva mejlet till programkontoret",
    "need_among_answers": "Behovsmall som kom till registraturen",
    "answer_candidate": "Mejl med handling som kan vara ett svar",
    "attachment_forgotten": "Mejlet nämner en bilaga som inte finns",
    "empty": "Mejlet är tomt",
    "question": "Mejl utan handling",
}

SKIPPED = {
    "delivery_report": "del av en leveransrapport",
    "html_alternative": "samma text i annan form",
    "same_as_earlier": "samma fil en gång till",
    "calendar": "kalenderpost",
    "business_card": "visitkort",
    "mail_signature": "mejlets digitala signatur",
    "inline_image": "bild i mejlets text",
    "too_many_parts": "fler delar än vad som läses",
    "too_deep": "för djupt inneslutet i mejlet",
    "opened": "öppnad: innehållet är egna delar",
    "too_large": "för stor uppackad",
    "locked": "låst med lösenord",
    "damaged": "skadad",
    "unsupported": "kan inte packas upp",
    "system_file": "systemfil utan innehåll för läsare",
    "tiny_image": "bild som är för liten för att vara en sida",
}

CHECKS = {
    "database": "Databasen svarar inte.",
    "bus": "Tjänsterna når inte varandra. Nya mejl syns inte här förrän det är löst.",
    "archive": "Arkivet svarar inte.",
    "dead_letters": "Händelser har inte kunnat hanteras. Något som har kommit in kan saknas här.",
    "disk": "Arkivets disk är nästan full. Snart kan nya mejl inte tas emot.",
    "services": "En tjänst hörs inte. Nya mejl tas kanske inte emot, eller besvaras inte.",
    "service_faults": "Något fungerar inte i en annan tjänst. Nya mejl kan bli försenade.",
    "proof": "Något av det som har kommit in kan inte återfinnas.",
    "checks": "Kontrollerna av driften svarar inte. Något kan vara fel utan att det syns här.",
}

SOUND = {
    "database": "Databasen svarar",
    "bus": "Tjänsterna når varandra",
    "archive": "Arkivet svarar",
    "dead_letters": "Alla händelser har hanterats",
    "disk": "Arkivets disk har plats",
    "services": "Alla tjänster hör av sig",
    "service_faults": "De andra tjänsterna är i ordning",
    "proof": "Inget har visat sig saknas",
}

SERVICES = {
    "intake": "Intaget",
    "registry": "Registret",
    "notifier": "Notifieraren",
}

SUBJECTS = {
    "handslag.intake.mail_archived": "Ett mejl som ska läsas",
    "handslag.registry.mail_registered": "Ett mejl som ska få en bekräftelse",
    "handslag.registry.letter_ordered": "Ett brev som ska skickas",
    "handslag.registry.mailing_steered": "Hur ett utskick ska gå",
    "handslag.registry.document_resolved": "Ett beslut som avsändaren ska få veta",
    "handslag.intake.mail_read": "Ett inkommet mejl som lästs",
    "handslag.intake.pages_read": "Sidor som lästs på nytt",
    "handslag.intake.document_searchable": "Texten ur en handling",
    "handslag.registry.blank_uploaded": "En blankett som ska läras in",
    "handslag.registry.fields_pointed": "Fälten på en blankett som ska läras in",
    "handslag.intake.blank_examined": "Vad som står på en blankett som ska läras in",
    "handslag.intake.form_drafted": "Ett formulär som ska bekräftas",
    "handslag.intake.delivery_failed": "Ett mejl som kom tillbaka",
    "handslag.intake.reply_received": "Ett svar på vårt mejl",
    "handslag.intake.unsubscribe_asked": "Någon som inte vill ha nyhetsbrev",
    "handslag.notifier.message_settled": "Hur det gick för ett utgående mejl",
}


def check(key: str) -> str:
    """What is wrong with the machinery, for those who do not run it."""
    return CHECKS.get(key, f"{key} fungerar inte som den ska.")


def sound(key: str) -> str:
    """What is right with the machinery."""
    return SOUND.get(key, f"{key} fungerar")


def service(key: str) -> str:
    """What a service is called."""
    return SERVICES.get(key, key)


def subject(key: str) -> str:
    """What an event between the services is about."""
    return SUBJECTS.get(key, key)


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
    if found[:1] == [CAME_BACK]:
        return f"Mejlet kom tillbaka. {returned(' '.join(found[1:])).said}"
    ours = OUR_OWN_FAULTS.get(found[0].rstrip(":")) if found else None
    if ours is not None:
        return ours
    if all(key in MESSAGE_REASONS for key in found):
        return ". ".join(MESSAGE_REASONS[key] for key in found)
    return keys


def triage(key: str) -> str:
    """Why a mail was taken for what it was taken for."""
    return TRIAGE.get(key, key)


def skipped(key: str) -> str:
    """Why a part of a mail was not read."""
    return SKIPPED.get(key, key)
