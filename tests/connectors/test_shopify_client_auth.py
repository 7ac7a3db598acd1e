"""An app signs in with a token that it has, or with one that it is given for a day: asked for as seldom as can be."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from syncctl import times
from syncctl.connectors.tokens import Tokens
from syncctl.errors import DataError, SafetyStop, SignInNeeded, SyncctlError, Unreachable
from tests.connectors.shopify_server import (
    API,
    BY_ID,
    GRANT,
    ID,
    READ,
    SECRET,
    TOKEN,
    WRITE,
    Shop,
    admin_of,
    granted,
)
from tests.fakes.wire import Answer, reply

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIRST, SECOND = "granted_canary_1", "granted_canary_2"


class Time:
    """The time of day, as all of us have it; `passes` moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        monkeypatch.setattr(times, "now", lambda: self.now)

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop({"data": {"orders": {}}}) as server:
        yield server
        assert server.errors == []


def asked_for(shop: Shop) -> int:
    """How many tokens were asked for."""
    return sum(one.path == GRANT for one in shop.log)


def test_a_token_is_asked_for_once_and_signs_all_that_follows(shop: Shop) -> None:
    admin = admin_of(shop, **BY_ID)
    for _ in range(3):
        admin.read(READ, {})
    assert shop.lines() == [f"POST {GRANT}", *[f"POST {API}"] * 3]
    assert shop.tokens == ["", FIRST, FIRST, FIRST]
    assert shop.log[0].json() == {"grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET}


def test_nothing_is_asked_before_something_is_to_be_asked(shop: Shop) -> None:
    admin_of(shop, **BY_ID).close()
    assert shop.count == 0


def test_the_next_run_uses_the_same_token_while_it_is_good(shop: Shop, tmp_path: Path, time: Time) -> None:
    for hours in (0, 10, 13.95):
        admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
        time.passes(hours=hours)
    assert asked_for(shop) == 1
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})  # with 3 minutes left
    assert (asked_for(shop), shop.tokens[-1]) == (2, SECOND)


def test_within_a_run_it_is_renewed_five_minutes_before_its_end(shop: Shop, time: Time) -> None:
    admin = admin_of(shop, **BY_ID)
    admin.read(READ, {})
    time.passes(seconds=86_399 - 301)
    admin.read(READ, {})
    assert asked_for(shop) == 1
    time.passes(seconds=2)
    admin.read(READ, {})
    admin.read(READ, {})
    assert (asked_for(shop), shop.tokens[-1]) == (2, SECOND)


def test_a_token_that_is_good_for_a_moment_only_is_used_for_that_moment(shop: Shop, time: Time) -> None:
    shop.grants = [granted(FIRST, 60), granted(SECOND, 60)]
    admin = admin_of(shop, **BY_ID)
    for _ in range(3):
        admin.read(READ, {})
    assert asked_for(shop) == 1
    time.passes(seconds=31)
    admin.read(READ, {})
    assert asked_for(shop) == 2


def test_another_secret_or_another_shop_is_not_answered_with_the_old_token(tmp_path: Path) -> None:
    with Shop() as one, Shop() as other:
        for shop, keys in ((one, BY_ID), (one, {**BY_ID, "client_secret": "shpss_other"}), (other, BY_ID)):
            admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **keys).read(READ, {})
        assert (asked_for(one), asked_for(other)) == (2, 1)


@pytest.mark.parametrize("document", [READ, WRITE])
def test_a_token_that_is_refused_in_the_middle_is_renewed_once_and_nothing_is_lost(shop: Shop, document: Any) -> None:
    admin = admin_of(shop, **BY_ID)
    admin.read(READ, {})
    shop.refused.add(FIRST)
    answer = admin.write(document, {}) if document.writes else admin.read(document, {})
    assert answer.data == {"orders": {}}
    assert shop.tokens[2:] == [FIRST, "", SECOND]
    assert shop.log[-1].json() == shop.log[2].json()


def test_a_token_that_was_refused_is_kept_no_longer(shop: Shop, tmp_path: Path) -> None:
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    shop.refused.add(FIRST)
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    assert (asked_for(shop), shop.tokens[-1]) == (2, SECOND)


def test_a_token_that_was_refused_is_not_tried_again_though_no_other_could_be_had(shop: Shop, tmp_path: Path) -> None:
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    shop.refused.add(FIRST)
    shop.grants = [reply({}, 423)]
    with pytest.raises(Unreachable):
        admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    shop.grants = [granted(SECOND)]
    admin_of(shop, tokens=Tokens(tmp_path / "hub.tokens"), **BY_ID).read(READ, {})
    assert shop.tokens == ["", FIRST, FIRST, "", "", SECOND]


def test_who_is_let_in_and_forbidden_something_needs_no_other_token(shop: Shop) -> None:
    shop.said = [reply({"errors": "[API] This action requires merchant approval"}, 403)]
    with pytest.raises(SignInNeeded, match="forbids"):
        admin_of(shop, **BY_ID).write(WRITE, {})
    assert shop.lines() == [f"POST {GRANT}", f"POST {API}"]


def test_a_token_that_is_refused_as_soon_as_it_was_given_needs_a_person(shop: Shop) -> None:
    shop.refused |= {FIRST, SECOND}
    with pytest.raises(SignInNeeded, match=r"does not take stores\.shop\.client_id and client_secret") as refused:
        admin_of(shop, **BY_ID).write(WRITE, {})
    assert refused.value.exit_code == 4
    assert shop.tokens == ["", FIRST, "", SECOND]


def test_a_token_of_ones_own_is_not_renewed(shop: Shop) -> None:
    shop.refused.add(TOKEN)
    with pytest.raises(SignInNeeded, match=r"does not take stores\.shop\.access_token") as refused:
        admin_of(shop).read(READ, {})
    assert (refused.value.exit_code, shop.count) == (4, 1)


def test_many_who_find_it_expired_at_once_ask_for_one_token(shop: Shop) -> None:
    admin = admin_of(shop, **BY_ID)
    admin.read(READ, {})
    shop.refused.add(FIRST)
    threads = [Thread(target=admin.read, args=(READ, {})) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert asked_for(shop) == 2
    assert shop.tokens.count(SECOND) == 6


def test_who_learns_late_that_a_token_is_refused_takes_the_one_that_another_got_meanwhile(shop: Shop) -> None:
    admin = admin_of(shop, **BY_ID)
    admin.read(READ, {})
    for _ in range(3):
        assert admin.access.replace(FIRST, admin.http)
    assert (asked_for(shop), admin.access.current) == (2, SECOND)


# --- what can go wrong with it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (reply({"error": "invalid_client"}, 400), SignInNeeded, "gives no access token for stores.shop.client_id"),
        (reply({"error": "shop_not_permitted"}, 400), SignInNeeded, "shop_not_permitted"),
        (Answer(b"<html>Oauth error invalid_request</html>", 400), SignInNeeded, "gives no access token"),
        (reply({"errors": "bad"}, 401), SignInNeeded, "does not take stores.shop.client_id and client_secret"),
        (reply({"errors": "bad"}, 403), SignInNeeded, "forbids"),
        (Answer(b"<html>", 404), DataError, "no such shop"),
        (reply({}, 402), Unreachable, "frozen"),
        (reply({}, 423), Unreachable, "locked"),
        (Answer(b"<html>Log in</html>"), DataError, "a web page instead of data"),
        (reply([]), DataError, "cannot be read"),
        (reply({"access_token": ""}), DataError, "without an access token"),
        (reply(granted("two words")), DataError, "without an access token"),
        (reply(granted("line\nbreak")), DataError, "without an access token"),
        (reply(granted("granted", None)), DataError, "how long"),
        (reply(granted("granted", -1)), DataError, "how long"),
        (reply(granted("granted", 10**12)), DataError, "how long"),
        (reply(granted("granted", True)), DataError, "how long"),
    ],
)
def test_where_no_token_is_given_nothing_else_is_asked(
    shop: Shop, answer: Answer, error: type[SyncctlError], text: str
) -> None:
    shop.grants = [answer]
    with pytest.raises(error, match=text) as refused:
        admin_of(shop, **BY_ID).write(WRITE, {})
    assert shop.lines() == [f"POST {GRANT}"]
    assert "outcome" not in str(refused.value)
    assert refused.value.exit_code == (4 if error is SignInNeeded else 3)


@pytest.mark.parametrize("kind", ["500", "503_seconds", "429_seconds", "reset", "timeout_after", "short_body"])
def test_asking_for_a_token_is_tried_again_like_any_reading(shop: Shop, kind: str) -> None:
    shop.fail(kind)
    admin_of(shop, **BY_ID).write(WRITE, {})
    assert shop.lines() == [f"POST {GRANT}", f"POST {GRANT}", f"POST {API}"]


def test_where_tokens_are_not_to_be_had_for_long_the_shop_is_unreachable(shop: Shop) -> None:
    shop.fail("500", times=5)
    with pytest.raises(Unreachable) as failure:
        admin_of(shop, **BY_ID).write(WRITE, {})
    assert "signing in" in str(failure.value) and "outcome" not in str(failure.value)
    assert shop.count == 5


@pytest.mark.parametrize("spoilt", ["folder", "no folder", "damaged", "open to all", "link"])
def test_a_run_goes_on_where_tokens_cannot_be_kept(shop: Shop, tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "hub.tokens"
    if spoilt == "folder":
        path.mkdir()
    elif spoilt == "no folder":
        path = tmp_path / "gone" / "hub.tokens"
    elif spoilt == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("{" if spoilt == "damaged" else "{}")
        path.chmod(0o600 if spoilt == "damaged" else 0o644)
    admin = admin_of(shop, tokens=Tokens(path), **BY_ID)
    for _ in range(3):
        admin.read(READ, {})
    assert asked_for(shop) == 1
    assert not (tmp_path / "elsewhere").exists()


# --- who is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [{}, BY_ID])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_token_and_no_secret_goes_to_another_host(keys: dict[str, Any], status: int) -> None:
    with Shop() as elsewhere, Shop() as shop:
        away = Answer(b"", status, {"Location": elsewhere.url + API})
        shop.said, shop.grants = [away], [granted(FIRST), away]
        admin = admin_of(shop, **keys)
        for _ in range(2):
            with pytest.raises(SafetyStop):
                admin.read(READ, {})
        shop.said = [reply({"errors": "no"}, 401)]
        with pytest.raises((SafetyStop, SignInNeeded)):
            admin.read(READ, {})
        assert elsewhere.count == 0


def test_the_address_that_gives_tokens_is_asked_without_one(shop: Shop) -> None:
    admin = admin_of(shop, **BY_ID)
    admin.read(READ, {})
    shop.refused.add(FIRST)
    admin.read(READ, {})
    assert [one.header("X-Shopify-Access-Token") for one in shop.log if one.path == GRANT] == ["", ""]


def test_no_message_and_no_log_has_a_token_or_the_secret(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    shop.grants = [granted(FIRST), reply({"error": f"no {SECRET} {FIRST} for {ID}"}, 400)]
    shop.said = [reply({"errors": [{"message": f"{FIRST} {SECRET} {TOKEN}"}]})]
    for keys in ({}, BY_ID):
        admin = admin_of(shop, **keys)
        for refused in ({}, {FIRST, TOKEN}):
            shop.refused = set(refused)
            with pytest.raises(SyncctlError) as failure:
                admin.write(WRITE, {})
            said += [str(failure.value), failure.value.hint]
    assert len(said) == 8
    assert not [one for one in (*said, caplog.text) if "canary" in one]
