"""Connections as we make them: to no address that no store has, and no longer than an answer may take.

Nothing of the environment counts here: no proxy, no `.netrc`, no CA, no key log.
"""

import http.client
import io
import socket
import ssl
import time
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from syncctl.connectors.http.wire import Wire, is_forbidden, is_loopback
from syncctl.errors import ConfigError, SafetyStop

CONNECT = 10.0  # seconds for one connection


class Line:
    """One request on its way. `sent`: whether anything of it may have reached the other side.

    Units: seconds. Every wait on the socket ends with the silence that is allowed, or with the deadline of the whole.
    """

    def __init__(self, wire: Wire, *, proxied: bool) -> None:
        self._wire = wire
        self._ends = 0.0
        self.plain_anywhere = wire.allow_http or proxied
        self.sent = False

    def begin(self) -> None:
        """A new request: its time runs from now."""
        self._ends = time.monotonic() + self._wire.deadline
        self.sent = False

    def hurry(self, seconds: float) -> None:
        """What is still to come is not worth more than that."""
        self._ends = min(self._ends, time.monotonic() + seconds)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._ends

    def patience(self, most: float) -> float:
        """How long the next step may take. Errors: TimeoutError where the time is up."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(most, left)

    def silence(self) -> float:
        """How long the next bytes may take to come."""
        return self.patience(self._wire.timeout)


class _Bytes(io.RawIOBase):
    """What comes from a socket, each read with what is left of the time: headers drip as well as bodies do."""

    def __init__(self, raw: Any, sock: Any, line: Line) -> None:
        self._raw, self._sock, self._line = raw, sock, line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._sock.settimeout(self._line.silence())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Socket:
    """A socket as a response reads it."""

    def __init__(self, sock: Any, line: Line) -> None:
        self._sock, self._line = sock, line

    def makefile(self, _mode: str, *_arguments: Any, **_extra: Any) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self._sock.makefile("rb", buffering=0), self._sock, self._line), 65_536)


class _Watched:
    """What both kinds of connection have in common; `line` is set by `adapter_for`."""

    line: ClassVar[Line]
    plain: ClassVar[bool]
    sock: Any

    def __init__(self, *arguments: Any, **extra: Any) -> None:
        super().__init__(*arguments, **extra)
        self.response_class = self._response

    def _response(self, sock: Any, *arguments: Any, **extra: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Socket(sock, self.line), *arguments, **extra)  # type: ignore[arg-type]  # it reads from it, no more

    def _new_conn(self: Any) -> socket.socket:
        host = str(self._dns_host).strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, 0, socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(*error.args[:2])) from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        _check(host, addresses, loopback_alone=self.plain and not self.line.plain_anywhere)
        return _connected(self, self.line, addresses)

    def _tunnel(self: Any) -> None:
        try:
            super()._tunnel()  # type: ignore[misc]  # mixed into urllib3's connections
        finally:
            self.line.sent = False  # what was sent went to the proxy, and was no request of ours

    def send(self: Any, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.line.sent = True
        self.sock.settimeout(self.line.silence())
        super().send(data)  # type: ignore[misc]  # as above


def _connected(connection: Any, line: Line, addresses: list[str]) -> socket.socket:
    """A connection to the first of them that takes it. Errors: what urllib3 expects."""
    failure: Exception = OSError("it has no address")
    for address in addresses:
        try:
            seconds = line.patience(CONNECT)
            return create_connection((address, connection.port), seconds, socket_options=connection.socket_options)
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no answer") from failure
    raise NewConnectionError(connection, "no connection") from failure


def _check(host: str, addresses: list[str], *, loopback_alone: bool) -> None:
    """Errors: SafetyStop before anything is sent."""
    for address in filter(is_forbidden, addresses):
        raise SafetyStop(
            f"{host} is at an address that no store can have ({address}); nothing was sent",
            hint="Set url to the store's own address.",
        )
    if loopback_alone and not all(map(is_loopback, addresses)):
        raise SafetyStop(f"{host} is not this machine, and would be asked without encryption; nothing was sent")


class _Adapter(HTTPAdapter):
    """Keeps the connections of one host open, all made with our own rules for TLS."""

    def __init__(self, line: Line, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._pools = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": _kind(HTTPConnection, line, plain=True)}),
            "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": _kind(HTTPSConnection, line, plain=False)}),
        }
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **extra: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._tls, **extra)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **extra: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, proxy_ssl_context=self._tls, **extra)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, _url: Any, _verify: Any, _cert: Any) -> None:
        """Always, and by our own context alone."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


def _kind(connection: type, line: Line, *, plain: bool) -> type:
    return type("Connection", (_Watched, connection), {"line": line, "plain": plain})


def adapter_for(wire: Wire, line: Line) -> HTTPAdapter:
    """What sends requests over this line. Errors: ConfigError for a `ca_file` that cannot be read."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and its host, always
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(["http/1.1"])
    try:  # to read all authorities takes a while, and plain http needs none
        if wire.ca_file or wire.proxy or wire.url.lower().startswith("https:"):
            tls.load_verify_locations(wire.ca_file or DEFAULT_CA_BUNDLE_PATH)
    except (OSError, ssl.SSLError):
        raise ConfigError(
            f"ca_file: {wire.ca_file} holds no certificates that can be read", hint="It must be a PEM file."
        ) from None
    return _Adapter(line, tls)
