"""What our printed forms need besides the initiative: the key that signs them, and addresses."""

from dataclasses import dataclass
from functools import cached_property

from services.registry.mailings.letters import Office
from services.registry.settings import RegistrySettings
from shared.form_key import form_key

FALLBACK_ADDRESS = "registratur@skr.se"


@dataclass(frozen=True)
class Printing:
    """What stands on every form that is printed here."""

    settings: RegistrySettings

    @cached_property
    def key(self) -> bytes:
        """The key of the signed codes; read, or made, when the first form is printed."""
        return form_key(self.settings)

    @property
    def answers_address(self) -> str:
        return self.settings.registry.answers_address or FALLBACK_ADDRESS

    @property
    def needs_address(self) -> str:
        return self.settings.registry.needs_address

    @property
    def office(self) -> Office:
        """What stands in all letters that are ordered here."""
        return Office(
            self.settings.organisation, self.answers_address, self.needs_address, self.key
        )
