"""Access tokens are kept beside the hub for us alone, until shortly before their end; a lost file costs nothing."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

import syncctl.cycle
import syncctl.doctor
from syncctl import times
from syncctl.backup import make_backup, restore_backup
from syncctl.connectors.http import redact
from syncctl.connectors.patience import Patience
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.tokens import Tokens, key_of, token_file
from syncctl.model import About, Finding
from tests.builders import World

HOUR = timedelta(hours=1)
KEY = key_of("example.myshopify.com", "id", "secret-canary")


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is masked is masked for this test alone."""
    monkeypatch.setattr(redact, "_kept", set())


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


@pytest.fixture
def kept(hub: Path) -> Path:
    """The file, with a token in it."""
    Tokens.beside(hub).put(KEY, "token-canary", times.now() + HOUR)
    return token_file(hub)


def test_the_next_run_finds_the_token_of_the_last_one(hub: Path, kept: Path) -> None:
    assert Tokens.beside(hub).get(KEY) == "token-canary"
    assert Tokens.beside(hub).get(key_of("example.myshopify.com", "id", "another secret")) is None
    assert kept.name == "hub.db.tokens" and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "secret-canary" not in kept.read_text() and "myshopify" not in kept.read_text()
    assert sorted(path.name for path in hub.parent.iterdir()) == ["hub.db.tokens"]


def test_a_token_is_not_used_in_its_last_five_minutes(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = times.now()
    tokens = Tokens.beside(hub)
    tokens.put(KEY, "token-canary", now + HOUR)
    for later, good in ((54, True), (56, False), (61, False)):
        monkeypatch.setattr(times, "now", lambda later=later: now + timedelta(minutes=later))
        assert [one.get(KEY) for one in (tokens, Tokens.beside(hub))] == ["token-canary" if good else None] * 2


def test_a_token_that_was_dropped_is_gone_for_good_and_the_others_stay(hub: Path, kept: Path) -> None:
    other = key_of("other")
    tokens = Tokens.beside(hub)
    tokens.put(other, "other-token", times.now() + HOUR)
    tokens.drop(KEY)
    tokens.drop(key_of("never there"))
    assert [Tokens.beside(hub).get(one) for one in (KEY, other)] == [None, "other-token"]
    assert "token-canary" not in kept.read_text()


def test_what_has_ended_is_not_kept(hub: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = times.now() + 2 * HOUR
    monkeypatch.setattr(times, "now", lambda: late)
    Tokens.beside(hub).put(key_of("other"), "other-token", late + HOUR)
    assert "token-canary" not in kept.read_text()


def test_without_a_place_tokens_are_kept_in_memory(tmp_path: Path) -> None:
    tokens = Tokens()
    tokens.put(KEY, "token-canary", times.now() + HOUR)
    assert tokens.get(KEY) == "token-canary" and Tokens().get(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_the_hub_leads_to_the_same_tokens(hub: Path, kept: Path, tmp_path: Path) -> None:
    hub.touch()
    link = tmp_path / "elsewhere" / "linked.db"
    link.parent.mkdir()
    link.symlink_to(hub)
    assert Tokens.beside(link).get(KEY) == "token-canary"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660])
def test_a_file_that_others_could_read_or_write_counts_for_nothing_and_is_replaced(
    hub: Path, kept: Path, mode: int
) -> None:
    kept.chmod(mode)
    tokens = Tokens.beside(hub)
    assert tokens.get(KEY) is None
    tokens.put(KEY, "new-token", times.now() + HOUR)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and Tokens.beside(hub).get(KEY) == "new-token"


def test_a_file_of_somebody_else_counts_for_nothing(hub: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Tokens.beside(hub).get(KEY) == "token-canary"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert Tokens.beside(hub).get(KEY) is None


def test_a_link_is_not_followed_and_what_it_leads_to_stays(hub: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    Tokens(theirs).put(KEY, "their-token", times.now() + HOUR)
    before = theirs.read_bytes()
    token_file(hub).symlink_to(theirs)
    tokens = Tokens.beside(hub)
    assert tokens.get(KEY) is None
    tokens.put(KEY, "new-token", times.now() + HOUR)
    assert not token_file(hub).is_symlink() and theirs.read_bytes() == before
    assert Tokens.beside(hub).get(KEY) == "new-token"


def broken(good: bytes) -> Iterator[tuple[str, bytes]]:
    yield from {
        "empty": b"",
        "cut off": good[:-5],
        "no text": b"\xff\xfe\x00",
        "no object": b"[1]",
        "a number": b"7",
        "no record": b'{"a": 1}',
        "no time": good.replace(b"ends_at", b"end"),
        "no zone": good.replace(b"Z", b""),
        "deep": b"[" * 100_000,
        "large": b" " * 2_000_000 + good,
    }.items()


def test_a_damaged_file_counts_for_nothing_and_is_replaced(hub: Path, kept: Path) -> None:
    for name, damaged in broken(kept.read_bytes()):
        kept.write_bytes(damaged)
        tokens = Tokens.beside(hub)
        assert tokens.get(KEY) is None, name
        tokens.put(KEY, name, times.now() + HOUR)
        assert Tokens.beside(hub).get(KEY) == name


def test_a_pipe_in_its_place_keeps_nobody_waiting(hub: Path) -> None:
    os.mkfifo(token_file(hub), 0o600)
    assert Tokens.beside(hub).get(KEY) is None


def test_a_file_that_cannot_be_written_costs_the_next_run_a_request_and_no_more(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    tokens = Tokens.beside(hub)
    tokens.put(KEY, "token-canary", times.now() + HOUR)
    assert tokens.get(KEY) == "token-canary"
    assert list(hub.parent.iterdir()) == []


def test_a_crash_while_it_is_written_leaves_the_old_one(hub: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            Tokens.beside(hub).put(KEY, "new-token", times.now() + HOUR)
    assert Tokens.beside(hub).get(KEY) == "token-canary"
    half = kept.with_name(kept.name + ".new")
    assert stat.S_IMODE(half.stat().st_mode) == 0o600
    Tokens.beside(hub).put(KEY, "newer-token", times.now() + HOUR)
    assert not half.exists() and Tokens.beside(hub).get(KEY) == "newer-token"


def test_a_token_is_masked_from_the_moment_it_is_there(hub: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "token-canary" not in redact.clean("refused: token-canary")
    monkeypatch.setattr(redact, "_kept", set())
    assert "token-canary" in redact.clean("refused: token-canary")
    Tokens.beside(hub).get(KEY)
    assert "token-canary" not in redact.clean("refused: token-canary")


def test_several_threads_may_keep_tokens_at_once(hub: Path) -> None:
    tokens = Tokens.beside(hub)

    def keep(number: int) -> None:
        for turn in range(10):
            tokens.put(key_of(str(number)), f"token {number} {turn}", times.now() + HOUR)

    threads = [Thread(target=keep, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Tokens.beside(hub)
    assert [again.get(key_of(str(number))) for number in range(4)] == [f"token {number} 9" for number in range(4)]


class SigningIn(SandboxStore):
    """A shop that gives a token for its client's secret, and lets nobody in without one."""

    given: ClassVar[list[str]] = []

    def __init__(
        self, name: str, settings: Any, patience: Patience | None = None, tokens: Tokens | None = None
    ) -> None:
        super().__init__(name, settings, patience, tokens)
        self.tokens = tokens or Tokens()

    def about(self) -> About:
        if self.tokens.get(KEY) is None:
            self.given.append(f"token-canary-{len(self.given)}")
            self.tokens.put(KEY, self.given[-1], times.now() + HOUR)
        assert self.tokens.get(KEY) == self.given[-1]
        return super().about()

    def examine(self) -> Iterator[Finding]:
        self.about()
        return super().examine()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(SigningIn, "given", [])
    monkeypatch.setattr(syncctl.cycle, "open_store", SigningIn)
    monkeypatch.setattr(syncctl.doctor, "open_store", SigningIn)
    return World(tmp_path)


def test_one_token_serves_all_runs_until_it_ends(world: World) -> None:
    for later in (0, 1, 54):
        assert world.run(later=timedelta(minutes=later)).exit_code == 0
    assert len(SigningIn.given) == 1
    world.run(later=timedelta(minutes=56))
    assert len(SigningIn.given) == 2


def test_a_dry_run_keeps_a_token_and_changes_no_byte_of_the_hub(world: World) -> None:
    world.run()
    token_file(world.folder / "hub.db").unlink()
    before = (world.folder / "hub.db").read_bytes()
    for _ in range(2):
        world.run(dry_run=True)
    assert len(SigningIn.given) == 2 and (world.folder / "hub.db").read_bytes() == before


def test_a_token_stands_in_its_file_and_nowhere_else_and_outlives_a_backup_and_the_way_back(world: World) -> None:
    hub = world.folder / "hub.db"
    world.shop.place_order([("MUG", 1)])
    for _ in range(2):
        world.run()
    copy = make_backup(hub, 7)
    kept = token_file(hub).read_bytes()
    restore_backup(hub, copy)
    assert token_file(hub).read_bytes() == kept and b"token-canary" in kept
    world.run()
    assert len(SigningIn.given) == 1
    found = [path for path in world.folder.rglob("*") if path.is_file() and b"token-canary" in path.read_bytes()]
    assert found == [token_file(hub)] and len(list(world.folder.rglob("*.db*"))) > 4


def test_doctor_asks_by_a_token_of_its_own_and_keeps_none(world: World) -> None:
    list(syncctl.doctor.examine(world.settings))
    assert len(SigningIn.given) == 1
    assert not [path for path in world.folder.rglob("*") if path.is_file() and b"token-canary" in path.read_bytes()]


def test_parts_of_a_key_do_not_run_into_each_other() -> None:
    assert len({key_of("a", "b"), key_of("ab"), key_of("a", "b", ""), key_of("b", "a"), key_of('a", "b')}) == 5
