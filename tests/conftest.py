"""What every test can ask for: real databases, a real bus."""

pytest_plugins = ("tests.databases", "tests.nats", "tests.dovecot")
