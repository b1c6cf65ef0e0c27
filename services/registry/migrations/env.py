"""Alembic's entry: the registry's tables on the connection that `shared.migrate` opened."""

from services.registry.tables import METADATA
from shared.migrations_env import run_migrations

run_migrations(METADATA)
