"""The one way to another machine: every request of every connector goes through `Http`."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from tempfile import TemporaryFile

from requests import PreparedRequest, Response
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from syncctl import __version__
from syncctl.connectors.http import redact
from syncctl.connectors.http.bodies import pieces_of, read_body
from syncctl.connectors.http.budget import Budget, retry_after
from syncctl.connectors.http.connections import CONNECT, Line, adapter_for
from syncctl.connectors.http.replies import DOCTOR, Rejected, Reply, date_of, decoded, reasons
from syncctl.connectors.http.retrying import LONGEST_ASKED, Again, Breaker, retried
from syncctl.connectors.http.signing import Sign, encoded, unsigned
from syncctl.connectors.http.spool import Spool, wire_of_file
from syncctl.connectors.http.troubles import TlsTrouble, trouble
from syncctl.connectors.http.wire import Pairs, Query, Wire, base_of, split
from syncctl.connectors.patience import Patience
from syncctl.errors import ConfigError, DataError, SafetyStop, SignInNeeded, SyncctlError, Throttled, Unreachable

_LOG = logging.getLogger("syncctl.http")
_IDLE = 30.0  # seconds; a connection that was kept open longer is not trusted with a write
_HEADERS = {
    "User-Agent": f"syncctl/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Cache-Control": "no-cache",
}
_SOON = 1e-6  # seconds that are not worth a wait
_ERROR_BYTES, _ERROR_SECONDS = 200_000, 10.0  # of an error's body no more is read, and no longer
_BUSY = frozenset({408, 425, 429})


def _at_once() -> float:
    return 0.0


def _as_it_is(_reply: Reply) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is special about one request, for sides that say in the body what others say by status and headers.

    `label`: how messages name it, instead of by method and path. `delay`: how many seconds there are still to wait,
    asked just before each try, when nobody else asks this host. `judge`: looks at each sound reply, and at those that
    ask us to slow down; what it raises is taken as if the status had said so: Again, where the same may be sent again.
    `once`: there is one try, and who asked is told of it: Again, where another may follow. `alone`: what fails here may
    be a matter of what is asked for, and says nothing of the host.
    """

    label: str = ""
    delay: Callable[[], float] = _at_once
    judge: Callable[[Reply], object] = Reply.readable
    once: bool = False
    alone: bool = False


_AS_IT_IS = Terms(judge=_as_it_is)
_READABLE = Terms()


@dataclass(frozen=True, slots=True)
class _Call:
    """One request that is to be made, however many tries it takes. `what` names it in messages."""

    what: str
    method: str
    path: str
    url: str
    query: Pairs
    body: object
    headers: Mapping[str, str]
    writes: bool
    again: bool  # it may be made twice: it reads, or the side knows its key
    terms: Terms
    spool: Spool | None = None  # where its body goes, if that may be too large to be a text


class Http:
    """Asks one host. `party` is who it is in messages; `sign` makes each try known as ours.

    One request at a time, from whichever thread. Errors: those of `syncctl.connectors.base`, and Rejected.
    """

    def __init__(
        self,
        party: str,
        wire: Wire,
        sign: Sign = unsigned,
        patience: Patience | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        redact.install()
        self.party = party
        self.wire = wire
        self.base = base_of(wire)
        self.budget = Budget(wire.requests_per_minute, clock)
        self._clock = clock
        self._sign = sign
        self._patience = patience or Patience()
        self._breaker = Breaker(party)
        self._proxies = _proxies(wire, loopback=self.base.loopback)
        self._line = Line(wire, proxied=bool(self._proxies))
        self._adapter = adapter_for(wire, self._line)
        self._lock = threading.Lock()
        self._used_at = 0.0

    def get(self, path: str, query: Query | Pairs = (), *, headers: Mapping[str, str] | None = None) -> Reply:
        """Read something. `path` is below the base, or the whole address of a next page, as the side named it."""
        return self._ask("GET", path, query, None, headers or {}, again=True, reads=True)

    def send(
        self,
        method: str,
        path: str,
        body: object,
        *,
        query: Query | Pairs = (),
        keyed: bool = False,
        reads: bool = False,
        terms: Terms = _READABLE,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Write something: once, unless it is `keyed`, so that the side itself refuses to do it twice.

        A reply that cannot be read is an error here: nobody knows then what was done. `reads`: it only asks, in the
        way of a write.
        """
        again = keyed or reads
        try:
            return self._ask(method, path, query, body, headers or {}, again=again, reads=reads, terms=terms)
        except DataError as error:
            if reads or type(error) is not DataError:  # what the judge could read has a name of its own
                raise
            raise DataError(f"{error}; the outcome is not known", hint=error.hint) from None

    @contextmanager
    def stream(self, url: str) -> Iterator[Iterator[str]]:
        """The lines of a large file that this side has made and named the address of, mostly another host's.

        It is here whole before the first line is given; nothing that makes us known is sent there.
        Errors: as of `get`; Rejected also where it is not there, or not there any more; SafetyStop for an address that
        no such file can have.
        """
        wire = wire_of_file(url, self.wire, self.base)
        with TemporaryFile() as file, closing(self._other(wire)) as there:
            spool = Spool(file, self.party, self.wire.max_bytes)
            there._fetch(url, spool)
            yield spool.lines()

    def close(self) -> None:
        """Let go of the connections."""
        self._adapter.close()

    def _other(self, wire: Wire) -> "Http":
        """Another host, which is asked as anybody may ask it."""
        return Http(self.party, wire, unsigned, self._patience, clock=self._clock)

    def _fetch(self, url: str, spool: Spool) -> None:
        parts = split(url)
        address = f"{self.base.origin}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        what = f"{self.party}: GET of its file at {self.base.host}"
        headers = {"Accept": "*/*"}
        call = _Call(what, "GET", "a file", address, (), None, headers, False, True, _AS_IT_IS, spool)
        retried(lambda: self._try(call), self.party, self._patience)

    def _ask(
        self,
        method: str,
        path: str,
        query: Query | Pairs,
        body: object,
        headers: Mapping[str, str],
        *,
        again: bool,
        reads: bool,
        terms: Terms = _AS_IT_IS,
    ) -> Reply:
        pairs = [(name, str(value)) for name, value in _items(query)]
        if path.startswith(("http://", "https://")):
            path, own = self.base.own(path)
            pairs = [*own, *pairs]
        what = f"{self.party}: {terms.label or f'{method} {redact.clean(path)}'}"
        call = _Call(what, method, path, self.base.url_of(path), pairs, body, headers, not reads, again, terms)
        if terms.once:
            return self._try(call)
        return retried(lambda: self._try(call), self.party, self._patience)

    def _try(self, call: _Call) -> Reply:
        with self._turn(call.terms):
            self._breaker.check()
            self.budget.took()
            try:
                reply = self._exchange(call)
            except (Again, Unreachable) as failure:
                if not call.terms.alone:
                    self._breaker.failed(failure.error if isinstance(failure, Again) else failure)
                raise
            except SyncctlError:
                self._breaker.went_well()  # it answers
                raise
            self._breaker.went_well()
            return reply

    @contextmanager
    def _turn(self, terms: Terms) -> Iterator[None]:
        """Wait till this host may be asked, and ask it alone. Errors: Throttled where that is too long."""
        while True:
            with self._lock:
                seconds = max(self.budget.delay(), terms.delay())
                if seconds < _SOON:
                    yield
                    return
            if seconds > LONGEST_ASKED:
                raise _throttled(self.party, seconds)
            self._patience.sleep(seconds, self.party, "it allows no more requests for the moment")

    def _exchange(self, call: _Call) -> Reply:
        """One try. Errors: Again, where another may follow."""
        began = time.monotonic()
        self._refresh(call, began)
        self._line.begin()
        status, size = 0, 0
        try:
            with self._answer(call) as answer:
                status = answer.status_code
                body = self._body(call, answer)
            size = len(body)
            if status // 100 not in (2, 4) or status in (204, 205):
                self._adapter.close()  # what follows there may be the rest of this answer, and not the next one
        except (RequestException, HTTPError, OSError) as error:
            raise self._failure(call, error) from None
        except DataError as error:
            raise DataError(f"{call.what} was answered with {error}", hint=error.hint or DOCTOR) from None
        finally:
            self._used_at = time.monotonic()
            _LOG.debug(
                "%s %s %s %d bytes %d ms",
                *(call.method, call.path, status or "-", size, (self._used_at - began) * 1000),
            )
        return self._judged(call, answer, body)

    def _refresh(self, call: _Call, now: float) -> None:
        """A connection that lay idle may have been closed in between: a write had better not find that out."""
        if call.writes and now - self._used_at > _IDLE:
            self.close()

    def _answer(self, call: _Call) -> Response:
        query, signature = self._sign(call.method, call.url, call.query)
        prepared = PreparedRequest()
        prepared.prepare(
            method=call.method,
            url=f"{call.url}?{encoded(query)}" if query else call.url,
            headers={**_HEADERS, **call.headers, **signature},
            data=None if call.body is None else json.dumps(call.body, separators=(",", ":"), allow_nan=False).encode(),
        )
        if call.body is not None:
            prepared.headers["Content-Type"] = "application/json"
        timeout = (CONNECT, self.wire.timeout)
        return self._adapter.send(prepared, stream=True, timeout=timeout, verify=True, proxies=self._proxies)

    def _body(self, call: _Call, answer: Response) -> bytearray:
        """The body, or nothing where it is put elsewhere; of an answer that is an error, what can be had of it soon."""
        encoding = answer.headers.get("Content-Encoding", "").strip().lower()
        if answer.status_code == 200 and call.spool is not None:
            call.spool.take(pieces_of(answer.raw, encoding, self.wire, self._line))
            return bytearray()
        if 200 <= answer.status_code < 300:
            return read_body(answer.raw, encoding, self.wire, self._line)
        self._line.hurry(_ERROR_SECONDS)
        try:
            return read_body(answer.raw, encoding, replace(self.wire, max_bytes=_ERROR_BYTES), self._line)
        except (HTTPError, OSError, DataError):
            return bytearray()

    def _failure(self, call: _Call, error: Exception) -> Exception:
        problem = trouble(call.what, error, self.base, self._line, writes=call.writes)
        again = (call.again or not self._line.sent) and not isinstance(problem, TlsTrouble) and not self._line.late
        return Again(problem) if again else problem

    def _judged(self, call: _Call, answer: Response, body: bytearray) -> Reply:
        """The reply, or what the status means. Errors: see `get`, and Again."""
        status, headers = answer.status_code, answer.headers
        at = date_of(headers)
        self.budget.heed(headers, at)
        if 200 <= status < 300 and (status == 200 or call.spool is None):
            reply = Reply(call.what, status, headers, decoded(call.what, body), at)
            call.terms.judge(reply)
            return reply
        if status == 429:
            with suppress(DataError):
                call.terms.judge(Reply(call.what, status, headers, decoded(call.what, body), at))
        if call.spool is not None and status < 500 and status not in _BUSY:
            raise Rejected(call.what, status)  # whatever it says, no file is there: not for us, or not any more
        if 300 <= status < 400:
            raise self._redirected(call, headers.get("Location", ""))
        if status >= 500 or status in _BUSY:
            raise self._unwell(call, status, headers, at)
        if not 400 <= status < 500:
            raise DataError(f"{call.what} was answered with HTTP {status}, which says nothing", hint=DOCTOR)
        code, message, details = reasons(body, (call.body, dict(call.query)))
        rejected = Rejected(call.what, status, code, message, details)
        if status in (401, 403):
            hint = "Check the credentials in the settings, and what they may do there."
            raise SignInNeeded(str(rejected), hint=hint, status=status, code=code)
        raise rejected

    def _unwell(self, call: _Call, status: int, headers: Mapping[str, str], at: datetime | None) -> Exception:
        """429 is a definite no, so that even a write may follow; after all others, nobody knows what was done."""
        asked = retry_after(headers.get("Retry-After"), at) if status in (429, 503) else None
        outcome = "" if status == 429 or not call.writes else "; its outcome is not known"
        said = f"{call.what} was answered with HTTP {status}{outcome}"
        if asked is not None:
            self.budget.hold(asked)
        if status == 429 or asked is not None:
            error: Unreachable = Throttled(said, hint="Run it again later.", retry_after=asked)
        else:
            error = Unreachable(said, hint="The other side has a problem of its own; the next run tries again.")
        if (asked or 0.0) > LONGEST_ASKED or not (call.again or status == 429):
            return error
        return Again(error, told=asked is not None)

    def _redirected(self, call: _Call, location: str) -> SyncctlError:
        parts = split(location, call.url)
        if not location or self.base.origin_of(parts) == self.base.origin:
            where = redact.clean(f"{self.base.origin}{parts.path[:100]}") if location else "nowhere"
            return Unreachable(
                f"{call.what} was sent on within {self.base.host}, to {where!r}; that is not followed",
                hint="Set url to the address that the other side really uses.",
            )
        other = redact.clean(self.base.origin_of(parts)[:200] or "an address that cannot be read")
        return SafetyStop(
            f"{call.what} was sent on to {other!r}; nothing was sent there",
            hint="If that is where it is now, set url to it.",
        )


def _throttled(party: str, seconds: float) -> Throttled:
    return Throttled(
        f"{party} asks to be left alone for {seconds:.0f} s", hint="Run it again later.", retry_after=seconds
    )


def _items(query: Query | Pairs) -> Iterable[tuple[str, object]]:
    return query.items() if isinstance(query, Mapping) else query


def _proxies(wire: Wire, *, loopback: bool) -> dict[str, str]:
    """This machine itself is never asked through a proxy. Errors: ConfigError for one that cannot be used."""
    if wire.proxy is None or loopback:
        return {}
    parts = split(wire.proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("proxy is no address", hint="Write it as http://proxy.example:3128")
    redact.keep(*(text for text in (parts.username, parts.password) if text))
    return {"http": wire.proxy, "https": wire.proxy}
