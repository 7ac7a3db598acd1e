"""Whatever stands where the configuration should be: settings or a ConfigError, soon, and nothing else."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import syncctl.config
from syncctl.config import MAX_BYTES, load_config
from syncctl.errors import ConfigError
from syncctl.settings import Settings
from tests.children import as_nobody
from tests.fakes.configs import MINIMAL, load, problems, refused, write


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


def test_a_file_that_may_not_be_read_is_told_as_such() -> None:
    """Asked as nobody, whom permissions bind: the file lies where anybody may look."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)

        def told() -> str:
            try:
                return str(load_config(folder / "c.yaml", {}).hub.path)
            except ConfigError as error:
                return str(error)

        write(folder / "c.yaml", MINIMAL, 0o644)
        assert as_nobody(told).startswith(name)
        (folder / "c.yaml").chmod(0)
        assert "Permission denied" in as_nobody(told)


def test_a_working_directory_that_is_gone_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError):
        load_config(Path("syncctl.yaml"), {})
    assert load_config(write(tmp_path / "c.yaml", MINIMAL), {})


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
