"""`init`: what it writes by flags and by asking, what it refuses, and that no secret ever stands in the settings."""

import os
import pty
import re
import select
import signal
import stat
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl import times
from syncctl.config import first, load_config
from syncctl.settings import WooCommerceStoreSettings
from tests.test_cli import call

KEY, SECRET = f"ck_{'0123456789' * 4}", f"cs_{'fedcba9876' * 4}"
WOO = ["init", "--store", "shop=woocommerce", "--url", "https://shop.example"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mode_of(path: Path | str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


# --- by flags -------------------------------------------------------------------------------------------------------


def test_a_sandbox_by_one_flag_runs_the_whole_cycle(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init", "--sandbox") == 0
    shown = capsys.readouterr()
    assert shown.out == "syncctl.yaml\n" and mode_of("syncctl.yaml") == 0o600
    steps = re.findall(r"^  (syncctl .*)$", shown.err, re.MULTILINE)
    assert steps == ["syncctl doctor", "syncctl plan", "syncctl sync-all"], "what to type next, and cron's line"
    assert f"*/15 * * * * cd {Path.cwd()} && syncctl -q sync-all --if-busy wait:600" in shown.err
    for step in steps:
        assert call("-q", *step.split()[1:]) == 0, step
    assert capsys.readouterr().err == ""


def test_orders_are_booked_from_now_on_unless_said_otherwise() -> None:
    assert call("-q", "init", "--sandbox") == 0
    found = load_config(Path("syncctl.yaml"), {}).orders.book_from
    assert timedelta(0) <= times.now() - found < timedelta(minutes=1)
    assert call("-q", "init", "--sandbox", "--book-from", "2026-01-01", "--country", "de", "--output", "b.yaml") == 0
    settings = load_config(Path("b.yaml"), {})
    assert times.to_text(settings.orders.book_from)[:10] == "2026-01-01" and settings.customers.country == "DE"


def test_a_woocommerce_shop_takes_its_key_from_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*WOO) == 0
    shown = capsys.readouterr().err
    assert "export SHOP_CONSUMER_KEY=" in shown and "set SHOP_CONSUMER_KEY and SHOP_CONSUMER_SECRET there, too" in shown
    store = load_config(Path("syncctl.yaml"), {"SHOP_CONSUMER_KEY": KEY, "SHOP_CONSUMER_SECRET": SECRET}).stores["shop"]
    assert isinstance(store, WooCommerceStoreSettings)
    assert (store.url, store.consumer_key.get_secret_value()) == ("https://shop.example", KEY)
    assert store.consumer_secret.get_secret_value() == SECRET


def test_several_stores_take_their_flags_in_order() -> None:
    more = ["--store", "fair=sandbox", "--store", "b-2=woocommerce", "--url", "https://b.example/b"]
    assert call("-q", *WOO, *more, "--consumer-key-env", "K", "--consumer-secret-env", "S") == 0
    environ = {"K": "k1", "S": "s1", "B_2_CONSUMER_KEY": "k2", "B_2_CONSUMER_SECRET": "s2"}
    stores = load_config(Path("syncctl.yaml"), environ).stores
    assert list(stores) == ["shop", "fair", "b-2"]
    shop, fair, other = stores.values()
    assert isinstance(shop, WooCommerceStoreSettings) and isinstance(other, WooCommerceStoreSettings)
    assert (shop.url, shop.consumer_key.get_secret_value()) == ("https://shop.example", "k1")
    assert (other.url, other.consumer_secret.get_secret_value()) == ("https://b.example/b", "s2")
    assert fair.model_dump()["path"] == Path.cwd() / "sandbox/fair.db"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--store", "shop=magento"], "KIND is one of: sandbox, woocommerce, shopify"),
        (["--store", "shop"], "write NAME=KIND"),
        (["--store", "Shop=sandbox"], "a store's name is a small letter"),
        (["--store", "back-office=sandbox"], "this name is taken by the back office"),
        (["--store", "a=sandbox", "--store", "a=sandbox"], "there is a store 'a' already"),
        (["--store", "shop=woocommerce"], "stores.shop.url: needed; say --url"),
        ([*WOO[1:], "--url", "https://b.example"], "--url: given more often than there are stores"),
        ([*WOO[1:], "--consumer-key-env", KEY], "name a variable of the environment, never the secret itself"),
        ([*WOO[1:], "--consumer-secret-env", "a b"], "name a variable of the environment, never the secret itself"),
        (["--store", "shop=woocommerce", "--url", "http://shop.example"], "stores.shop.url: "),
        (["--store", "shop=woocommerce", "--url", "https://me:pw@shop.example"], "stores.shop.url: "),
        (["--sandbox", "--book-from", "yesterday"], "orders.book_from: "),
        (["--sandbox", "--country", "Germany"], "customers.country: "),
    ],
)
def test_what_will_not_do_is_told_and_nothing_is_left_behind(
    arguments: list[str], told: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("init", *arguments, "--output", "new/folder/syncctl.yaml") == 2
    shown = capsys.readouterr().err
    assert told in shown and "nothing was written" in shown
    assert list(here.iterdir()) == []
    assert KEY not in shown


def test_nobody_is_asked_where_nobody_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--no-input"]):
        assert call("init", *arguments) == 2
        assert "nobody is there to ask; nothing was written" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_what_is_there_is_never_replaced_unless_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("syncctl.yaml").write_text("precious")
    assert call("init", "--sandbox") == 2
    assert "syncctl.yaml is there already; nothing was written" in capsys.readouterr().err
    assert Path("syncctl.yaml").read_text() == "precious"
    assert call("init", "--sandbox", "--force") == 0
    assert Path("syncctl.yaml.old").read_text() == "precious" and mode_of("syncctl.yaml") == 0o600
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["syncctl.yaml", "syncctl.yaml.old"]
    Path("link.yaml").symlink_to("nowhere.yaml")
    assert call("init", "--sandbox", "--output", "link.yaml") == 2


def test_somebody_who_was_quicker_is_not_written_over(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried_out = first._try_out

    def and_meanwhile(*arguments: Any) -> None:
        tried_out(*arguments)
        Path("syncctl.yaml").write_text("theirs")

    monkeypatch.setattr(first, "_try_out", and_meanwhile)
    assert call("init", "--sandbox") == 2
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [("syncctl.yaml", "theirs")]


def test_the_file_is_the_one_that_config_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", "a/mine.yaml", "init", "--sandbox") == 0
    shown = capsys.readouterr()
    assert shown.out == "a/mine.yaml\n" and "  syncctl --config a/mine.yaml doctor\n" in shown.err
    assert mode_of("a") == 0o700


# --- by asking ------------------------------------------------------------------------------------------------------


class Terminal:
    """`syncctl init` on a terminal of its own, and a person in front of it."""

    def __init__(self, *arguments: str) -> None:
        self.shown = ""
        self.child, self.terminal = pty.fork()
        if not self.child:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests may have it ignored
            os.execv(sys.executable, [sys.executable, "-m", "syncctl", "init", *arguments])  # noqa: S606  # no shell

    def expects(self, text: str) -> None:
        """Wait until the rest of what is shown has this text."""
        while text not in self.shown:
            assert self._reads(), f"it ended without {text!r}: {self.shown!r}"
        self.shown = self.shown.partition(text)[2]

    def _reads(self) -> bool:
        """Whether more was shown; False at the end."""
        ready, _, _ = select.select([self.terminal], [], [], 20)
        if not ready:
            os.kill(self.child, signal.SIGKILL)
        try:
            read = os.read(self.terminal, 4096)
        except OSError:  # what a terminal says whose other end is gone
            read = b""
        self.shown += read.decode(errors="replace")
        return bool(read)

    def types(self, text: str) -> None:
        os.write(self.terminal, f"{text}\n".encode())

    def presses_ctrl_c(self) -> None:
        """Again after a while: Python does not hear a signal of the moment in which it begins to wait for a line."""
        for moment in range(400):
            if moment % 80 == 0:
                os.write(self.terminal, b"\x03")
            time.sleep(0.05)
            if os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return

    def ends(self) -> tuple[int, str]:
        """Exit code, and all that was shown since the last question."""
        while self._reads():
            pass
        _, status = os.waitpid(self.child, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status), self.shown


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def test_the_wizard_asks_again_until_the_answer_will_do_and_keeps_secrets_apart(here: Path) -> None:
    asked = Terminal()
    asked.expects("Kind of web store (sandbox, woocommerce, shopify) [sandbox]: ")
    asked.types("woocommerce")
    asked.expects("A short name for it [shop]: ")
    asked.types("Main Shop")
    asked.expects("a store's name is a small letter")
    asked.expects("[shop]: ")
    asked.types("")
    asked.expects("https://shop.example or https://example.com/shop")
    asked.types("shop.example")
    asked.expects("Error")
    asked.types("https://shop.example")
    asked.expects("kept in secrets/shop.consumer_key")
    asked.types(KEY)
    asked.expects("kept in secrets/shop.consumer_secret")
    asked.types("$MY_SECRET")
    asked.expects("Another web store? [y/N]: ")
    asked.types("")
    asked.expects("are in your books already [2")
    asked.types("never")
    asked.expects("write a date or time")
    asked.types("2026-11-22")
    asked.expects("without a country code [US]: ")
    asked.types("GB")
    code, shown = asked.ends()
    assert code == 0 and "export MY_SECRET=" in shown and KEY not in shown
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*")) == [
        "secrets",
        "secrets/shop.consumer_key",
        "syncctl.yaml",
    ]
    assert (mode_of("secrets"), mode_of("secrets/shop.consumer_key"), mode_of("syncctl.yaml")) == (0o700, 0o600, 0o600)
    assert KEY not in Path("syncctl.yaml").read_text()
    settings = load_config(Path("syncctl.yaml"), {"MY_SECRET": SECRET})
    store = settings.stores["shop"]
    assert isinstance(store, WooCommerceStoreSettings) and settings.customers.country == "GB"
    assert (store.consumer_key.get_secret_value(), store.consumer_secret.get_secret_value()) == (KEY, SECRET)


def test_enter_at_every_question_makes_a_sandbox_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Terminal("--book-from", "2026-11-22", "--country", "US")
    for question in ("Kind of web store", "A short name for it", "Another web store?"):
        asked.expects(question)
        asked.types("")
    assert asked.ends()[0] == 0
    assert call("-q", "sync-all") == 0
    assert capsys.readouterr().err == ""


def test_who_leaves_in_the_middle_leaves_nothing(here: Path) -> None:
    asked = Terminal()
    asked.expects("Kind of web store")
    asked.types("woocommerce")
    asked.expects("A short name for it")
    asked.presses_ctrl_c()
    assert asked.ends()[0] == 130
    assert list(here.iterdir()) == []
