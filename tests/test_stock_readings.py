"""How a reading of the back office's stock becomes the hub's: in any order, on any pages, with places said twice."""

import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncctl.hub import Hub, stock
from syncctl.model import StockLevel

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Place = tuple[str, str]
Said = dict[Place, StockLevel]

# In the order of code points, which is that of UTF-8 and not that of UTF-16.
SKUS = st.sampled_from(["", "A", "A-1", "B", "a", "b", "é", "\uffff", "\U0001f600"])
UNITS = st.integers(-1, 2)
LEVELS = st.lists(
    st.builds(
        StockLevel,
        sku=SKUS,
        location=st.sampled_from(["", "back", "main"]),
        available=UNITS,
        on_hand=st.none() | UNITS,
        committed=st.none() | UNITS,
    ),
    max_size=20,
)


@dataclass(frozen=True)
class Case:
    """What the hub has, what is read then in this order, on pages that end after these positions."""

    before: list[StockLevel]
    read: list[StockLevel]
    ends: set[int]
    whole: bool
    turns: int  # after so many pages a reading that is no full one says so
    missing: str
    feeding: list[str]
    stretch: int

    @property
    def pages(self) -> Iterator[Sequence[StockLevel]]:
        """At least one, even if nothing was read."""
        start = 0
        for end in sorted({min(end, len(self.read)) for end in self.ends} | {len(self.read)}):
            yield self.read[start:end]
            start = end


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Readings that share some levels with the hub, as real ones do, sorted or not."""
    before = list(said(draw(LEVELS)).values())
    read = draw(LEVELS) + [one for one in before if draw(st.integers(0, 3))]
    order = draw(st.sampled_from(["sorted", "sorted, one late", "any"]))
    if order == "any":
        random.Random(draw(st.integers())).shuffle(read)
    else:
        read.sort(key=place)
    if order == "sorted, one late" and read:
        read.append(read.pop(draw(st.integers(0, len(read) - 1))))
    return Case(
        before=before,
        read=read,
        ends=draw(st.sets(st.integers(0, 20), max_size=4)),
        whole=draw(st.booleans()),
        turns=draw(st.integers(0, 2)),
        missing=draw(st.sampled_from(["keep", "zero", "hold"])),
        feeding=draw(st.sampled_from([[], ["main"], ["main", "back"]])),
        stretch=draw(st.integers(1, 5)),
    )


def place(level: StockLevel) -> Place:
    return level.sku, level.location


def said(levels: Sequence[StockLevel]) -> Said:
    """Of two for one place the later counts."""
    return {place(one): one for one in levels}


def units(levels: Said, feeding: Sequence[str]) -> Counter[str]:
    """What is available of each SKU at the locations that feed the web."""
    counter: Counter[str] = Counter()
    for one in levels.values():
        counter[one.sku] += one.available if not feeding or one.location in feeding else 0
    return counter


def expected(case: Case) -> tuple[Said, set[str], int]:
    """What the hub must hold in the end, the SKUs that a full reading lacks, and how many lost their stock."""
    before, read = said(case.before), said(case.read)
    named = {sku for sku, _ in read} if case.whole else {sku for sku, _ in before}
    here = read if case.whole else before | read
    had, has = units(before, case.feeding), units(here, case.feeding)
    lost = sum(had[sku] > 0 >= has[sku] for sku in had)
    after = dict(here)
    for spot, one in before.items():
        if one.sku not in named and case.missing == "keep":
            after[spot] = one
        elif one.sku not in named and case.missing == "zero":
            after[spot] = one._replace(available=0, on_hand=0, committed=0)
    return after, {sku for sku, _ in before} - named, lost


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with tempfile.TemporaryDirectory() as folder, Hub.open(Path(folder) / "hub.db") as hub:
        yield hub


def has(hub: Hub) -> list[StockLevel]:
    """The hub's levels, as another connection sees them."""
    connection = sqlite3.connect(hub.path)
    rows = connection.execute("SELECT sku, available, location, on_hand, committed FROM stock_level").fetchall()
    connection.close()
    return sorted(StockLevel(*row) for row in rows)


def fill(hub: Hub, case: Case) -> None:
    with hub.transaction() as connection:
        connection.execute("DELETE FROM stock_level")
        connection.execute("DELETE FROM stale_sku")
        connection.execute("DELETE FROM kept_sku")
        connection.executemany(
            "INSERT INTO stock_level (sku, available, location, on_hand, committed) VALUES (?, ?, ?, ?, ?)", case.before
        )


def accept(hub: Hub, case: Case) -> int:
    return hub.stock.accept(
        as_of=0,
        sequence=None,
        source_time=NOW,
        whole=case.whole,
        missing=case.missing,
        falls_on="order",
    )


@settings(max_examples=400, deadline=None)
@given(case=cases())
def test_in_whatever_order_a_reading_comes_the_hub_ends_with_what_it_says(hub: Hub, case: Case) -> None:
    after, missing, lost = expected(case)
    before = said(case.before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stock, "_STRETCH", case.stretch)
        read(hub, case)
    assert hub.stock.missing() == sorted(missing)
    assert hub.stock.lost(case.feeding) == lost
    assert said(has(hub)) == before, "nothing shows until the whole was judged"
    changed = accept(hub, case)
    assert said(has(hub)) == after
    assert changed == sum(before.get(spot) != one for spot, one in after.items())
    moved = {
        spot
        for spot in before.keys() | after.keys()
        if spot not in before or spot not in after or before[spot].available != after[spot].available
    }
    stale = {sku for (sku,) in hub.connection.execute("SELECT sku FROM stale_sku")}
    assert stale == {sku for sku, _ in moved}


def read(hub: Hub, case: Case) -> None:
    """Stage the case's pages over what the hub has before."""
    fill(hub, case)
    hub.stock.begin_reading()
    for number, page in enumerate(case.pages):
        hub.stock.stage(page, whole=case.whole or number < case.turns)
    hub.stock.end_reading(whole=case.whole)


def a_case(before: list[StockLevel], pages: list[list[StockLevel]]) -> Case:
    """A full reading on these pages; what it lacks is zeroed."""
    levels = [one for page in pages for one in page]
    ends = {sum(map(len, pages[:number])) for number in range(1, len(pages))}
    return Case(before, levels, ends, whole=True, turns=0, missing="zero", feeding=[], stretch=1000)


A, B, C = (StockLevel(sku=sku, available=5) for sku in "ABC")


def test_what_comes_later_than_its_place_is_not_taken_for_gone(hub: Hub) -> None:
    case = a_case([A, B, C], [[A, C], [B]])
    read(hub, case)
    assert (hub.stock.missing(), hub.stock.lost([])) == ([], 0)
    assert accept(hub, case) == 0
    assert has(hub) == [A, B, C]


def test_what_a_page_lacks_in_the_midst_is_gone_though_the_next_ones_go_on(hub: Hub) -> None:
    case = a_case([A, B, C], [[A], [C]])
    read(hub, case)
    assert (hub.stock.missing(), hub.stock.lost([])) == (["B"], 1)
    assert accept(hub, case) == 1
    assert has(hub) == [A, B._replace(available=0, on_hand=0, committed=0), C]


def test_one_that_goes_and_one_that_comes_on_the_same_page_are_not_the_same(hub: Hub) -> None:
    new = B._replace(sku="B-2")
    case = a_case([A, B, C], [[A, new, C]])
    read(hub, case)
    assert hub.stock.missing() == ["B"]
    assert accept(hub, case) == 2
    assert has(hub) == [A, B._replace(available=0, on_hand=0, committed=0), new, C]


def test_a_page_in_no_order_does_not_hide_that_a_later_page_says_otherwise(hub: Hub) -> None:
    case = a_case([A, B, C], [[C._replace(available=1), A], [B, C]])
    read(hub, case)
    assert accept(hub, case) == 0
    assert has(hub) == [A, B, C]


def test_of_a_full_reading_in_order_only_what_differs_is_put_aside(hub: Hub) -> None:
    levels = [StockLevel(sku=f"SKU-{number:04}", available=5) for number in range(3000)]
    now = [*levels[:1500], levels[1500]._replace(available=6), *levels[1501:2500], *levels[2501:]]
    read(hub, a_case(levels, [now[:1000], now[1000:2000], now[2000:]]))
    staged = [hub.connection.execute(f"SELECT sku FROM {table}").fetchall() for table in ("new_level", "unseen_level")]
    assert staged == [[("SKU-1500",)], [("SKU-2500",)]]
