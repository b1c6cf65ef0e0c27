"""The initiative that somebody names on the command line."""

from services.registry.admin.initiatives import list_all
from services.registry.tables import Initiative
from shared.database import Database
from shared.errors import UsageError


def initiative_called(database: Database, wanted: str) -> Initiative:
    """Return the initiative with this identifier. Raises UsageError, naming those there are."""
    known = {each.id: each for each in list_all(database)}
    if wanted not in known:
        there_are = ", ".join(known) or "none; load a round with `handslag initiative load`"
        raise UsageError(f"No initiative is called {wanted}. There are: {there_are}.")
    return known[wanted]
