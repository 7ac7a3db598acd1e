"""What keeps an answer from coming at all, each as one plain sentence with its fix."""

import socket
import ssl
from collections.abc import Iterator

from syncctl.connectors.http.connections import Line
from syncctl.connectors.http.wire import Base
from syncctl.errors import Unreachable

# Source: OpenSSL, X509_verify_cert_error_string.
_CERTIFICATES = {
    9: ("is not valid yet", "If this machine's clock is right, its certificate must be made anew there."),
    10: ("has expired", "It must be renewed there; if it was, check this machine's clock."),
    18: ("is its own authority, which is not known here", "Name that authority's file in ca_file."),
    19: ("is from an authority that is not known here", "Name that authority's file in ca_file."),
    20: ("is from an authority that is not known here", "Name that authority's file in ca_file."),
    21: ("is from an authority that is not known here", "Name that authority's file in ca_file."),
    23: ("was revoked", "It must be renewed there."),
    62: ("is for another host", "Write the host in url as the certificate has it, or have it renewed there."),
    64: ("is for another address", "Write the host in url as the certificate has it, by its name."),
}
_RECORDS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}


class TlsTrouble(Unreachable):
    """The other side cannot prove who it is: trying again at once is of no use."""


def trouble(what: str, error: Exception, base: Base, line: Line, *, writes: bool) -> Unreachable:
    """The error as ours, without a word of what requests or urllib3 say: there are addresses with queries in it."""
    causes = list(_causes(error))
    tls = _tls(causes, base)
    if tls is not None and not line.sent:
        return TlsTrouble(f"{what} was not sent: {tls[0]}", hint=tls[1])
    sentence, fix = _sentence(causes, base, line)
    outcome = "was not sent" if not line.sent else "has no known outcome" if writes else "failed"
    return Unreachable(f"{what} {outcome}: {sentence}", hint=fix)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from, wherever the libraries keep it."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]


def _tls(causes: list[BaseException], base: Base) -> tuple[str, str] | None:
    for one in causes:
        if isinstance(one, ssl.SSLCertVerificationError):
            default = ("cannot be trusted", "Look at it with a browser, or have it renewed there.")
            text, fix = _CERTIFICATES.get(one.verify_code, default)
            return f"the certificate of {base.host} {text}", fix
    for one in causes:
        if isinstance(one, ssl.SSLError):
            if one.reason in _RECORDS:
                return f"{base.host} does not speak TLS at port {base.port}", "Check scheme and port in url."
            return f"{base.host} and this machine agree on no encryption", "It must offer TLS 1.2 or newer there."
    return None


def _sentence(causes: list[BaseException], base: Base, line: Line) -> tuple[str, str]:
    names = {type(one).__name__ for one in causes}
    if "ProxyError" in names and not line.sent:
        return "the proxy does not let it through", "Check the proxy in the settings."
    if any(isinstance(one, socket.gaierror) for one in causes):
        return f"the name {base.host} is not known", "Check the host in url, and this machine's network."
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return f"{base.host} refuses connections at port {base.port}", "It may be down; the next run tries again."
    if any(isinstance(one, TimeoutError) for one in causes) or names & {"ReadTimeoutError", "ConnectTimeoutError"}:
        return f"{base.host} {_too_slow(line)}", "It may be busy; timeout and deadline in the settings say how long."
    return f"the connection to {base.host} broke off", "The next run tries again."


def _too_slow(line: Line) -> str:
    if not line.sent:
        return "does not answer"
    return "did not end its answer in time" if line.late else "was silent for too long"
