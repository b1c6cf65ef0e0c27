"""The key that signs the codes on printed forms."""

import contextlib
import os
import secrets

from shared.errors import WrongSetting
from shared.settings import CommonSettings

KEY_BYTES = 32


def form_key(settings: CommonSettings) -> bytes:
    """Return the key: `HANDSLAG_FORM_KEY`, or the one in the home, made at the first call."""
    if settings.form_key is not None:
        key = settings.form_key.get_secret_value().encode()
        if len(key) < 16:
            raise WrongSetting("HANDSLAG_FORM_KEY: at least 16 characters are needed.")
        return key
    path = settings.home / "form.key"
    with contextlib.suppress(FileExistsError):
        settings.home.mkdir(parents=True, exist_ok=True)
        # Linked into place whole, so that two who start at once agree on one key.
        fresh = path.with_name(f".form.key.{secrets.token_hex(8)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if path.exists():
                raise FileExistsError
            with os.fdopen(handle, "wb", closefd=False) as file:
                file.write(secrets.token_hex(KEY_BYTES).encode())
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)
        finally:
            os.close(handle)
            os.unlink(fresh)
    return path.read_bytes().strip()
