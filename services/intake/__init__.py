"""Intake: every mail is kept before anything else, then read in containment and told onward."""
