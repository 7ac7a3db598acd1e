"""What all tests share: a folder of its own for each, and a configuration of two sandboxes in it."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# That the machine is busy is no failure.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")
# For the mutation run (see tests/planted): each mutant meets the same few examples.
settings.register_profile(
    "mutation", settings.get_profile("any-machine"), max_examples=20, derandomize=True, database=None
)
# For the planted bugs (see there, too): that a test fails is enough; the smallest example of it is not looked for.
settings.register_profile(
    "planted", settings.get_profile("any-machine"), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)

MEMORY = Path("/dev/shm")
LONG = ("model", "damage", "overlap", "crash", "faults")  # folders whose tests take longest, the longest first

CONFIG = """\
back_office: {connector: sandbox, path: books.db}
stores:
  shop: {connector: sandbox, path: shop.db}
orders: {book_from: 2010-01-01}
hub: {path: hub.db}
"""


def pytest_configure() -> None:
    """The folders of the tests lie in memory where the machine offers it: nobody waits for a disk at each commit."""
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests come first, so that at the end no process waits for another that has just begun one."""
    items.sort(key=lambda item: min((n for n, name in enumerate(LONG) if item.path.parent.name == name), default=9))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with everything at its default: one back office, one store, a hub that is not there yet."""
    path = tmp_path / "syncctl.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that is in memory where the machine offers it, and gone as soon as the test ends: for the big ones."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="syncctl-test-", dir=place) as folder:
        yield Path(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line of the counts that the tests of crashes, faults and the model record, summed over all processes."""
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            counts.update(
                {
                    name: value
                    for name, value in report.user_properties
                    if name.startswith(("crash ", "fault ", "model "))
                }
            )
    if counts:
        terminalreporter.write_line(", ".join(f"{name}: {value}" for name, value in sorted(counts.items())))
