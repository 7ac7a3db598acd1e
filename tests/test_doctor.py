"""`doctor` against two sandboxes: what is well, each thing that is not, exit codes, and that it leaves no trace."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl import times
from syncctl.connectors import open_back_office, open_store
from syncctl.connectors.base import StockWrite, StoreAbilities
from syncctl.doctor import Answers, examine, exit_code
from syncctl.doctor.answers import same_times
from syncctl.doctor.fit import look_at_fit
from syncctl.errors import SignInNeeded
from syncctl.hub.peek import Peek
from syncctl.model import About, Finding
from syncctl.settings import Settings
from tests.test_cli import call

STORE = {"connector": "sandbox", "path": "shop.db"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(**changes: Any) -> Settings:
    given: dict[str, Any] = {
        "back_office": {"connector": "sandbox", "path": "books.db"},
        "stores": {"shop": STORE},
        "orders": {"book_from": times.to_text(times.now())},
    }
    return Settings.model_validate(given | changes)


def lines(findings: Iterator[Finding] | list[Finding], level: str = "") -> list[str]:
    return [f"{one.level} {one.subject}: {one.text}" for one in findings if level in ("", one.level)]


def files(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file with its time and what is in it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in found
    }


def the_cycle(config: Path) -> None:
    assert call("-q", "--config", str(config), "sync-all") == 0


# --- the whole ------------------------------------------------------------------------------------------------------


def test_before_the_first_run_nothing_fails_and_nothing_is_made(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "doctor") == 0
    shown = capsys.readouterr().out
    assert "ok    hub: there is none at" in shown and shown.count("it is made with a small catalog at first use") == 2
    assert "warn  settings: the first run books every order placed since 2010-01-01 00:00 UTC\n      If your" in shown
    assert list(files(config.parent)) == [config.name]


def test_after_a_run_all_is_well_and_doctor_leaves_no_trace(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    the_cycle(config)
    before = files(config.parent)
    assert call("-vv", "--config", str(config), "doctor") == 0
    shown = capsys.readouterr()
    assert "fail  " not in shown.out and "warn  " not in shown.out
    assert "ok    back-office: answers as Sandbox back office (office-" in shown.out
    assert "ok    shop: answers as Sandbox shop (" in shown.out
    assert shown.err.endswith("0 fail, 0 warn, 6 ok. Next: syncctl plan\n")
    assert files(config.parent) == before


def test_the_office_s_queue_is_not_worked_by_looking(config: Path) -> None:
    later = "back_office: {connector: sandbox, path: books.db, answers: later}"
    config.write_text("\n".join([later, *config.read_text().splitlines()[1:]]))
    the_cycle(config)
    assert call("--config", str(config), "sandbox", "order", "MUG-BLUE:1") == 0
    the_cycle(config)
    waiting = "SELECT count(*) FROM queue"
    with closing(sqlite3.connect("books.db")) as books:
        assert books.execute(waiting).fetchone()[0] > 0, "the test needs something in the queue"
        before = books.execute(waiting).fetchone()
    assert call("--config", str(config), "doctor") == 0
    with closing(sqlite3.connect("books.db")) as books:
        assert books.execute(waiting).fetchone() == before


def test_json_has_the_same_findings_and_the_exit_code(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    the_cycle(config)
    Path("shop.db").write_bytes(b"no database, but long enough to be looked at" * 40)
    assert call("--config", str(config), "doctor", "--format", "json") == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["schema_version"], found["exit_code"]) == (1, 3)
    assert {"level", "subject", "text", "fix", "exit_code"} == set(found["findings"][0])
    [failed] = [one for one in found["findings"] if one["level"] == "fail"]
    assert failed["subject"] == "shop" and failed["exit_code"] == 3 and failed["fix"]


def test_quiet_says_only_what_is_not_in_order(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    the_cycle(config)
    assert call("-q", "--config", str(config), "doctor") == 0
    assert capsys.readouterr() == ("", "")
    Path("hub.db").chmod(0o644)
    assert call("-q", "--config", str(config), "doctor") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in shown] == ["warn  hub: ", "      Type "] and shown[1].endswith("hub.db`.")


def test_every_mistake_in_the_settings_is_a_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("stores:\n  shop: {connector: sandbox, path: a.db, colour: red}\norders: {book_from: never}\n")
    assert call("--config", str(config), "doctor") == 2
    shown = capsys.readouterr().out
    assert shown.count("fail  settings: ") == 3 and "back_office" in shown, "nor is there a back office"
    assert "colour" in shown and "book_from" in shown and shown.count("Change these lines") == 1
    assert call("--config", "none.yaml", "doctor") == 2
    assert "syncctl init" in capsys.readouterr().out


def test_offline_contacts_nobody(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("somebody was contacted")

    settings = make()
    for side in (open_back_office(settings.back_office), open_store("shop", settings.stores["shop"])):
        monkeypatch.setattr(type(side), "examine", refuse)
        monkeypatch.setattr(type(side), "about", refuse)
    assert call("--config", str(config), "doctor", "--offline") == 0
    assert call("--config", str(config), "doctor") == 70, "it can fail"


def test_the_exit_code_is_the_worst() -> None:
    def failing(code: int) -> Finding:
        return Finding(level="fail", subject="x", text="y", exit_code=code)

    warning = Finding(level="warn", subject="x", text="y", exit_code=7)
    assert exit_code([]) == exit_code([warning]) == 0
    assert exit_code([failing(0)]) == 1
    assert exit_code([failing(3), failing(4), warning]) == 4
    assert exit_code([failing(2), failing(7), failing(5)]) == 7


def test_a_side_that_breaks_off_is_a_finding_and_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    books = type(open_back_office(settings.back_office))

    def refuse(_self: object) -> Iterator[Finding]:
        yield Finding(level="ok", subject="back-office", text="it began well")
        raise SignInNeeded("the password is no more", hint="Sign in.")

    monkeypatch.setattr(books, "examine", refuse)
    found = list(examine(settings))
    assert exit_code(found) == 4
    assert "fail back-office: the password is no more" in lines(found)
    assert any(line.startswith("ok shop: there is no sandbox") for line in lines(found))


# --- the sandbox ----------------------------------------------------------------------------------------------------


def test_a_sandbox_file_of_the_other_kind_fails(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    the_cycle(config)
    Path("books.db").rename("kept.db")
    Path("shop.db").rename("books.db")
    Path("kept.db").rename("shop.db")
    assert call("--config", str(config), "doctor") == 2
    assert capsys.readouterr().out.count("is not a sandbox file of this kind") == 2


def test_a_side_that_is_another_one_than_the_hub_knows_is_a_safety_stop(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    the_cycle(config)
    for name in ("shop.db", "shop.db-wal", "shop.db-shm"):
        Path(name).unlink(missing_ok=True)
    assert call("-q", "--config", str(config), "sandbox", "init") == 0
    assert call("--config", str(config), "doctor") == 5
    shown = capsys.readouterr().out
    assert "fail  shop: is not the one this hub belongs to: that was '" in shown


# --- who they say they are ------------------------------------------------------------------------------------------


def about(identity: str, **more: Any) -> About:
    return About(identity=identity, name="x", **more)


def heard(settings: Settings, known: Peek | None, *told: tuple[str, About]) -> list[str]:
    answers = Answers(settings, known)
    return lines([finding for name, one in told for finding in answers.heard(name, one)])


def knows(**parties: tuple[str, str | None]) -> Peek:
    return Peek(None, None, unclean=False, behind=False, parties=parties)


def test_sides_that_fit_give_no_line() -> None:
    fine = about("s", currency="GBP", server_time=times.now() - timedelta(minutes=4), time_zone="UTC")
    told = (("back-office", about("b", currency="GBP")), ("shop", fine))
    assert heard(make(), None, *told) == []
    assert heard(make(), knows(shop=("s", "GBP")), *told) == []


def test_another_currency_than_the_books_is_told() -> None:
    [line] = heard(make(), None, ("back-office", about("b", currency="GBP")), ("shop", about("s", currency="EUR")))
    assert line == "warn shop: sells in EUR, the books are kept in GBP: each of its orders is held"


def test_a_currency_that_changed_is_a_safety_stop() -> None:
    [line] = heard(make(), knows(shop=("s", "GBP")), ("shop", about("s", currency="EUR")))
    assert line == "fail shop: changed its currency from GBP to EUR"


def test_one_store_under_two_names_is_a_safety_stop() -> None:
    settings = make(stores={"shop": STORE, "twin": {**STORE, "path": "twin.db"}})
    [line] = heard(settings, None, ("shop", about("s")), ("twin", about("s")))
    assert line == "fail twin: is the same as shop: its orders would be booked twice"
    [line] = heard(settings, knows(shop=("s", None)), ("twin", about("s")))
    assert line == "fail twin: is the same as shop: its orders would be booked twice"


@pytest.mark.parametrize(("minutes", "words"), [(10, "10 minutes ahead of"), (-10, "10 minutes behind")])
def test_a_clock_that_is_off_is_told(minutes: int, words: str) -> None:
    [line] = heard(make(), None, ("shop", about("s", server_time=times.now() + timedelta(minutes=minutes))))
    assert line == f"warn shop: its clock is {words} the one of this machine"


def test_a_time_zone_that_is_not_the_one_of_the_settings_is_told() -> None:
    [line] = heard(make(), None, ("shop", about("s", time_zone="Asia/Kolkata")))
    assert "its time zone is Asia/Kolkata, the settings say UTC" in line
    kept = make(stores={"shop": {**STORE, "time_zone": "Asia/Kolkata"}})
    assert heard(kept, None, ("shop", about("s", time_zone="Asia/Calcutta"))) == []


def test_time_zones_are_alike_in_summer_and_in_winter() -> None:
    assert same_times("Europe/London", "Europe/Belfast")
    assert not same_times("Europe/London", "UTC")
    assert not same_times("Africa/Lagos", "Europe/Paris"), "alike in winter only"
    assert not same_times("UTC", "Mars/Base")


# --- the settings, and what each side can do ------------------------------------------------------------------------


def fit(settings: Settings, **abilities: Any) -> list[str]:
    """What is said of a store that can do this and no more."""
    store = open_store("shop", settings.stores["shop"])
    plain: dict[str, Any] = {"level_batch": 1, "price_batch": 1, "fulfilment_batch": 1, "order_batch": 1}
    plain |= {"stock_write": StockWrite.COMPARE_AND_SET, "listing_changes": True, "customer_batch": 1}
    plain |= {"groups": True, "consent_channels": frozenset({"email"})}
    store.abilities = StoreAbilities(**(plain | abilities))
    return lines(look_at_fit(settings, open_back_office(settings.back_office), {"shop": store}))


def test_a_store_that_can_only_set_levels_says_which_window_is_left() -> None:
    [line] = fit(make(), stock_write=StockWrite.ABSOLUTE)
    assert line.startswith("warn shop: levels can only be set, not compared: an order or a hand edit between the last")
    [line] = fit(make(stock={"safety_stock": 1}), stock_write=StockWrite.ABSOLUTE)
    assert line.startswith("ok shop: levels can only be set") and line.endswith("stock.safety_stock covers that moment")
    [line] = fit(make(), stock_write=StockWrite.RELATIVE)
    assert line.startswith("ok shop: levels are changed by a difference")
    assert fit(make(stock={"enabled": False}), stock_write=StockWrite.ABSOLUTE) == []


@pytest.mark.parametrize(
    ("customers", "abilities", "words"),
    [
        ({"trigger": "any"}, {"customer_changes": False}, "warn shop: it does not tell which customers changed"),
        ({}, {"customer_departures": False}, "ok shop: it does not tell who was deleted or merged"),
        ({}, {"consent_channels": frozenset()}, "ok shop: it keeps no answers about marketing"),
        ({}, {"groups": False}, "ok shop: no customer's group is sent there"),
        ({}, {"customer_batch": 0}, "warn shop: customers cannot be written there"),
        ({"send_invite": True}, {}, "warn shop: customers.send_invite is on, but not applicable: "),
    ],
)
def test_what_is_asked_of_customers_and_cannot_be_done_is_told(
    customers: dict[str, Any], abilities: dict[str, Any], words: str
) -> None:
    assert [line for line in fit(make(customers=customers), **abilities) if line.startswith(words)]
    assert not [line for line in fit(make(customers=customers), invites="state") if line.startswith(words)]
    assert not [
        line
        for line in fit(make(customers={"enabled": False, "fallback": "guest_account"}), **abilities)
        if line.startswith(words)
    ]


def test_orders_that_the_store_hides_are_told() -> None:
    old = {"book_from": "2020-01-01"}
    assert "warn shop: orders older than 60 days cannot be seen there" in fit(make(orders=old), order_horizon_days=60)
    assert len(fit(make(), order_horizon_days=60)) == 1


def test_a_back_office_that_cannot_do_what_is_set_is_told() -> None:
    settings = make(
        back_office={"connector": "sandbox", "path": "books.db", "amend": []},
        orders={"book_from": "2026-01-01", "unknown_sku": "create"},
    )
    assert any("booked sales cannot be changed there" in line for line in fit(settings))
    assert not any("cannot make items" in line for line in fit(settings)), "the sandbox can"


def test_a_location_where_none_are_kept_is_told() -> None:
    settings = make(stores={"shop": {**STORE, "location": "attic"}})
    assert "fail settings: stores.shop.location: this side keeps no stock by location; nothing was contacted" in lines(
        examine(settings)
    )


def test_when_orders_are_booked_from_is_told() -> None:
    def told(**orders: Any) -> list[str]:
        return lines(examine(make(orders=orders), offline=True), "warn")

    ahead = times.to_text(times.now() + timedelta(days=3))
    assert told(book_from=times.to_text(times.now())) == []
    assert "which is still to come" in told(book_from=ahead)[0]
    assert "the first run books every order placed since 2020-01-01" in told(book_from="2020-01-01")[0]


def test_stores_that_sell_the_same_stock_are_told_of_safety_stock() -> None:
    stores = {"shop": STORE, "fair": {**STORE, "path": "fair.db"}}
    [line] = lines(examine(make(stores=stores), offline=True), "warn")
    assert line == "warn settings: shop and fair sell the same stock: between two cycles both can sell the last unit"
    assert lines(examine(make(stores=stores, stock={"safety_stock_by_sku": {"MUG": 1}}), offline=True), "warn") == []
    apart = {"shop": {**STORE, "locations": ["east"]}, "fair": {**stores["fair"], "locations": ["west"]}}
    assert lines(examine(make(stores=apart), offline=True), "warn") == []


def test_an_assumption_is_called_one() -> None:
    [line] = lines(examine(make(safety={"assume_booked_after": "3d"}), offline=True), "warn")
    assert "documents are taken as booked without anybody saying so" in line
