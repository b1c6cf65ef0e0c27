"""Examples of Hypothesis take the time they take, which depends on what else the machine does."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
