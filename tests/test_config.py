"""The configuration file: hostile files, all problems at once, secrets that never show."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

import syncctl.config
from syncctl.config import MAX_BYTES, find_config, load_config, load_model
from syncctl.errors import ConfigError
from syncctl.settings import Settings

MINIMAL = """\
back_office: {connector: sandbox, path: books.db}
stores:
  shop: {connector: sandbox, path: shop.db}
orders:
  book_from: 2026-11-21
"""
IS_ROOT = os.name == "posix" and os.geteuid() == 0


def write(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def load(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
    return load_config(write(folder / "syncctl.yaml", text), environ or {})


def refused(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ)
    return caught.value


def problems(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """Each problem without the file's path: `LINE: key: message`."""
    prefix = f"{folder / 'syncctl.yaml'}:"
    found = refused(folder, text, environ).problems
    assert all(line.startswith(prefix) for line in found)
    return [line.removeprefix(prefix) for line in found]


# --- finding it ----------------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Where a configuration can stand, none of them there yet; working directory and home are our own."""
    for name in ("here", "home", "etc"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(syncctl.config, "SYSTEM_CONFIG", tmp_path / "etc/config.yaml")
    (tmp_path / "home/syncctl").mkdir()
    return {
        "here": Path("syncctl.yaml"),
        "user": tmp_path / "home/syncctl/config.yaml",
        "system": tmp_path / "etc/config.yaml",
    }


def test_the_named_file_wins_then_the_environment_then_here_the_user_and_the_system(places: dict[str, Path]) -> None:
    for place in places.values():
        write(place, MINIMAL)
    environ = {"SYNCCTL_CONFIG": "named.yaml"}
    assert find_config(Path("explicit.yaml"), environ) == Path("explicit.yaml")
    assert find_config(None, environ) == Path("named.yaml")
    for place in places.values():
        assert find_config(None, {"SYNCCTL_CONFIG": ""}) == place
        place.unlink()
    with pytest.raises(ConfigError) as caught:
        find_config(None, {})
    assert "syncctl init" in caught.value.hint
    assert "--config" in caught.value.hint
    assert all(str(place) in str(caught.value) for place in places.values())


def test_a_dangling_link_is_not_passed_over_for_another_configuration(places: dict[str, Path]) -> None:
    write(places["system"], MINIMAL)
    places["here"].symlink_to("gone.yaml")
    assert find_config(None, {}) == places["here"]
    with pytest.raises(ConfigError, match="No such file"):
        load_config(places["here"], {})


@pytest.mark.skipif(not Path("/usr/bin/env").exists(), reason="needs env")
def test_without_any_environment_it_ends_in_a_plain_answer(tmp_path: Path) -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "import syncctl.config as config; from syncctl.errors import ConfigError; from pathlib import Path\n"
        "config.SYSTEM_CONFIG = Path('/nonexistent/config.yaml')\n"
        "try: config.find_config(None, os.environ)\n"
        "except ConfigError as error: print('refused:', error)"
    )
    root = str(Path(syncctl.config.__file__).parents[2])
    command = ["/usr/bin/env", "-i", sys.executable, "-c", script, root]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("refused: no configuration file"), done.stderr


def test_a_process_without_a_home_has_no_user_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("platformdirs.user_config_path", no_home)
    assert syncctl.config._user_config() == []
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: Path("~/.config") / name)
    assert syncctl.config._user_config() == []


# --- what values mean ----------------------------------------------------------------------------------------------


def test_the_least_that_is_needed_gives_the_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path, MINIMAL)
    assert loaded.orders.book_from == datetime(2026, 11, 21, tzinfo=UTC)
    assert loaded.stock.max_age == timedelta(hours=24)
    assert list(loaded.stores) == ["shop"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("off", False), ("no", False), ("No", False), ("false", False), ("on", True), ("yes", True), ("TRUE", True)],
)
def test_a_switch_can_be_written_as_people_write_it(tmp_path: Path, written: str, meant: bool) -> None:
    assert load(tmp_path, MINIMAL + f"products: {{enabled: {written}}}\n").products.enabled is meant


@pytest.mark.parametrize(
    "written", ["0123", "12:30:00", "2026-11-21", "NO", "no", "1e3", "0x1F", "1_000", ".5", "0o17", "=", "<<", "true"]
)
def test_a_text_stays_what_was_written(tmp_path: Path, written: str) -> None:
    text = MINIMAL + f"  placeholder_sku: {written}\n  tenders: {{{written}: {written}}}\n"
    orders = load(tmp_path, text).orders
    assert orders.placeholder_sku == written
    assert orders.tenders == {written: written}


def test_norway_is_a_country(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL + "customers: {country: NO}\n").customers.country == "NO"


def test_numbers_lists_and_durations_are_read_as_such(tmp_path: Path) -> None:
    more = "stock: {safety_stock: 2, locations: [1, 02], max_age: 90m}\nsafety: {max_shrink: 0.35}\n"
    loaded = load(tmp_path, MINIMAL + more)
    assert (loaded.stock.safety_stock, loaded.stock.locations) == (2, ("1", "02"))
    assert (loaded.stock.max_age, loaded.safety.max_shrink) == (timedelta(minutes=90), 0.35)


def test_a_section_whose_lines_are_all_comments_has_its_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL + "stock:\n  # safety_stock: 5\n").stock.safety_stock == 0


def test_a_key_without_its_value_is_no_default(tmp_path: Path) -> None:
    assert problems(tmp_path, MINIMAL + "stock:\n  safety_stock:\n") == [
        '7: stock.safety_stock: there is no value: write one ("" or [] for none), or take the line out'
    ]


def test_relative_paths_begin_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "shop/c.yaml", MINIMAL.replace("books.db", "/srv/books.db"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = load_config(Path("../shop/c.yaml"), {})
    assert loaded.back_office.path == Path("/srv/books.db")
    assert loaded.stores["shop"].path.resolve() == tmp_path / "shop/shop.db"
    assert loaded.hub.path.resolve() == tmp_path / "shop/hub.db"  # a default, too
    assert all(path.is_absolute() for path in (loaded.stores["shop"].path, loaded.hub.path))


@pytest.mark.parametrize("path", ["~/hub.db", "~", '""', '"a\\0b"', '"a\\nb"'])
def test_a_path_that_would_end_up_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    (problem,) = problems(tmp_path, MINIMAL + f"hub:\n  path: {path}\n")
    assert problem.startswith("7: hub.path: ")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()
    assert load(tmp_path, text) == load(tmp_path, MINIMAL)


# --- the environment -----------------------------------------------------------------------------------------------


def test_a_variable_can_stand_anywhere_in_a_value(tmp_path: Path) -> None:
    more = "  placeholder_sku: a-${SKU}-${NONE:-b}${EMPTY}\nstock: {safety_stock: '${N}', enabled: '${ON:-no}'}\n"
    loaded = load(tmp_path, MINIMAL + more, {"SKU": "x y", "N": "7", "EMPTY": ""})
    assert loaded.orders.placeholder_sku == "a-x y-b"
    assert (loaded.stock.safety_stock, loaded.stock.enabled) == (7, False)


@pytest.mark.parametrize("value", ["a\nstock: {enabled: false}", "{a: b}", "[x]", "&a", "!!int 3", "${HOME}", "null"])
def test_what_the_environment_holds_is_only_ever_a_text(tmp_path: Path, value: str) -> None:
    loaded = load(tmp_path, MINIMAL + "  placeholder_sku: ${SKU}\n", {"SKU": value, "HOME": "/home"})
    assert loaded.orders.placeholder_sku == value
    assert loaded.stock.enabled


def test_a_dollar_sign_can_be_written(tmp_path: Path) -> None:
    loaded = load(tmp_path, MINIMAL + "  placeholder_sku: $5 $${NAME} $$ $x\n", {"NAME": "no"})
    assert loaded.orders.placeholder_sku == "$5 ${NAME} $$ $x"


@pytest.mark.parametrize("written", ["${UNSET}", "${OPEN", "${}", "${1A}", "${A-b}", "${LATIN}"])
def test_a_variable_that_gives_nothing_is_one_problem(tmp_path: Path, written: str) -> None:
    (problem,) = problems(tmp_path, MINIMAL + f"stock:\n  safety_stock: '{written}'\n", {"LATIN": "\udce9"})
    assert problem.startswith("7: stock.safety_stock: ")


def test_bytes_of_the_environment_that_are_no_text_are_refused_everywhere(tmp_path: Path) -> None:
    more = "  placeholder_sku: ${X}\n  import_from: ${X}\nhub: {path: '${X}', keep_payloads: '${X}'}\n"
    assert len(problems(tmp_path, MINIMAL + more, {"X": "caf\udce9"})) == 4


def test_an_error_shows_what_the_file_says_not_what_the_environment_holds(tmp_path: Path) -> None:
    more = "stock: {safety_stock: '${DB}'}\ncustomers: {match: '${DB}'}\n"
    zone = MINIMAL.replace("path: shop.db", "path: shop.db, time_zone: '${DB}'")
    found = problems(tmp_path, zone + more, {"DB": "hunter2"})
    assert len(found) == 3
    assert all("${DB}" in problem and "hunter2" not in problem for problem in found)


# --- what is wrong, all of it --------------------------------------------------------------------------------------

PLANTED = """\
back_office:
  connector: sandbx
  path: books.db
stores:
  shop:
    connector: sandbox
    pth: shop.db
    time_zone: Mars/Olympus
orders:
  import_taxes: maybe
  store_number: many
  financial_statuses: [paid, payed]
  tenders: cash
stock:
  safety_stock: -1
  safety_stock: 2
  missing: drop
  max_age: 12:30
customers:
  country: no
  1: 2
hub:
  path: ${UNSET}
"""


def test_every_planted_problem_is_told_once_on_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, PLANTED)
    places = [tuple(line.split(":")[1:3]) for line in error.problems]
    assert places == [
        ("2", " back_office.connector"),
        ("5", " stores.shop.path"),
        ("7", " stores.shop.pth"),
        ("8", " stores.shop.time_zone"),
        ("9", " orders.book_from"),
        ("10", " orders.import_taxes"),
        ("11", " orders.store_number"),
        ("12", " orders.financial_statuses"),
        ("13", " orders.tenders"),
        ("15", " stock.safety_stock"),
        ("16", " stock.safety_stock"),
        ("17", " stock.missing"),
        ("18", " stock.max_age"),
        ("20", " customers.country"),
        ("21", " customers.1"),
        ("23", " hub.path"),
    ]
    assert str(error) == "16 problems in syncctl.yaml"
    assert error.exit_code == 2


def test_one_problem_is_called_one(tmp_path: Path) -> None:
    assert str(refused(tmp_path, MINIMAL + "stok: {}\n")) == "1 problem in syncctl.yaml"


def test_a_missing_key_says_what_to_write(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MINIMAL.replace("orders:\n  book_from: 2026-11-21\n", ""))
    assert problem.startswith("1: orders.book_from: this is required, such as `book_from: 2026-11-21T09:00:00Z`.")
    assert "never booked" in problem


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("  bok_from: 1\n", "6: orders.bok_from: there is no such setting; did you mean `book_from`?"),
        ("stok: {}\n", "6: stok: there is no such setting; did you mean `stock`?"),
        ("stock:\n  missing: keeep\n", "7: stock.missing: 'keeep' is not known; did you mean `keep`?"),
        ("hub: {x: 1}\n", "6: hub.x: there is no such setting; here belong: keep_backups, keep_payloads, path"),
        ("hub: yes\n", "6: hub: write `key: value` lines below it; 'yes' is not accepted"),
        ("stock: {locations: A}\n", "6: stock.locations: write a list, such as [first, second]; 'A' is not accepted"),
        ("stock: {enabled: [a]}\n", "6: stock.enabled: write true or false; what stands here is not accepted"),
        ("safety: {max_shrink: .nan}\n", "6: safety.max_shrink: write a number, such as 0.5; '.nan' is not accepted"),
        ("? [a, b]\n: c\n", "6: a key is one plain word"),
    ],
)
def test_a_problem_says_how_to_put_it_right(tmp_path: Path, more: str, told: str) -> None:
    assert problems(tmp_path, MINIMAL + more) == [told]


def test_an_unknown_connector_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    found = problems(tmp_path, MINIMAL.replace("shop: {connector: sandbox", "shop: {connector: magento"))
    assert found == ["3: stores.shop.connector: 'magento' is not known; write one of: sandbox"]


def test_a_check_between_sections_stands_on_the_line_of_its_key(tmp_path: Path) -> None:
    shared = MINIMAL.replace("path: shop.db", "path: ./books.db")
    found = problems(tmp_path, shared + "  import_sales: off\nstock:\n  max_age: 1h\n  enabled: on\n")
    assert [problem.split(": ")[:2] for problem in found] == [["3", "stores.shop.path"], ["9", "stock.enabled"]]
    assert "back_office.path" in found[0]


def test_a_check_inside_a_section_stands_on_the_line_of_its_key(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MINIMAL + "  import_from: 2027-01-01\n")
    assert problem.startswith("6: orders.import_from: must not be later than book_from")


@pytest.mark.parametrize(
    "more",
    [
        "stock: &a {enabled: on}\n",
        "stock: *a\n",
        "stock: {enabled: !!bool on}\n",
        "stock: !python/object/apply:os.system {}\n",
        "stock: ! {}\n",
        "tenders: &a [*a]\n",
    ],
)
def test_anchors_aliases_and_tags_are_not_read(tmp_path: Path, more: str) -> None:
    assert "6: anchors (&), aliases (*) and tags (!)" in problems(tmp_path, MINIMAL + more)[0]


def test_a_bomb_of_aliases_is_not_unfolded(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert len(problems(tmp_path, MINIMAL + bomb)) >= 60


def test_control_characters_of_the_file_never_reach_the_terminal(tmp_path: Path) -> None:
    found = problems(tmp_path, MINIMAL + 'hub: {"\\e[31m\\n\\u202e": 1, keep_backups: "\\e]0;x\\a"}\n')
    assert len(found) == 2
    assert all(problem.isprintable() for problem in found)


# --- files that are no configuration -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~\n", "\ufeff"])
def test_an_empty_file_is_told_as_such(tmp_path: Path, text: str) -> None:
    assert "no settings in it" in str(refused(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MINIMAL + "stock:\n  max_age: [1\n", 8),
        (MINIMAL + "stock:\n\tmax_age: 1h\n", 7),
        (MINIMAL + 'stock:\n  max_age: "24', 7),
        (MINIMAL + "  a: b: c\n", 6),
        (MINIMAL + "--- second document\n", 6),
        (MINIMAL + "- a\n", 6),
        (MINIMAL + "hub: {path: \x00}\n", 6),
        (MINIMAL.encode() + b"hub: {path: caf\xe9}\n", 6),
        (MINIMAL.encode("utf-16"), 1),
        ("just words\n", 1),
        ("# c\n- a\n- b\n", 2),
        ("[" * 100_000, 1),
        ("- " * 100_000, 1),
        ('a: "\\UFFFFFFFF"\n', 1),
        ("%YAML 1." + "9" * 5_000 + "\n---\na: b\n", 1),
        (b"\x7fELF\x02\x01\x01\x00\x00", 1),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_its_line(tmp_path: Path, text: str | bytes, line: int) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"{line}: ")
    assert problem.isprintable()


def test_a_half_written_file_is_never_half_the_settings(tmp_path: Path) -> None:
    text = (Path(syncctl.config.__file__).parents[2] / "config.example.yaml").read_text()
    for length in range(0, text.index("book_from: 2010"), 97):
        refused(tmp_path, text[:length])


def test_a_huge_file_is_read_to_the_cap_only(tmp_path: Path) -> None:
    path = tmp_path / "syncctl.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # sparse: takes no room
    with pytest.raises(ConfigError, match="larger than 1,000,000 bytes"):
        load_config(path, {})


def test_a_file_at_the_cap_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL + "#" * (MAX_BYTES - len(MINIMAL)))


def test_more_values_than_any_shop_has_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MINIMAL + "  tenders:\n" + "".join(f"    t{n}: x\n" for n in range(9_000)))
    assert "too many values" in problem


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path, told in [
        (tmp_path, "Is a directory"),
        (tmp_path / "none", "No such file"),
        (tmp_path / "pipe", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (tmp_path / "loop", "cannot be read"),
        (tmp_path / "a\0b", "null"),
        (tmp_path / ("x" * 5_000), "too long"),
    ]:
        with pytest.raises(ConfigError, match=told) as caught:
            load_config(path, {})
        assert caught.value.hint
        assert str(caught.value).isprintable()


@pytest.mark.skipif(IS_ROOT, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Permission denied"):
        load_config(write(tmp_path / "c.yaml", MINIMAL, 0), {})


def test_a_working_directory_that_is_gone_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError):
        load_config(Path("syncctl.yaml"), {})
    assert load_config(write(tmp_path / "c.yaml", MINIMAL), {})


# --- secrets: no connector has one yet, so these are models of this test -------------------------------------------

HIDDEN = "hunter2-Zebra"


class Alpha(BaseModel, extra="forbid"):
    connector: Literal["alpha"]
    token: SecretStr = Field(min_length=6)
    backup: Annotated[SecretStr, Field(description="x")] | None = None
    port: int = 1

    @field_validator("token")
    @classmethod
    def _not_a_zoo(cls, value: SecretStr) -> SecretStr:
        if "Giraffe" in value.get_secret_value():
            raise ValueError(f"careless: {value.get_secret_value()} is no token")
        return value

    @model_validator(mode="after")
    def _careless(self) -> "Alpha":
        if self.port == 666:
            raise ValueError(f"port: bad luck with {self.token.get_secret_value()!r}")
        return self


class Beta(BaseModel, extra="forbid"):
    connector: Literal["beta"]
    path: Path = Path("beta.db")


class Shop(BaseModel, extra="forbid"):
    stores: dict[str, Annotated[Alpha | Beta, Field(discriminator="connector")]]
    keys: dict[str, SecretStr] = {}
    many: tuple[SecretStr, ...] = ()


def shop(folder: Path, text: str, environ: Mapping[str, str] | None = None, mode: int = 0o600) -> Shop:
    return load_model(Shop, write(folder / "shop.yaml", text, mode), environ or {})


def shop_refused(folder: Path, text: str, environ: Mapping[str, str] | None = None, mode: int = 0o600) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        shop(folder, text, environ, mode)
    told = [str(caught.value), caught.value.hint, *caught.value.problems]
    assert HIDDEN not in " ".join(told)
    assert caught.value.__cause__ is None
    return [line.removeprefix(f"{folder / 'shop.yaml'}:") for line in caught.value.problems]


ALPHA = "stores:\n  a:\n    connector: alpha\n    token: {}\n"


def token(loaded: Shop) -> str:
    (store,) = loaded.stores.values()
    assert isinstance(store, Alpha)
    return store.token.get_secret_value()


def test_a_secret_can_come_from_the_environment_even_in_a_file_that_all_can_read(tmp_path: Path) -> None:
    assert token(shop(tmp_path, ALPHA.format("${TOKEN}"), {"TOKEN": HIDDEN}, mode=0o644)) == HIDDEN


def test_a_secret_of_the_environment_is_never_taken_for_a_file_or_looked_through(tmp_path: Path) -> None:
    for value in ("file:/etc/hostname", "${HOME}/x"):
        assert token(shop(tmp_path, ALPHA.format("${TOKEN}"), {"TOKEN": value, "HOME": "y"})) == value


def test_a_secret_can_come_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write(tmp_path / "keys/token", HIDDEN + "\r\n")
    assert token(shop(tmp_path, ALPHA.format("file:keys/token"), mode=0o644)) == HIDDEN
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "keys")}
    assert token(shop(tmp_path, ALPHA.format("file:${CREDENTIALS_DIRECTORY}/token"), environ)) == HIDDEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
@pytest.mark.parametrize("written", [HIDDEN, f"${{TOKEN:-{HIDDEN}}}", f"{HIDDEN}${{TOKEN}}"])
def test_a_secret_in_a_file_that_others_can_read_is_refused_with_the_fix(
    tmp_path: Path, mode: int, written: str
) -> None:
    (problem,) = shop_refused(tmp_path, ALPHA.format(written), {"TOKEN": "abcdefgh"}, mode)
    assert problem.startswith("4: stores.a.token: ")
    assert f"chmod 600 {tmp_path / 'shop.yaml'}" in problem
    assert "${NAME}" in problem
    assert HIDDEN in token(shop(tmp_path, ALPHA.format(HIDDEN), mode=0o600))


def test_a_secret_is_found_in_optional_fields_dicts_and_lists(tmp_path: Path) -> None:
    text = ALPHA.format("${T}") + f"    backup: {HIDDEN}\nkeys: {{k: {HIDDEN}}}\nmany: [{HIDDEN}]\n"
    found = shop_refused(tmp_path, text, {"T": HIDDEN}, 0o644)
    assert [problem.split(": ")[1] for problem in found] == ["stores.a.backup", "keys.k", "many.0"]
    loaded = shop(tmp_path, text, {"T": HIDDEN})
    assert loaded.many[0].get_secret_value() == loaded.keys["k"].get_secret_value() == HIDDEN


def test_the_file_of_a_secret_must_be_private_readable_and_not_empty(tmp_path: Path) -> None:
    write(tmp_path / "open", HIDDEN, 0o644)
    write(tmp_path / "empty", "\n")
    write(tmp_path / "binary", HIDDEN.encode() + b"\xff")
    write(tmp_path / "huge", HIDDEN * 10_000)
    told = {
        "file:open": f"chmod 600 {tmp_path / 'open'}",
        "file:empty": "empty",
        "file:binary": "not UTF-8",
        "file:huge": "larger than",
        "file:none": "No such file",
        "file:.": "Is a directory",
        "'file:'": "path of a file",
        "file:~/x": "${HOME}",
        '""': "empty",
        "${EMPTY}": "empty",
        "${NONE}": "no NONE in the environment",
    }
    for written, expected in told.items():
        (problem,) = shop_refused(tmp_path, ALPHA.format(written), {"EMPTY": ""})
        assert problem.startswith("4: stores.a.token: ")
        assert expected in problem


@pytest.mark.parametrize(
    "text",
    [
        ALPHA.format(f"&{HIDDEN}"),
        ALPHA.format(f"*{HIDDEN}"),
        ALPHA.format(f"!{HIDDEN}"),
        ALPHA.format(f"!{HIDDEN}!x"),
        ALPHA.format(f"[{HIDDEN}]"),
        ALPHA.format(f"{{a: {HIDDEN}}}"),
        ALPHA.format(f'"{HIDDEN}'),
        ALPHA.format(f'"{HIDDEN}\\x"'),
        ALPHA.format(f"%{HIDDEN}"),
        ALPHA.format(f"{HIDDEN}: {HIDDEN}: {HIDDEN}"),
        ALPHA.format(f"`{HIDDEN}"),
        ALPHA.format(HIDDEN) + f"    token: {HIDDEN}\n",
        ALPHA.format(HIDDEN) + f"    tken: {HIDDEN}\n",
        ALPHA.format(HIDDEN) + "    port: 666\n",
        ALPHA.format(f"{HIDDEN}-Giraffe"),
        ALPHA.format(f"${{{HIDDEN}}}"),
        ALPHA.format(f"${{{HIDDEN}"),
        ALPHA.format(HIDDEN).replace("alpha", "gamma"),
        ALPHA.format(HIDDEN).replace("    connector: alpha\n", ""),
        f"stores:\n  a: {HIDDEN}\n",
        f"stores: {HIDDEN}\n",
        ALPHA.format("${TOKEN}") + f"keys: {HIDDEN}\nmany: {HIDDEN}\n",
    ],
)
def test_no_error_repeats_a_secret_however_it_was_miswritten(tmp_path: Path, text: str) -> None:
    assert shop_refused(tmp_path, text, {"TOKEN": HIDDEN})


def test_a_store_of_several_kinds_is_read_as_the_kind_it_names(tmp_path: Path) -> None:
    text = "stores:\n  b: {connector: beta}\n  a: {connector: alpha, token: '${T}'}\n"
    beta = shop(tmp_path, text, {"T": HIDDEN}).stores["b"]
    assert isinstance(beta, Beta)
    assert beta.path == tmp_path / "beta.db"
    assert shop_refused(tmp_path, "stores:\n  a:\n    connector: alpa\n  b:\n    path: x\n  c:\n    connector:\n") == [
        "3: stores.a.connector: 'alpa' is not known; did you mean `alpha`?",
        "4: stores.b.connector: this is required, such as `connector: alpha`.",
        '7: stores.c.connector: there is no value: write one ("" or [] for none), or take the line out',
    ]


# --- whatever the file holds ---------------------------------------------------------------------------------------

ODD_VALUES = ["on", "no", "0", "-1", "1e9", "NO", "12:30", "~", "null", "[]", "{}", "&", "*a", "!!x", "!a!b", "''"]
ODD_VALUES += ["${A}", "${A:-b}", "${", "file:x", '"\\ud800"']
SCALARS = st.sampled_from(ODD_VALUES) | st.text(max_size=20)
KEY_NAMES = [
    "back_office",
    "stores",
    "orders",
    "stock",
    "hub",
    "connector",
    "path",
    "book_from",
    "enabled",
    "shop",
    "a",
]


@st.composite
def yaml_like(draw: st.DrawFn) -> str:
    """Lines that look like a configuration: known keys, odd values, any indent."""
    line = st.tuples(st.integers(0, 3), st.sampled_from(KEY_NAMES) | st.text(max_size=8), SCALARS)
    return "".join(f"{'  ' * depth}{key}: {value}\n" for depth, key, value in draw(st.lists(line, max_size=12)))


@settings(max_examples=150, deadline=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300), yaml_like(), yaml_like().map(MINIMAL.__add__)))
def test_any_file_gives_settings_or_a_config_error(tmp_path: Path, data: str | bytes) -> None:
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    try:
        loaded = load(tmp_path, raw, {"A": "x"})
    except ConfigError as error:
        assert str(error).isprintable()
        assert all(problem.isprintable() for problem in error.problems)
        assert error.problems or "no settings" in str(error)
    else:
        assert isinstance(loaded, Settings)
