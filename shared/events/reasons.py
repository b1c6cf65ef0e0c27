"""Why a person must look, or a sender send again."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a document or a mail was not decided by the machine. All that apply are given."""

    # the file
    UNREADABLE_FILE = "unreadable_file"
    FILE_REPAIRED = "file_repaired"
    """Damaged, and put together again by the library that opened it: something may be missing."""
    LOCKED_FILE = "locked_file"
    EMPTY_FILE = "empty_file"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_PIXELS = "too_many_pixels"
    READER_TIMEOUT = "reader_timeout"
    READER_MEMORY = "reader_memory"
    READER_CRASHED = "reader_crashed"
    READER_BUDGET = "reader_budget"
    """Not opened: the files before it had used all the processor time that one mail may use."""
    # the page
    BLANK_PAGE = "blank_page"
    NO_CODE = "no_code"
    CODE_FORGED = "code_forged"
    CODE_CONFLICT = "code_conflict"
    CODE_MISSING_ONE = "code_missing_one"
    UNKNOWN_FORM_VERSION = "unknown_form_version"
    FORM_AMBIGUOUS = "form_ambiguous"
    """Several forms without codes have been learned that it may be."""
    SEVERAL_FORMS_ON_PAGE = "several_forms_on_page"
    EXTRA_PAGE = "extra_page"
    REGISTRATION_FAILED = "registration_failed"
    LOW_RESOLUTION = "low_resolution"
    UNEXPLAINED_INK = "unexplained_ink"
    # the answer
    UNKNOWN_INITIATIVE = "unknown_initiative"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    MUNICIPALITY_UNPROVEN = "municipality_unproven"
    """Nothing on the page says beyond doubt whose form it is; the register may know more."""
    MARK_DOUBTFUL = "mark_doubtful"
    SEVERAL_MARKED = "several_marked"
    NONE_MARKED = "none_marked"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_UNCLEAR = "signature_unclear"
    FIELDS_CONTRADICT_PIXELS = "fields_contradict_pixels"
    FIELD_SAYS_MORE = "field_says_more"
    """Words that may change the answer stand in a text field, or in the room for a stamp."""
    LOOK_CAN_CHANGE = "look_can_change"
    """Layers, scripts, pictures or notes laid over the page: others may see something else."""
    E_SIGNATURE_UNTRUSTED = "e_signature_untrusted"
    E_SIGNATURE_INVALID = "e_signature_invalid"
    E_SIGNATURE_ON_PAPER = "e_signature_on_paper"
    """A printed or copied proof of an electronic signature, which proves nothing by itself."""
    # the need: it goes to the needs all the same
    NEED_WITHOUT_TEMPLATE = "need_without_template"
    NEED_INCOMPLETE = "need_incomplete"
    """Questions of the template that must be answered are not."""
    # the mail
    UNREADABLE_MAIL = "unreadable_mail"
    TOO_MANY_PARTS = "too_many_parts"
    NO_ATTACHMENT = "no_attachment"
    SENDER_NOT_AUTHENTIC = "sender_not_authentic"
    SENDER_OTHER_MUNICIPALITY = "sender_other_municipality"
    SENDER_UNKNOWN = "sender_unknown"
    """No municipality's domain; a doubt only where the settings make it one."""
    QUESTION = "question"
    MAIL_SAYS_MORE = "mail_says_more"
    """Its words may change the answer in its files: a condition, taken back, a question."""
    # the register
    CONFLICT = "conflict"
    """The municipality already has another answer to this initiative."""
    SAME_MAIL_CONTRADICTS = "same_mail_contradicts"
    SENDER_NOT_TOLD = "sender_not_told"
    """It was to be sent in again, but our mail that says so was held back, failed or came back."""
    REARRANGED = "rearranged"
    """A person chose its pages, or had them read again: a person sees what came of it."""


NEED_NOTES = frozenset(
    {Reason.NEED_WITHOUT_TEMPLATE, Reason.NEED_INCOMPLETE, Reason.UNSUPPORTED_FORMAT}
)
"""What is noted of a need without holding it back: whoever handles needs reads it in any case."""

MENDABLE = frozenset({Reason.SIGNATURE_MISSING, Reason.SEVERAL_MARKED, Reason.NONE_MARKED})
"""Faults that the sender alone can mend, where it is certain whose form it is."""

MENDABLE_FILES = frozenset({Reason.LOCKED_FILE, Reason.UNREADABLE_FILE, Reason.EMPTY_FILE})
"""Likewise of a file that nobody, here either, can read."""
