"""The hub's file: what it is opened as, what is refused, and that a damaged one stops everything."""

import json
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncctl.errors import HubError
from syncctl.hub import Hub
from syncctl.hub import files as hub_files
from syncctl.hub.schema import APPLICATION_ID, SCHEMA_VERSION
from tests.stock_world import StockWorld, differences, dump

ROOT = Path(__file__).parent.parent


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """A hub that has work to do, and whose other sides would show it."""
    world = StockWorld(tmp_path)
    world.settle()
    world.shop.place_order([("MUG", 2)])
    world.office.receive("TRAY", 5)
    return world


def assert_refused(world: StockWorld, *, says: str = "", hint: str = "") -> None:
    """Exit 7, one clear message, and nothing written to any side; the file stays as it is."""
    hub = world.folder / "hub.db"
    before = hub.read_bytes() if hub.is_file() else None
    sides = {name: dump(world.folder / f"{name}.db") for name in ("books", "shop")}
    with pytest.raises(HubError) as caught:
        world.run()
    assert caught.value.exit_code == 7
    assert says in str(caught.value) and hint in caught.value.hint
    assert not world.sides or world.writes() == []
    assert not any(differences(sides[name], dump(world.folder / f"{name}.db")) for name in sides)
    assert (hub.read_bytes() if hub.is_file() else None) == before


# --- how it is opened ----------------------------------------------------------------------------------------------


def test_the_connection_is_as_safe_as_it_can_be(tmp_path: Path) -> None:
    with Hub.open(tmp_path / "hub.db") as hub:
        values = {
            name: hub.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode foreign_keys synchronous busy_timeout trusted_schema application_id user_version".split()
            )
        }
    assert values == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,  # FULL
        "busy_timeout": 5000,
        "trusted_schema": 0,
        "application_id": APPLICATION_ID,
        "user_version": SCHEMA_VERSION,
    }


def test_every_table_is_strict_and_every_foreign_key_holds(world: StockWorld) -> None:
    world.run()
    tables = world.rows("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    loose = [name for name, strict in tables if not strict and not name.startswith(("sqlite_", "_sqlite"))]
    assert loose == []
    assert world.rows("PRAGMA foreign_key_check") == []


def test_amounts_are_whole_numbers_or_nothing(world: StockWorld) -> None:
    world.run()
    columns = [("sales_order", "total"), ("line_item", "amount"), ("document", "total"), ("payment", "amount")]
    hub = world.hub()
    for table, column in columns:
        for wrong in (1.5, "1.50"):
            with pytest.raises(sqlite3.IntegrityError):
                hub.connection.execute(f"UPDATE {table} SET {column} = ?", [wrong])
    hub.close()
    kinds = {
        kind for table, column in columns for (kind,) in world.rows(f"SELECT DISTINCT typeof({column}) FROM {table}")
    }
    assert kinds == {"integer"}


def test_only_words_that_are_known_are_stored_as_states(world: StockWorld) -> None:
    world.run()
    hub = world.hub()
    for table, column in [("sales_order", "decision"), ("document", "state"), ("journal", "state")]:
        with pytest.raises(sqlite3.IntegrityError):
            hub.connection.execute(f"UPDATE {table} SET {column} = 'wibble'")
    hub.close()


def test_with_any_umask_nobody_else_can_read_the_hub(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        world = (
            StockWorld(tmp_path / "new", hub={"path": "deep/down/hub.db"})
            if (tmp_path / "new").mkdir() is None
            else None
        )
        assert world is not None
        world.run()
        with Hub.open(world.settings.hub.path) as hub:
            hub.set_state("checked_at", "2020-01-01T00:00:00.000Z")
        world.run()
        with Hub.open(world.settings.hub.path) as hub:
            hub.set_state("x", "y")
            folder = world.settings.hub.path.parent
            modes = {path.relative_to(folder): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    finally:
        os.umask(before)
    names = {str(path) for path in modes}
    assert {"hub.db", "hub.db-wal", "hub.db.lock", "hub.db.last-run", "hub.db.backups"} <= names
    assert {oct(mode) for path, mode in modes.items() if path.suffix != ".backups"} == {"0o600"}
    assert modes[Path("hub.db.backups")] == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_resting_hub_is_one_file(world: StockWorld) -> None:
    world.run()
    assert not (world.folder / "hub.db-wal").exists()
    assert not (world.folder / "hub.db-shm").exists()


def test_opening_the_hub_twice_in_one_process_keeps_its_locks(tmp_path: Path) -> None:
    """Closing a file that SQLite has open drops its locks, and another process would take its log away."""
    path = tmp_path / "hub.db"
    with Hub.open(path) as hub:
        hub.set_state("a", "1")
        Hub.open(path).connection.close()
        code = f"from pathlib import Path; from syncctl.hub import Hub; Hub.open(Path({str(path)!r})).close()"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
        hub.set_state("a", "2")
        assert (tmp_path / "hub.db-wal").exists()
    with Hub.open(path) as hub:
        assert hub.state("a") == "2"
        hub.check()


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_foreign_database_is_left_alone(world: StockWorld) -> None:
    path = world.folder / "hub.db"
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (thing)")
    connection.commit()
    connection.close()
    assert_refused(world, says="not a hub")


def test_the_sandbox_s_own_file_is_no_hub(world: StockWorld) -> None:
    shutil.copy(world.folder / "books.db", world.folder / "hub.db")
    assert_refused(world, says="not a hub")


def test_a_hub_of_a_newer_syncctl_is_left_alone(world: StockWorld) -> None:
    connection = sqlite3.connect(world.folder / "hub.db")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    assert_refused(world, says="newer", hint="newer")


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a letter to the editor" * 40, b"\0" * 4096, b"a short note"]
)
def test_what_is_no_database_is_left_alone(world: StockWorld, content: bytes) -> None:
    (world.folder / "hub.db").write_bytes(content)
    assert_refused(world)


@pytest.mark.parametrize("left", [100, 4096, 5000, 20_000, 0.5, 0.95])
def test_a_truncated_hub_is_refused_with_the_way_back(world: StockWorld, left: float) -> None:
    path = world.folder / "hub.db"
    data = path.read_bytes()
    path.write_bytes(data[: int(left if left > 1 else left * len(data))])
    assert_refused(world, hint="syncctl restore")


def test_a_folder_in_the_hub_s_place_is_said(world: StockWorld) -> None:
    (world.folder / "hub.db").unlink()
    (world.folder / "hub.db").mkdir()
    assert_refused(world, hint="hub.path")


def test_an_empty_file_is_a_hub_that_was_never_laid_out(world: StockWorld) -> None:
    (world.folder / "hub.db").write_bytes(b"")
    assert world.run().exit_code == 0
    for _ in range(2):
        world.run()
    world.assert_exact()


@pytest.fixture
def nobody_s_folder() -> Iterator[Path]:
    """A folder in which this user, root or not, may not write."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("existing", [False, True])
def test_a_folder_that_cannot_be_written_is_said(nobody_s_folder: Path, existing: bool) -> None:
    path = nobody_s_folder / "hub.db"
    if existing:
        Hub.open(path).close()
        path.chmod(0o444)
    nobody_s_folder.chmod(0o555)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from syncctl.errors import HubError\n"
        "from syncctl.hub import Hub\n"
        "import syncctl.cycle\n"  # loaded while we still may read it
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"try: Hub.open(Path({str(path)!r}))\n"
        "except HubError as error: print(error.exit_code, bool(error.hint)); sys.exit()\n"
        "print('opened')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "7 True\n", done.stderr


# --- a crash while it is made --------------------------------------------------------------------------------------

STATEMENTS = 60


@pytest.mark.parametrize("at", [1, 2, 3, 5, 10, 20, 40, STATEMENTS])
def test_a_crash_while_the_hub_is_laid_out_leaves_one_that_the_next_run_finishes(tmp_path: Path, at: int) -> None:
    """The process ends at the n-th statement, as by kill -9."""
    path = tmp_path / "hub.db"
    code = (
        "import os, sqlite3, sys\n"
        "from pathlib import Path\n"
        "left = [int(sys.argv[2])]\n"
        "class Dying(sqlite3.Connection):\n"
        "    def execute(self, *args):\n"
        "        left[0] -= 1\n"
        "        if left[0] < 0: os._exit(9)\n"
        "        return super().execute(*args)\n"
        "real = sqlite3.connect\n"
        "sqlite3.connect = lambda *args, **options: real(*args, **{**options, 'factory': Dying})\n"
        "from syncctl.hub import Hub\n"
        "Hub.open(Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), str(at)], cwd=ROOT)
    assert done.returncode == (9 if at < STATEMENTS else done.returncode)
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 2)])
    assert world.run().exit_code == 0
    world.assert_exact()
    assert world.totals() == [("sale", 2000)]


def test_before_a_migration_the_hub_is_copied(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(world.folder / "hub.db")
    monkeypatch.setattr(hub_files, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    for _ in range(2):  # a migration that was stopped begins again
        with sqlite3.connect(world.folder / "hub.db") as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.close()
        Hub.open(world.folder / "hub.db").close()
        copy = world.folder / f"hub.db.before-schema-{SCHEMA_VERSION + 1}"
        assert differences(before, dump(copy)) == {}
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert world.rows("PRAGMA user_version") == [(SCHEMA_VERSION + 1,)]


# --- damage ----------------------------------------------------------------------------------------------------------


class Damaged:
    """A hub with some history, and copies of it that are spoilt in one place each."""

    def __init__(self, folder: Path, *, checked: bool) -> None:
        self.folder = folder
        self.template = folder / "template"
        self.template.mkdir()
        self.checked = checked
        world = StockWorld(self.template)
        for _ in range(20):
            world.shop.place_order([("MUG", 1), ("TRAY", 1)], customer={"name": "Ann", "emails": ["ann@example.org"]})
        world.settle()
        if not checked:
            with Hub.open(world.folder / "hub.db") as hub:
                hub.set_state("checked_at", "2020-01-01T00:00:00.000Z")
        world.shop.place_order([("MUG", 2)])
        world.office.receive("TRAY", 5)
        self.world = world
        self.size = (self.template / "hub.db").stat().st_size

    def run(self, place: int, spoil: Callable[[bytes], bytes], length: int = 1) -> str:
        """Spoil this place, run, and judge: it worked, or it was refused and nothing had been written."""
        for name in ("hub.db", "books.db", "shop.db"):
            for suffix in ("", "-wal", "-shm"):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
            source, target = sqlite3.connect(self.template / name), sqlite3.connect(self.folder / name)
            source.backup(target)
            source.close()
            target.close()
        shutil.copy(self.template / "hub.db.last-run", self.folder)
        with (self.folder / "hub.db").open("r+b") as file:
            file.seek(place)
            content = file.read(length)
            file.seek(place)
            file.write(spoil(content))
        try:
            return self._judge(f"byte {place}")
        except sqlite3.Error as error:
            raise AssertionError(f"byte {place}: {error!r} came through") from error

    def _judge(self, where: str) -> str:
        sides = {name: dump(self.folder / f"{name}.db") for name in ("books", "shop")}
        self.world.config = self.folder / "syncctl.yaml"
        self.world.config.write_text((self.template / "syncctl.yaml").read_text())
        message = ""
        try:
            code = self.world.run().exit_code
        except HubError as error:
            code, message = 7, str(error)
            assert "syncctl restore" in error.hint or "newer" in str(error) or "not a hub" in str(error), error
        changed = [name for name in sides if differences(sides[name], dump(self.folder / f"{name}.db"))]
        books = sqlite3.connect(self.folder / "books.db")
        references = books.execute("SELECT reference FROM document WHERE reference <> ''").fetchall()
        books.close()
        assert code in (0, 1, 3, 7), f"{where}: {code}"  # 3: a cursor that cannot be read ends its part
        assert len(references) == len(set(references)), f"{where}: booked twice"
        if code == 7 and (not self.checked or "nothing was written" in message):
            assert changed == [], f"{where}: {changed} written before the damage was found"
        return "refused" if code == 7 else "worked"


@pytest.mark.parametrize("checked", [False, True], ids=["daily check due", "checked today"])
def test_a_flipped_bit_is_harmless_or_stops_the_run(tmp_path: Path, checked: bool) -> None:
    """Sixty places, half of them in the heads of pages. A hub that is checked once a day is read whole before anything
    is written; in between, what is damaged is found when it is met, and then too nothing is done twice."""
    damaged, chance = Damaged(tmp_path, checked=checked), random.Random(7)
    ends = Counter(
        damaged.run(
            chance.randrange(damaged.size // 4096) * 4096 + chance.randrange(12)
            if number % 2
            else chance.randrange(damaged.size),
            lambda content: bytes([content[0] ^ (1 << chance.randrange(8))]),
        )
        for number in range(60)
    )
    assert ends["worked"] and ends["refused"], ends


@pytest.mark.parametrize("checked", [False, True], ids=["daily check due", "checked today"])
def test_a_lost_page_stops_the_run(tmp_path: Path, checked: bool) -> None:
    """Every page of the file, as a disk gives it back that lost one: all zeros."""
    damaged = Damaged(tmp_path, checked=checked)
    ends = Counter(damaged.run(place, lambda _: bytes(4096), 4096) for place in range(0, damaged.size, 4096))
    assert ends["refused"] > 30, ends


def test_the_sidecar_is_plain_and_says_how_far_the_hub_had_come(world: StockWorld) -> None:
    world.run()
    values = json.loads((world.folder / "hub.db.last-run").read_text())
    [(run, journal)] = world.rows("SELECT (SELECT max(id) FROM run), (SELECT max(id) FROM journal)")
    assert (values["run"], values["journal"]) == (run, journal)
