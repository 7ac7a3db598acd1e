"""The configuration file: where it is found, what its values mean, every problem at once."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import syncctl.config
from syncctl.config import find_config, load_config
from syncctl.errors import ConfigError
from tests.fakes.configs import MINIMAL, load, problems, refused, write

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
  financial_statuses: []
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
    assert found == ["3: stores.shop.connector: 'magento' is not known; write one of: sandbox, shopify, woocommerce"]


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
