"""What the registry decides, and by which rules; no I/O, no clock, no settings."""
