"""The style sheet and the scripts: read once, and named by their content so they can be kept."""

from dataclasses import dataclass
from pathlib import Path

from shared.identifiers import digest_of

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    content: bytes
    content_type: str
    version: str


class Assets:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._assets = {
            path.name: _read(path) for path in folder.iterdir() if path.suffix in _TYPES
        }

    def address(self, name: str) -> str:
        """Return where a page finds the file; it changes when the file does. Raises KeyError."""
        return f"/static/{self._assets[name].version}/{name}"

    def find(self, name: str) -> Asset | None:
        """Return a file by name."""
        return self._assets.get(name)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _TYPES[path.suffix], digest_of(content)[:12])
