"""A proxy on the wire before Tryton, which writes down what is called: nothing of ours counts our own calls."""

import json
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_DROPPED = {"connection", "keep-alive", "transfer-encoding", "host"}


class CountingProxy:
    """`calls`: the methods that were called, in order; `bodies`: all that was sent with each. `address`: to be used in
    place of the server's.
    """

    def __init__(self, port: int) -> None:
        self.calls: list[str] = []
        self.bodies: list[bytes] = []
        calls, bodies = self.calls, self.bodies

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: else each call waits 40 ms, and none of that is Tryton's
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.server_side = HTTPConnection("127.0.0.1", port, timeout=600)

            def finish(self) -> None:
                self.server_side.close()
                super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.append(json.loads(body)["method"].removeprefix("model."))
                bodies.append(body)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
                self.server_side.request("POST", self.path, body, headers)
                answer = self.server_side.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {*_DROPPED, "content-length", "server", "date"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing on stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def counted(self) -> Counter[str]:
        """What was called since this was asked last."""
        found = Counter(self.calls)
        self.calls.clear()
        self.bodies.clear()
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
