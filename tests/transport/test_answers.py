"""Every answer and every silence ends as the one error that says what the run does next."""

import pytest

from syncctl.connectors.http import Http, Rejected
from syncctl.connectors.http.replies import decoded
from syncctl.errors import DataError, SafetyStop, SignInNeeded, SyncctlError, Unreachable
from tests.fakes.wire import names
from tests.transport.kit import ROWS, Rows, ask

pytestmark = pytest.mark.wire

READ = "GET"
WRITE = "POST"

SILENT = ("timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body", "dns")
ILL = ("500", "502", "503", "503_seconds", "504")
THROTTLED = ("429_seconds", "429_date", "429_none")
WORTHLESS = ("truncated", "login_page", "empty", "latin1", "duplicate_key", "nan", "bomb")


def call(http: Http, method: str, *, keyed: bool = False) -> object:
    return http.get("orders").body if method == READ else http.send(method, "orders", {"a": 1}, keyed=keyed).body


@pytest.mark.parametrize("kind", [*SILENT, *ILL, *THROTTLED])
def test_a_read_and_a_keyed_write_are_made_again(server: Rows, kind: str) -> None:
    http = ask(server)
    with names(server):
        for method, number in ((READ, 1), (WRITE, 3)):
            server.fail(kind, at=number)
            assert call(http, method, keyed=True) == ROWS
    assert server.count == 4


@pytest.mark.parametrize("kind", [*SILENT[:-1], *ILL, "drip"])
def test_any_other_write_is_made_once_and_its_outcome_is_unknown(server: Rows, kind: str) -> None:
    server.fail(kind)
    with pytest.raises(Unreachable, match="outcome"):
        call(ask(server), WRITE)
    assert server.count == 1


@pytest.mark.parametrize("kind", [*THROTTLED, "dns"])
def test_a_write_that_was_certainly_not_done_is_made_again(server: Rows, kind: str) -> None:
    server.fail(kind)
    with names(server):
        assert call(ask(server), WRITE) == ROWS
    assert (server.count, server.work) == (2, 1)


def test_what_passed_the_deadline_is_not_asked_for_again(server: Rows) -> None:
    """Each try would take as long: five minutes, five times."""
    server.fail("drip")
    with pytest.raises(Unreachable, match="did not end its answer in time"):
        call(ask(server, timeout=5, deadline=0.3), READ)
    assert server.count == 1


def test_a_connection_that_is_refused_is_tried_five_times(server: Rows) -> None:
    server.fail("refused")
    with pytest.raises(Unreachable, match=r"was not sent: 127\.0\.0\.1 refuses connections at port"):
        call(ask(server), WRITE)
    server.heal()
    assert (call(ask(server), WRITE), server.work) == (ROWS, 1)


@pytest.mark.parametrize("method", [READ, WRITE])
@pytest.mark.parametrize("kind", WORTHLESS)
def test_an_answer_that_is_worthless_is_an_error_and_not_asked_for_again(server: Rows, kind: str, method: str) -> None:
    server.fail(kind)
    with pytest.raises(DataError) as caught:
        call(ask(server), method)
    assert server.count == 1
    assert "syncctl doctor" in caught.value.hint
    assert ("outcome is not known" in str(caught.value)) == (method == WRITE)


@pytest.mark.parametrize(("kind", "wrong"), [("string", "GET orders"), ("object", "GET orders"), ("list", "")])
def test_rows_are_a_list_of_objects(server: Rows, kind: str, wrong: str) -> None:
    server.fail(kind)
    if wrong:
        with pytest.raises(DataError, match=wrong):
            ask(server).get("orders").rows()
    else:
        assert ask(server).get("orders").rows() == []


@pytest.mark.parametrize(("kind", "error"), [("401", SignInNeeded), ("403", SignInNeeded), ("redirect", SafetyStop)])
def test_what_no_retry_can_mend_is_not_tried_again(server: Rows, kind: str, error: type[SyncctlError]) -> None:
    for method in (READ, WRITE):
        server.fail(kind)
        with pytest.raises(error):
            call(ask(server), method, keyed=True)
    assert (server.count, server.work) == (2, 0)


@pytest.mark.parametrize("kind", ["400", "404", "409", "422"])
def test_a_refusal_carries_what_the_other_side_says(server: Rows, kind: str) -> None:
    server.fail(kind)
    with pytest.raises(Rejected) as caught:
        call(ask(server), WRITE)
    assert caught.value.status == int(kind)
    assert caught.value.code and caught.value.message
    assert caught.value.code in str(caught.value)
    assert server.count == 1


def test_marks_and_blanks_that_files_of_plugins_begin_with_are_no_part_of_the_answer() -> None:
    assert decoded("x", bytearray(b'\xef\xbb\xbf\n\xef\xbb\xbf[{"a":"\xef\xbb\xbf"}]\n')) == '[{"a":"\ufeff"}]\n'
