"""Whether a mail's own words may change what its answer form says. Pure.

"Ja, men …" beside a box is for a person, and so it is in the letter around the form: a condition,
an answer taken back, a No around a Yes, a question. Nothing is understood here; words that an
ordinary covering letter does not have are noticed, and a person reads them.
"""

import re
from collections.abc import Iterator, Set
from typing import Final

from services.intake.reading.remarks import CONDITION, NOT, TAKEN_BACK, UNFINISHED

_REPLY: Final = re.compile(r"^\s*(sv|re|aw|svar)\s*:", re.IGNORECASE)
_PASSED_ON: Final = re.compile(r"^\s*(vb|fw|fwd|wg)\s*:", re.IGNORECASE)
_EARLIER: Final = re.compile(
    r"^\s*(-+\s*(ursprungligt meddelande|original message)|(från|from):\s.*@)",
    re.IGNORECASE | re.MULTILINE,
)
_WROTE: Final = re.compile(
    r"^\s*(den|on)\s.{5,150}\b(skrev|wrote)\b.*:\s*$", re.IGNORECASE | re.MULTILINE
)
"""Where earlier mails begin, that a mail program puts below an answer or a mail passed on."""
_QUOTED_LINE: Final = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_ADDRESS: Final = re.compile(r"<?(https?://|www\.|mailto:)\S+", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[^.!?]*[.!?]|[^.!?]+$")

# Sentences that stand below every mail of an organisation, or that the receipt answers.
_STANDING: Final = re.compile(
    r"\b(avsedd\w*|rätt\w*|felaktig\w*|tilltänkt\w*) mottagare|\bintended recipient|"
    r"\b(fått|erhållit|mottagit|received) (det här|detta|this)\b|"
    r"\bpersonuppgift|\bdataskydd|\bgdpr\b|\bmiljön?\b|\bskriver? ut\b.{0,40}\bm(ej|ai)l|"
    r"\btveka\b|\b(svara (inte|ej)|kan (inte|ej) besvaras|besvaras (inte|ej))\b|"
    r"\b(har|vid|om|ytterligare|eventuella)\b.{0,40}\bfrågor\b|"
    r"\b(bekräft\w*|kommit fram|mottag\w*|fick ni|har ni fått)\b.{0,60}\?",
    re.IGNORECASE,
)
_ABOUT_ANSWER: Final = re.compile(
    r"\banslut|\bdelta|\bmedverka|\bgäll|\bsvar(et|ar|a)?\b|\bbeslut|\bundertecknad|"
    r"\bunderskri|\bformulär|\bblankett|\binitiativ|\berbjudande",
    re.IGNORECASE,
)
_NO: Final = re.compile(r"\bnej\b|\bavstår\b|\bavstå\b|\bavböj", re.IGNORECASE)
_YES: Final = re.compile(
    r"\b(svarar|svaret är|svarat|tackar|säger|säga|tacka) ja\b|\bja till\b|"
    r"\b(ansluter (sig|oss)|vill (delta|ansluta|vara med))\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(r"\?\s*$|\bundrar\b|\b(en|följande|några) fråg(a|or)\b", re.IGNORECASE)


def says_more(subject: str, text: str, answers: Set[str], *, follows_others: bool) -> bool:
    """Say whether a person has to read the words around forms that answer `answers`.

    `text` may hold earlier mails. `follows_others`: its headers name some. Below a reply they are
    ours, or known, and left out; below a mail that was passed on they belong to it.
    """
    words, quoted_lines = _QUOTED_LINE.subn("", text)
    newest = words[: _end_of_newest(words, quotes_have_signs=quoted_lines > 0)]
    if _REPLY.match(subject) or (follows_others and not _PASSED_ON.match(subject)):
        words = newest
    return any(_may_change(one, answers) for one in (subject, *_sentences(words))) or any(
        _ASKS.search(one) for one in _sentences(newest)
    )


def _end_of_newest(words: str, *, quotes_have_signs: bool) -> int:
    """Where earlier mails begin; where they had a > before each line, the sender may write on."""
    heads = [_EARLIER.search(words), None if quotes_have_signs else _WROTE.search(words)]
    return min((head.start() for head in heads if head), default=len(words))


def _sentences(text: str) -> Iterator[str]:
    """The sentences that say something of their own."""
    for paragraph in re.split(r"\n\s*\n", _ADDRESS.sub(" ", text)):
        for sentence in _SENTENCE.findall(" ".join(paragraph.split())):
            if not _STANDING.search(sentence):
                yield sentence


def _may_change(sentence: str, answers: Set[str]) -> bool:
    if any(one.search(sentence) for one in (TAKEN_BACK, CONDITION, UNFINISHED)):
        return True
    negated = NOT.search(sentence) is not None and _ABOUT_ANSWER.search(sentence) is not None
    if negated or _NO.search(sentence):
        return answers != {"nej"}
    return _YES.search(sentence) is not None and answers == {"nej"}
