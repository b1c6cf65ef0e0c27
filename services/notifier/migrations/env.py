"""Alembic's entry: migrate the notifier's database."""

from services.notifier.tables import METADATA
from shared.migrations_env import run_migrations

run_migrations(METADATA)
