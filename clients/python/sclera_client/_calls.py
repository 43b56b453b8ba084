"""Asking: connections, credentials, and what comes back."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import ssl
import threading
import time
import urllib.parse
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

LARGEST = 64 * 1024 * 1024
"""The most bytes of an answer."""

_IDLE = 30.0
"""Seconds after which a connection is not used again; the server ends it after 60."""


class Error(Exception):
    """Why there is no answer."""


class Refused(Error):
    """The server refused.

    `status` is 401 for whoever is not signed in and 403 for whoever is not privileged; `code` is a number of the model or a
    word, and `message` what was told; both are often empty.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"refused with {status}" + (f": {message}" if message else ""))
        self.status = status
        self.code = code
        self.message = message


class Unreachable(Error):
    """The server was not reached, or did not answer in time."""


class Unreadable(Error):
    """What came back is not what the document says."""


class Misconfigured(Error):
    """The client was set up wrongly, or not far enough."""


class _Told(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes
    authorization: Optional[str]


class _Pair(NamedTuple):
    """The tokens of a session, and when they are to be exchanged."""

    access: str
    refresh: str
    due: float


class Calls:
    """One server, and who asks it. It may be shared between threads."""

    def __init__(
        self,
        address: str,
        *,
        authorities: Optional[str] = None,
        identity: Optional[Tuple[str, str]] = None,
        token: Optional[str] = None,
        basic: Optional[Tuple[str, str]] = None,
        patience: float = 60.0,
        danger_plain_http: bool = False,
    ) -> None:
        """A client of the server at an address, such as `https://sclera.ward.example:52773`, with its prefix if it has one.

        :param authorities: a file of certificates (PEM) to trust; without it those that the system trusts
        :param identity: files (PEM) with a certificate to show to servers that ask for one, and its key
        :param token: the token of a machine
        :param basic: a name and a password, for each request
        :param patience: seconds that each step of a request may take
        :param danger_plain_http: send credentials to other machines without TLS, where whoever is on the way reads them
        """
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(f"{address!r} is no address of http or https")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise Misconfigured("the address has more than a host and a path")
        if parts.scheme == "http" and not (danger_plain_http or _is_here(parts.hostname)):
            raise Misconfigured(f"{address!r} is another machine, and is not asked by TLS")
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._patience = patience
        self._tls = ssl.create_default_context(cafile=authorities) if parts.scheme == "https" else None
        if self._tls is not None and identity is not None:
            self._tls.load_cert_chain(*identity)
        self._kept = threading.local()
        self._lock = threading.Lock()
        self._pair: Optional[_Pair] = None
        self._header: Optional[str] = None
        if token is not None:
            self._header = f"Bearer {token}"
        elif basic is not None:
            self._header = "Basic " + base64.b64encode(":".join(basic).encode()).decode()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._host}>"

    # What operations are made of.

    def _nothing(self, method: str, path: str, **call: Any) -> None:
        self._ask(method, path, **call)

    def _text(self, method: str, path: str, **call: Any) -> str:
        return self._ask(method, path, **call).body.decode()

    def _bare(self, method: str, path: str, **call: Any) -> Any:
        return _read(self._ask(method, path, **call).body)

    def _enveloped(self, method: str, path: str, **call: Any) -> Any:
        envelope = self._bare(method, path, **call)
        try:
            return envelope["result"]
        except (KeyError, TypeError):
            raise Unreadable("there is no result") from None

    def _whether(self, method: str, path: str, **call: Any) -> bool:
        try:
            self._ask(method, path, **call)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def _task(self, method: str, path: str, **call: Any) -> str:
        _, found, task = self._ask(method, path, **call).headers.get("Location", "").rpartition("id=")
        if not found:
            raise Unreadable("no task is named")
        return task

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Dict[str, Any]] = None,
        body: Any = None,
        headers: Optional[Dict[str, str]] = None,
        is_open: bool = False,
    ) -> _Told:
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        target = self._prefix + path + ("?" + urllib.parse.urlencode(given) if given else "")
        content = None if body is None else json.dumps(body).encode()
        own = None if is_open else self._authorization(None)
        told = self._send(method, target, content, own, headers)
        for _ in range(2):
            if told.status != 401 or is_open or self._pair is None:
                break
            # The token grew old on its way; whoever is refused had nothing done.
            told = self._send(method, target, content, self._authorization(told.authorization), headers)
        if 200 <= told.status < 300:
            return told
        raise _refused(told)

    def _authorization(self, refused: Optional[str]) -> Optional[str]:
        """The header to come with. Tokens are exchanged that grow old, or that a request was refused with."""
        with self._lock:
            pair = self._pair
            if pair is None:
                return self._header
            if pair.due <= time.monotonic() or refused == f"Bearer {pair.access}":
                told = self._bare(
                    "POST", "/api/admin/refresh", body={"refresh_token": pair.refresh}, is_open=True
                )
                self._pair = pair = _pair(told)
            return f"Bearer {pair.access}"

    def _begin(self, told: Mapping[str, Any]) -> None:
        with self._lock:
            self._pair = _pair(told)

    def _end(self) -> None:
        with self._lock:
            self._pair = self._header = None

    def _send(
        self,
        method: str,
        target: str,
        content: Optional[bytes],
        authorization: Optional[str],
        more: Optional[Dict[str, str]] = None,
    ) -> _Told:
        headers = {"User-Agent": "sclera-client-python", **(more or {})}
        if authorization is not None:
            headers["Authorization"] = authorization
        if content is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection()
        try:
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            body = response.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as error:
            self._kept.connection = None
            connection.close()
            raise Unreachable(f"the server was not reached: {error}") from error
        if len(body) > LARGEST:
            self._kept.connection = None
            connection.close()
            raise Unreadable(f"the answer has more than {LARGEST} bytes")
        self._kept.since = time.monotonic()
        return _Told(response.status, response.headers, body, authorization)

    def _connection(self) -> http.client.HTTPConnection:
        """A connection of this thread."""
        known = getattr(self._kept, "connection", None)
        if known is not None and time.monotonic() - self._kept.since < _IDLE:
            return known
        if known is not None:
            known.close()
        if self._tls is None:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self._patience)
        else:
            made = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._patience, context=self._tls
            )
        self._kept.connection, self._kept.since = made, time.monotonic()
        return made


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _pair(told: Mapping[str, Any]) -> _Pair:
    """They are exchanged when a quarter of their life is left."""
    try:
        life = max(0.0, min(float(told["exp"]) - float(told["iat"]), 86_400.0))
        return _Pair(told["access_token"], told["refresh_token"], time.monotonic() + life * 0.75)
    except (KeyError, TypeError, ValueError):
        raise Unreadable("these are no tokens") from None


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unreadable(f"the answer cannot be read: {error}") from None


def _refused(told: _Told) -> Refused:
    """A problem of RFC 9457, an envelope of `/api/admin`, or a status alone."""
    try:
        problem = json.loads(told.body)
        if "detail" in problem:
            return Refused(told.status, str(problem.get("code", "")), str(problem["detail"]))
        status = problem["status"]
        errors = status["errors"]
        return Refused(told.status, str(errors[0]["code"]) if errors else "", str(status["summary"]))
    except (ValueError, KeyError, TypeError, IndexError):
        return Refused(told.status, "", "")
