"""A server that says exactly these bytes, for what no HTTP server would say."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[], Iterable[bytes]]


class Raw:
    """Answers each request with the bytes of a script, piece by piece. `heard`: what came in; `said`: bytes sent."""

    def __init__(self, script: Script) -> None:
        self.heard: list[bytes] = []
        self.said = 0
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                self.heard.append(connection.recv(65_536))
                for piece in self._script():
                    connection.sendall(piece)
                    self.said += len(piece)


@contextmanager
def saying(script: Script | bytes) -> Iterator[Raw]:
    """A server that says this, for a while."""
    whole = script
    server = Raw((lambda: [whole]) if isinstance(whole, bytes) else whole)
    try:
        yield server
    finally:
        server.close()
