"""A cycle with nothing new costs the same whatever the size of the catalog: in calls, and in steps of SQLite."""

from pathlib import Path
from typing import Any

from bench import quiet


def cost(folder: Path, skus: int) -> dict[str, Any]:
    """Of one quiet cycle over so many SKUs, all of them listed and in step."""
    folder.mkdir()
    quiet.make_sides(folder, skus)
    for _ in range(quiet.SETTLING):
        _, counts = quiet.cycle(folder)
    assert not counts
    return quiet.count(folder)


def test_a_quiet_cycle_over_20000_skus_costs_what_one_over_200_costs(tmp_path: Path) -> None:
    small, large = cost(tmp_path / "small", 200), cost(tmp_path / "large", 20_000)
    assert large["calls"] == small["calls"]
    for file in ("hub.db", "shop.db", "books.db"):
        assert large["by_file"][file] <= 1.2 * small["by_file"][file], file
        assert small["by_file"][file] > 100, "they are counted at all"
