"""Whose electronic signatures count, and when the file was here."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Trust(BaseModel):
    """What electronic signatures are validated against.

    `roots` are certificates as PEM texts; without any, no signature is trusted. `at` is when the
    mail reached us: a certificate must have been valid then, or at the time of a trusted stamp.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    roots: tuple[str, ...] = ()
    at: AwareDatetime
