"""Alembic runs this; the connection and all else come from `shared.migrate`."""

from services.intake.tables import IntakeTable
from shared.migrations_env import run_migrations

run_migrations(IntakeTable.metadata)
