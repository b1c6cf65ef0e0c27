"""The interface (API) for programs: reading, and registrars' verdicts, by key instead of log-in.

It stands beside the pages (`web/`), upon the same store and the same flows.
"""
