"""The other side of the wire: a small HTTP server on real sockets, and every fault that a network or a server can have.

A fake system is a `Server` with its own `handle`. Requests are numbered from 1, retries too; `faults` names the request
that each fault strikes. Requests are handled one at a time, so a fake's state needs no lock of its own.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from tests.fakes.wire_faults import KINDS, UNCONNECTED, WireFault
from tests.fakes.wire_messages import Answer, Request, reply

__all__ = ["KINDS", "Answer", "Request", "Server", "WireFault", "names", "reply"]


class Server:
    """A server on a free port of loopback. Override `handle`, or pass it as `answer`.

    `faults`: number of a request -> what strikes it, or set by `fail`. `always`: a fault for every request that has
    none of its own. `before` and `after`: called around each request that reaches the fake, under the same lock.
    `tls`: the context of its certificate; `bad_tls`: by kind of fault, the contexts of certificates that are bad.
    """

    def __init__(
        self,
        answer: Callable[[Request], Answer] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        bad_tls: Mapping[str, ssl.SSLContext] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.faults: dict[int, WireFault] = {}
        self.always: WireFault | None = None
        self.log: list[Request] = []
        self.before: Callable[[Request], object] = lambda _request: None
        self.after: Callable[[Request, Answer], object] = lambda _request, _answer: None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # what the header Date tells
        self.count = 0  # requests so far, those included that a fault kept from being made
        self.connections = 0
        self.idle: set[socket.socket] = set()  # connections kept open, on which nothing is asked at the moment
        self.errors: list[BaseException] = []  # bugs of the fake itself: a test that ends well has none
        self.refusing = False
        self.host = host
        self.tls = tls
        self.bad_tls = dict(bad_tls or {})
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self._answer = answer
        self._open: set[socket.socket] = set()
        self._listener = self._bound(0)
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    def handle(self, request: Request) -> Answer:
        """What the system answers; by default what the function given as `answer` does."""
        assert self._answer is not None, "a fake without handle"
        return self._answer(request)

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:PORT`, over TLS `https://localhost:PORT`."""
        return f"https://localhost:{self.port}" if self.tls else f"http://{self.host}:{self.port}"

    def fail(self, kind: str | WireFault, *, at: int | None = None, times: int = 1) -> None:
        """Let the request numbered `at` (None: the next one) and `times` - 1 after it meet this fault."""
        fault = WireFault(kind) if isinstance(kind, str) else kind
        with self.lock:
            first = self.count + 1 if at is None else at
            self.faults.update(dict.fromkeys(range(first, first + times), fault))
            if self.cannot_connect_next():
                for connection in list(self.idle):
                    _shut(connection)
            self._arm()

    def heal(self) -> None:
        """No fault any more; a server that refused connections takes them again."""
        with self.lock:
            self.faults.clear()
            self.always = None
            self._reopen()

    def fault_of(self, number: int) -> WireFault | None:
        """The fault that the request with this number meets."""
        return self.faults.get(number, self.always)

    def lines(self) -> list[str]:
        """The log as lines: `GET /orders`, without queries."""
        return [f"{request.method} {request.path}" for request in self.log]

    def close(self) -> None:
        """End it: whoever waits for an answer gets none."""
        self.closing.set()
        with self.lock:
            _shut(self._listener)
            for connection in list(self._open):
                _shut(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.close()

    def _bound(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for _ in range(100):
            with suppress(OSError):
                listener.bind((self.host, port))
                break
            time.sleep(0.01)
        return listener

    def _listen(self) -> None:
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        raw = connection
        self._open.add(raw)
        try:
            with suppress(OSError):  # the client went away, or would not shake hands with us
                if self.tls:
                    connection = self._shake(connection, self.tls)
                _Conversation(connection, ("", 0), self)  # type: ignore[arg-type]  # it asks nothing of its server
        finally:
            self._open.discard(raw)
            self.idle.discard(connection)
            with suppress(OSError):
                connection.close()

    def _shake(self, connection: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        with self.lock:
            fault = self.fault_of(self.count + 1)
            bad = fault is not None and fault.kind in self.bad_tls
            self.count += bad
        secure = (self.bad_tls[fault.kind] if fault and bad else tls).wrap_socket(connection, server_side=True)
        if bad:
            with suppress(OSError):
                secure.recv(1)  # the client says that it does not like this
            secure.close()
            raise ConnectionError
        return secure

    def _arm(self) -> None:
        """Before the next request, which a fault may keep from being made at all. Refusing lasts till it is healed."""
        with self.lock:
            fault = self.fault_of(self.count + 1)
            if fault and fault.kind == "refused":
                self.count += 1
                self.refusing = True
                _shut(self._listener)
                self._listener = self._bound(self.port)  # bound, not listening: the kernel refuses
                if fault.seconds:
                    threading.Timer(fault.seconds, self._reopen).start()

    def _reopen(self) -> None:
        with self.lock, suppress(OSError):
            if self.refusing and not self.closing.is_set():
                self._listen()
            self.refusing = False

    def cannot_connect_next(self) -> bool:
        """Whether the next request must fail before it is made: so no connection may be left open for it."""
        fault = self.fault_of(self.count + 1)
        return fault is not None and fault.kind in UNCONNECTED


@contextmanager
def names(*servers: Server, hosts: Mapping[str, str] | None = None) -> Iterator[None]:
    """While it lasts, names ending in `.test` are loopback's, `hosts` have the addresses given, and `dns` can strike.

    In this process alone: the resolver is the client's own.
    """
    truly = socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **extra: Any) -> Any:
        server = next((one for one in servers if str(one.port) == str(port)), None)
        fault = server.fault_of(server.count + 1) if server else None
        if server and fault and fault.kind == "dns":
            server.count += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        address = (hosts or {}).get(host) or ("127.0.0.1" if str(host).endswith(".test") else host)
        return truly(address, port, *arguments, **extra)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = truly


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        connection.close()


class _Conversation(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server: Server  # type: ignore[assignment]
    connection: socket.socket

    def handle_one_request(self) -> None:
        with self.server.lock:
            if self.server.refusing or self.server.cannot_connect_next():
                self.close_connection = True
                return
            self.server.idle.add(self.connection)
        super().handle_one_request()

    def _serve(self) -> None:
        server = self.server
        with server.lock:
            server.idle.discard(self.connection)
            server.count += 1
            request = self._request(server.count)
            server.log.append(request)
            fault = server.fault_of(request.number)
            answer = self._answered(request) if fault is None or fault.works else None
            self.close_connection = self.close_connection or server.cannot_connect_next()
            server._arm()
        if fault is None:
            assert answer is not None
            self._send(request, answer)
        else:
            self._fail(request, fault, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_CONNECT = _serve

    def _request(self, number: int) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(
            number, self.command, self.path, unquote(parts.path), parts.query, dict(self.headers.items()), body
        )

    def _answered(self, request: Request) -> Answer:
        try:
            self.server.before(request)
            answer = self.server.handle(request)
            self.server.after(request, answer)
        except BaseException as error:
            self.server.errors.append(error)
            return reply({"code": "fake_is_broken", "message": repr(error)}, status=500)
        return answer

    def _send(self, request: Request, answer: Answer, *, length: int | None = None) -> None:
        """The whole answer. `length`: what the header says in place of the body's own."""
        self._head(answer, len(answer.body) if length is None else length)
        self.wfile.write(b"" if request.method == "HEAD" else answer.body)

    def _head(self, answer: Answer, length: int | None) -> None:
        self.send_response_only(answer.status)
        headers = {"Date": format_datetime(self.server.clock(), usegmt=True), **answer.headers}
        headers |= {} if length is None or answer.status == 204 else {"Content-Length": str(length)}
        headers |= {"Connection": "close"} if self.close_connection else {}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _fail(self, request: Request, fault: WireFault, answer: Answer | None) -> None:
        body = answer.body if answer else b""
        if fault.kind.startswith("timeout"):
            self.close_connection = True
            self._wait_for_the_client(fault.seconds or 30)
        elif fault.kind in UNCONNECTED:
            self.server.errors.append(AssertionError(f"{fault.kind} needs names() or bad_tls"))
            self._reset()
        elif fault.kind == "reset":
            self._reset()
        elif fault.kind == "reset_mid_body" and answer:
            self._head(answer, len(body) + 1)
            self.wfile.write(body[: len(body) // 2])
            self._reset()
        elif fault.kind == "short_body" and answer:
            self._send(request, answer, length=len(body) + 10)
            self.close_connection = True
        elif fault.kind == "drip" and answer:
            self._drip(answer, fault.seconds or 0.05)
        else:
            self._send(request, fault.broken(request, answer))

    def _drip(self, answer: Answer, pause: float) -> None:
        """The body, a byte at a time, and never its last one."""
        self.close_connection = True
        self._head(answer, len(answer.body))
        for position in range(len(answer.body) - 1):
            self.wfile.write(answer.body[position : position + 1])
            if self.server.closing.wait(pause):
                return
        self._wait_for_the_client(30)

    def _wait_for_the_client(self, seconds: float) -> None:
        """Until it gives up, or the server is closed."""
        ends = time.monotonic() + seconds
        self.connection.settimeout(0.1)
        while time.monotonic() < ends and not self.server.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _reset(self) -> None:
        """End the connection as a crashed host does: RST, no farewell."""
        self.close_connection = True
        self.wfile.flush()
        with closing(self.connection):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_line: object) -> None:
        """Says nothing: `Server.log` has it."""
