"""A large file comes from another host whole or not at all, by no more than its own address, and in little memory."""

import errno
import itertools
import logging
import resource
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.http import Http, Rejected, Wire, basic
from syncctl.connectors.http.spool import Spool
from syncctl.errors import DataError, SafetyStop, SyncctlError, Unreachable
from tests.fakes.certificates import Certificates
from tests.fakes.wire import Answer, Request, WireFault, names
from tests.transport.kit import Rows, ask
from tests.transport.raw import saying

pytestmark = pytest.mark.wire

LINES = [f'{{"id":"gid://shopify/Order/{number}","name":"é {number}"}}' for number in range(3000)]
BODY = "\n".join([*LINES, ""]).encode()
SIGNED = "/bulk/a%2Fb.jsonl?AccessId=me%40x&Expires=1795000000&Signature=sig%2Bcanary%3Dsigned%3D%3D"


class Files(Rows):
    """A host that has one file."""

    def __init__(self, **tls: Any) -> None:
        super().__init__(**tls)
        self.file = Answer(BODY, headers={"Content-Type": "application/jsonl"})

    def handle(self, _request: Request) -> Answer:
        return self.file


@pytest.fixture
def files() -> Iterator[Files]:
    with Files() as files:
        yield files
        assert files.errors == []


def kept_in(folder: Path) -> list[Path]:
    """The files that this process has open there, named or not."""
    return [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink() and folder in one.readlink().parents]


def read(http: Http, url: str) -> list[str]:
    with http.stream(url) as lines:
        return list(lines)


def refused(http: Http, url: str) -> SyncctlError:
    with pytest.raises(SyncctlError) as caught:
        read(http, url)
    return caught.value


def test_a_file_is_read_line_by_line_from_another_host(server: Rows, files: Files) -> None:
    http = ask(server, sign=basic("ck_stream_canary", "cs_stream_canary"))
    assert read(http, files.url + SIGNED) == LINES
    assert server.count == 0
    [request] = files.log
    assert request.target == SIGNED  # byte for byte, for it is signed
    sent = {name.lower() for name in request.headers}
    assert sent <= {"host", "user-agent", "accept", "accept-encoding", "cache-control", "connection"}
    assert "canary" not in str(request.headers)


@pytest.mark.parametrize("name", ["SHOPIFY", "X-Shopify-Access-Token"])
def test_nothing_that_makes_us_known_goes_along_whatever_the_side_is_told_in_headers(
    server: Rows, files: Files, name: str
) -> None:
    def sign(_method: str, _url: str, query: Any) -> Any:
        return query, {name: "token-canary", "Authorization": "Bearer token-canary"}

    http = ask(server, sign=sign)
    http.get("orders")
    read(http, files.url + SIGNED)
    assert server.log[0].header(name) == "token-canary"
    assert "token-canary" not in str(files.log[0].headers)


def test_a_packed_file_is_read(server: Rows, files: Files) -> None:
    files.file = files.file.zipped()
    assert read(ask(server, timeout=5, deadline=5), files.url + SIGNED) == LINES


def test_empty_lines_and_spaces_around_are_no_lines_and_a_last_line_needs_no_end(server: Rows, files: Files) -> None:
    files.file = Answer(b'\n{"a":1}\r\n\n  {"b":2} \n{"c":3}')
    assert read(ask(server), files.url + "/f") == ['{"a":1}', '{"b":2}', '{"c":3}']
    files.file = Answer(b"")
    assert read(ask(server), files.url + "/f") == []


@pytest.mark.parametrize(
    "kind", ["reset", "reset_mid_body", "short_body", "timeout_before", "502", "503", "504", "429_seconds"]
)
def test_what_broke_off_is_begun_anew_and_nothing_of_it_is_believed(server: Rows, files: Files, kind: str) -> None:
    files.fail(kind)
    assert read(ask(server), files.url + SIGNED) == LINES
    assert (server.count, files.count) == (0, 2)


def test_what_never_comes_whole_is_an_error_before_the_first_line(server: Rows, files: Files) -> None:
    files.always = WireFault("short_body")
    with pytest.raises(Unreachable, match="broke off"), ask(server).stream(files.url + SIGNED):
        raise AssertionError("a line was given")
    assert files.count == 5


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 410, 416])
def test_a_file_that_is_not_there_any_more_is_said_to_be_so_and_not_looked_for_elsewhere(
    server: Rows, files: Files, status: int
) -> None:
    files.file = Answer(b"<Error>gone</Error>", status, {"Location": f"{server.url}/other"})
    error = refused(ask(server), files.url + SIGNED)
    assert isinstance(error, Rejected) and error.status == status
    assert "its file at 127.0.0.1" in str(error) and "canary" not in str(error)
    assert (server.connections, files.count) == (0, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/f",
        "https://127.0.0.1:{port}/f",
        "https://localhost:{port}/f",
        "https://[::1]:{port}/f",
        "http://files.example/f",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/f",
        "https://100.100.100.200/f",
        "https://me:pw@files.example/f",
        "ftp://files.example/f",
        "file:///etc/passwd",
        "/etc/passwd",
        "//files.example/f",
        "https://files.example\\@127.0.0.1/f",
        "https://files.example/f\r\nX-Injected: 1",
        "https://files.example /f",
        "https://files.exämple/f",
        "https:///f",
        "https://[::1/f",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_shop_elsewhere_cannot_send_us_to_this_machine_nor_to_what_is_no_shops_nor_without_encryption(
    files: Files, url: str
) -> None:
    http = Http("shop", Wire(url="https://example.myshopify.com"))
    with names():
        error = refused(http, url.format(port=files.port))
    assert isinstance(error, SafetyStop) and "nothing was asked there" in str(error)
    assert files.connections == 0


def test_a_name_that_leads_to_an_address_of_no_shop_is_not_asked() -> None:
    http = Http("shop", Wire(url="https://example.myshopify.com"))
    with names(hosts={"files.example": "169.254.169.254"}):
        assert isinstance(refused(http, "https://files.example/f"), SafetyStop)


def test_over_tls_the_certificate_is_checked(server: Rows, certificates: Certificates) -> None:
    with Files(**certificates.served) as files:
        assert read(ask(server, ca_file=certificates.authority, timeout=5, deadline=5), files.url + SIGNED) == LINES
        assert "authority that is not known" in str(refused(ask(server), files.url + SIGNED))
        files.fail("tls_wrong_host")
        error = refused(ask(server, ca_file=certificates.authority), files.url + SIGNED)
        assert "is for another host" in str(error)


def test_the_address_is_hidden_wherever_it_might_be_shown(
    server: Rows, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    files.always = WireFault("reset")
    error = refused(ask(server), files.url + SIGNED)
    logging.getLogger("other").warning("saw %s and sig+canary=signed==", files.url + SIGNED)
    shown = f"{error} {error.hint} {caplog.text}"
    for secret in ("sig%2Bcanary", "sig+canary", "canary"):
        assert secret not in shown, shown


def test_a_line_that_is_no_text_or_far_too_long_is_refused(server: Rows, files: Files) -> None:
    files.file = Answer(b'{"a":1}\n{"b":"\xff"}\n')
    with pytest.raises(DataError, match=r"shop: line 2 of its file is no UTF-8"):
        read(ask(server), files.url + "/f")
    files.file = Answer(b'{"a":1}\n' + b"x" * 3000 + b"\n")
    with pytest.raises(DataError, match="line 2 of its file has more than 2000 bytes"):
        read(ask(server, max_bytes=2000), files.url + "/f")


def test_a_file_without_end_is_cut_at_its_cap(server: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncctl.connectors.http.spool._MOST_BYTES", 3_000_000)
    piece = b"x" * 65_535 + b"\n"
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with saying(lambda: itertools.chain([head], itertools.repeat(piece))) as far:
        error = refused(ask(server, timeout=5), far.url + "/f")
    assert isinstance(error, DataError) and "more than 3 MB" in str(error)


def test_a_bomb_is_cut(server: Rows, files: Files) -> None:
    files.fail("bomb")
    assert "packed more than 100 times" in str(refused(ask(server, timeout=5), files.url + "/f"))


def test_a_silence_is_no_longer_waited_for_than_with_any_answer(server: Rows, files: Files) -> None:
    files.always = WireFault("timeout_before")
    assert isinstance(refused(ask(server, timeout=0.1), files.url + "/f"), Unreachable)


def test_a_file_larger_than_what_an_answer_may_be_takes_no_memory(server: Rows, files: Files) -> None:
    line = b'{"id":1,"text":"' + b"some text " * 100 + b'"}\n'
    files.file = Answer(line * 60_000)  # 61 MB, and an answer of the shop itself may have 1
    http = ask(server, max_bytes=1_000_000, timeout=10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with http.stream(files.url + "/f") as lines:
        assert sum(1 for _ in lines) == 60_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB


def test_the_place_of_the_file_has_no_name_and_is_ours_alone(
    server: Rows, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with ask(server).stream(files.url + "/f") as lines:
        assert next(lines) == LINES[0]
        assert [stat.S_IMODE(one.stat().st_mode) for one in kept_in(tmp_path)] == [0o600]
        assert list(tmp_path.iterdir()) == []
    assert kept_in(tmp_path) == []


def test_a_full_disk_is_said_to_be_full_and_is_no_fault_of_the_shop(
    server: Rows, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def seek(self, *_place: int) -> None: ...
        def truncate(self) -> None: ...
        def write(self, _piece: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    taken = Spool.take

    def take(self: Spool, pieces: Any) -> None:
        self._file = Full()  # type: ignore[assignment]
        taken(self, pieces)

    monkeypatch.setattr(Spool, "take", take)
    error = refused(ask(server), files.url + "/f")
    assert isinstance(error, DataError) and "no room here (No space left on device)" in str(error)
    assert "Make room in" in error.hint and files.count == 1
