"""Who may do what: each role is a set of permissions, and each route asks for one of them."""

from enum import StrEnum

from services.registry.tables import Role


class Permission(StrEnum):
    """What a route can ask for."""

    OPEN = "open"
    """No log-in: the log-in page itself, health, and the files that pages are drawn with."""
    SIGNED_IN = "signed_in"
    """Any log-in, also one whose first password has not been changed yet."""
    SEE_ANSWERS = "see_answers"
    """The round and its recorded answers, with their scans."""
    SEE_NEEDS = "see_needs"
    """The proposals that have come in."""
    SEE_MAIL = "see_mail"
    """Everything that has arrived: the queue, mails, their files, and what was set aside."""
    RESOLVE = "resolve"
    """Decide what the machine would not."""
    PRINT_FORMS = "print_forms"
    """Print our forms, for one municipality or all."""
    MANAGE_ROUND = "manage_round"
    """Say what is offered, by which forms, and where the municipalities are reached."""
    ORDER_REMINDERS = "order_reminders"
    """Remind municipalities that have not answered, and approve another's reminder."""
    SEND_MAILINGS = "send_mailings"
    """Compose, approve and steer mailings of every kind, and word the letters."""
    MANAGE_USERS = "manage_users"
    """Who has an account, and what it may do."""
    SEE_OPERATIONS = "see_operations"
    """How the machinery fares."""


_READER = frozenset({Permission.SIGNED_IN, Permission.SEE_ANSWERS})
_STAFF = _READER | {Permission.SEE_NEEDS, Permission.SEE_MAIL, Permission.PRINT_FORMS}
_REGISTRAR = _STAFF | {Permission.RESOLVE, Permission.ORDER_REMINDERS}
_MANAGER = frozenset(
    {Permission.MANAGE_ROUND, Permission.ORDER_REMINDERS, Permission.SEND_MAILINGS}
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.PROGRAMME_OFFICE: _STAFF | _MANAGER,
    Role.REGISTRAR: _REGISTRAR,
    Role.ADMINISTRATOR: _REGISTRAR
    | _MANAGER
    | {Permission.MANAGE_USERS, Permission.SEE_OPERATIONS},
}
