"""The law of a walk by cursors: nobody is missed, whatever changes meanwhile, and what changed is seen once more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.shopify import paging
from tests.fakes.shopify.client import Client
from tests.fakes.shopify.hands import Hands
from tests.fakes.shopify.server import ShopifyServer
from tests.fakes.shopify.site import Site
from tests.fakes.woo.world import Clock

LIST = """query($first: Int!, $after: String) { customers(first: $first, after: $after, sortKey: UPDATED_AT) {
    nodes { id note updatedAt } pageInfo { hasNextPage endCursor } } }"""


@settings(max_examples=40, deadline=None)
@given(
    people=st.integers(1, 7),
    size=st.integers(1, 3),
    changes=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=8),
)
def test_a_walk_by_the_date_of_change_misses_nobody(people: int, size: int, changes: list[tuple[int, int]]) -> None:
    """`changes`: after each page, whose note is changed, and how many seconds go by before that: maybe none."""
    clock = Clock()
    site = Site(clock=clock)
    hands = Hands(site)
    ids = [hands.add_customer(f"{number}@example.com", note="") for number in range(people)]
    seen: dict[int, str] = {}
    with ShopifyServer(site) as server:
        client, after = Client(server), None
        while True:
            page = client.ask(LIST, first=size, after=after).data["customers"]
            seen |= {int(row["id"].rpartition("/")[2]): row["note"] for row in page["nodes"]}
            if changes:
                who, seconds = changes.pop()
                clock.advance(1 + seconds)
                hands.change_customer(ids[who % people], note=f"at {clock.at}")
            elif not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"] or after
        client.close()
        assert server.errors == []
    assert seen == {each: site.customers[each].note for each in ids}


class Row:
    def __init__(self, number: int, value: int) -> None:
        self.id, self.value = number, value


@given(
    values=st.lists(st.integers(0, 3), max_size=9),
    size=st.integers(1, 4),
    backwards=st.booleans(),
    reverse=st.booleans(),
    odd=st.booleans(),
)
def test_a_walk_in_either_direction_is_the_whole_list(
    values: list[int], size: int, backwards: bool, reverse: bool, odd: bool
) -> None:
    """Rows of equal value too; `odd`: a filter keeps every other one."""
    rows = sorted((Row(number, value) for number, value in enumerate(values)), key=lambda row: (row.value, row.id))
    kept = [row for row in rows if row.id % 2 or not odd]
    shown = kept[::-1] if reverse else kept
    found: list[Row] = []
    cursor: str | None = None
    while True:
        asked = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = paging.page(
            rows,
            {**asked, "reverse": reverse},
            key=lambda row: (row.value, row.id),
            keep=lambda row: bool(row.id % 2 or not odd),
        )
        found = [*page.nodes, *found] if backwards else [*found, *page.nodes]
        info = page.page_info
        if not (info.has_previous_page if backwards else info.has_next_page):
            break
        cursor = info.start_cursor if backwards else info.end_cursor
    assert found == shown


@pytest.mark.parametrize("value", [1, "a", None])
def test_a_cursor_tells_its_place(value: object) -> None:
    assert paging._place(paging.cursor_of((value, 5)), "after") == (value, 5)
