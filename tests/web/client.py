"""A browser without eyes: keeps cookies, fills in forms, follows nothing by itself."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What a person would see, and the markup around it, with entities resolved."""
        return unescape(self.html)

    @property
    def html(self) -> str:
        return self.body.decode()

    @property
    def fields(self) -> dict[str, str]:
        """What its forms would send together as they stand, but for their buttons."""
        found = _Forms()
        found.feed(self.html)
        return found.fields

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class _Forms(HTMLParser):
    """Reads the fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._text = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name, value = has.get("name") or "", has.get("value") or ""
        chosen = has.get("type") not in ("checkbox", "radio") or "checked" in has
        if tag == "input" and name and chosen and has.get("type") not in ("file", "search"):
            self.fields[name] = value
        elif tag == "textarea":
            self._text = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in has:
            self.fields[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data


class Client:
    def __init__(self, address: str) -> None:
        self.address = address
        self.host = address.removeprefix("http://")
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form as a browser does; `Origin` can be given to pretend otherwise."""
        sent = {
            "Origin": self.address,
            "Content-Type": "application/x-www-form-urlencoded",
        } | headers
        return self._send("POST", path, urlencode(fields), sent)

    def submit(self, page: str, path: str, **fields: str) -> Answer:
        """Open a page, and send its form with the token that stands there."""
        return self.post(path, {"_csrf": self.token(page)} | fields)

    def upload(
        self, page: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]]
    ) -> Answer:
        """Open a page, and send its form with files (name and bytes) to the same address."""
        border = "a-border-that-stands-in-no-file"
        parts = [
            (f'name="{name}"', value.encode())
            for name, value in ({"_csrf": self.token(page)} | fields).items()
        ]
        for name, (filename, content) in files.items():
            parts.append((f'name="{name}"; filename="{filename}"', content))
        body = b"".join(
            f"--{border}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
            + content
            + b"\r\n"
            for head, content in parts
        )
        sent = {
            "Origin": self.address,
            "Content-Type": f"multipart/form-data; boundary={border}",
        }
        return self._send("POST", page, body + f"--{border}--\r\n".encode(), sent)

    def token(self, page: str) -> str:
        """The form token that stands on a page."""
        found = re.search(r'name="_csrf" value="([^"]+)"', self.get(page).html)
        assert found, f"no form on {page}"
        return found[1]

    def log_in(self, name: str, password: str) -> Answer:
        return self.submit("/logga-in", "/logga-in", name=name, password=password)

    def _send(
        self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Answer:
        connection = HTTPConnection(self.host, timeout=20)
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
                tuple(response.headers.get_all("set-cookie") or ()),
            )
            for line in answer.set_cookies:
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
                    if not morsel.value or morsel["max-age"] == "0":
                        del self.cookies[name]
        finally:
            connection.close()
        return answer
