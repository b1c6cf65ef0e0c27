"""What staff have imported about municipalities."""

from datetime import datetime

from sqlmodel import Field

from services.registry.tables.base import RegistryTable
from shared.database import UtcDateTime


class MunicipalityContact(RegistryTable, table=True):
    """What staff have imported about a municipality."""

    __tablename__ = "municipality_contact"

    municipality: str = Field(primary_key=True)
    registrar_address: str
    imported_at: datetime = Field(sa_type=UtcDateTime)


class MunicipalityDomain(RegistryTable, table=True):
    """A mail domain of a municipality; joint bodies share one, so a domain may stand twice."""

    __tablename__ = "municipality_domain"

    domain: str = Field(primary_key=True)
    """In lower case and Punycode."""
    municipality: str = Field(primary_key=True)
