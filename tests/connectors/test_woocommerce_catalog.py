"""What a WooCommerce site lists, on a real socket: read in every version, written in batches, nothing else touched."""

from collections.abc import Iterator, Sequence

import pytest

from syncctl.connectors.base import WebStore
from syncctl.errors import DataError, SignInNeeded, Unreachable
from syncctl.model import LevelChange, Listing, PriceChange, Refused, WriteOutcome, Written
from tests.connectors.woo_side import settings_of, store_of
from tests.fakes.woo.server import WooServer
from tests.fakes.woo.world import WooWorld, world


@pytest.fixture(params=["10.4.2", "9.3.0", "7.0.0"])
def site(request: pytest.FixtureRequest) -> WooWorld:
    return world(version=request.param)


@pytest.fixture
def server(site: WooWorld) -> Iterator[WooServer]:
    with WooServer(site.site) as server:
        yield server
        assert server.errors == []
        assert site.site.oracle.violations == []


@pytest.fixture
def store(server: WooServer) -> Iterator[WebStore]:
    yield from store_of(server)


def listed(store: WebStore) -> dict[str, Listing]:
    """Every listing by its id, each told once."""
    pages = list(store.fetch_listings(None))
    found = [one for page in pages for one in page.records]
    assert all(page.full for page in pages) and pages
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def level(listing_id: str, quantity: int = 1, price: str | None = None) -> LevelChange:
    return LevelChange(
        key=listing_id, listing_id=listing_id, quantity=quantity, expected=0, price=price, currency="USD"
    )


def price(listing_id: str, text: str = "6.25") -> PriceChange:
    return PriceChange(key=listing_id, listing_id=listing_id, price=text, currency="USD")


def kinds(outcomes: Sequence[WriteOutcome]) -> list[tuple[str, str]]:
    return [(one.key, getattr(one, "reason", type(one).__name__)) for one in outcomes]


def family(site: WooWorld, sku: str, units: Sequence[int | None], *, own: int | None = None) -> list[str]:
    """A product with variations that have these units; the listings' ids."""
    parent = site.shop.add_product(sku, own, kind="variable")
    made = [site.shop.add_variation(parent, f"{sku}-{number}", each) for number, each in enumerate(units)]
    return [f"{parent}/{one}" for one in made]


# --- listed -----------------------------------------------------------------------------------------------------------


def test_products_and_variations_are_listed_page_by_page_in_every_version(store: WebStore, site: WooWorld) -> None:
    simple = [str(site.shop.add_product(f"MUG-{number}", number)) for number in range(7)]
    variations = [one for sku in ("TEE", "CAP", "HAT") for one in family(site, sku, [1, 2, 3, 4])]
    found = listed(store)
    assert found.keys() == {*simple, *variations}
    assert [found[one].quantity for one in simple] == list(range(7))
    assert {(found[one].sku, found[one].quantity) for one in variations} == {
        (f"{sku}-{number}", number + 1) for sku in ("TEE", "CAP", "HAT") for number in range(4)
    }
    assert all(one.managed and one.price == "5.00" for one in found.values())


def test_what_is_a_draft_or_private_is_listed_and_what_is_in_the_trash_is_not(store: WebStore, site: WooWorld) -> None:
    shown = {
        str(site.shop.add_product(status, 1, status=status)) for status in ("publish", "draft", "private", "pending")
    }
    gone = site.shop.add_product("GONE", 1)
    of_gone, of_here = family(site, "TEE", [1]), family(site, "CAP", [1, 1])
    site.shop.remove_product(gone, trash=True)
    site.shop.remove_product(int(of_gone[0].partition("/")[0]), trash=True)
    site.shop.change_product(int(of_here[0].partition("/")[2]), status="private")
    assert listed(store).keys() == shown | set(of_here)


def test_an_orphan_of_a_product_in_the_trash_is_not_listed(store: WebStore, site: WooWorld) -> None:
    orphans, others = family(site, "TEE", [1, 2]), family(site, "CAP", [1])
    parent, orphan = map(int, orphans[0].split("/"))
    site.shop.remove_product(parent, trash=True)
    site.shop.change_product(orphan, status="publish")
    assert listed(store).keys() == set(others)


def test_a_variation_without_a_sku_of_its_own_keeps_its_level(store: WebStore, site: WooWorld) -> None:
    parent = site.shop.add_product("TEE", kind="variable")
    first, second = (f"{parent}/{site.shop.add_variation(parent, '', 5)}" for _ in range(2))
    other = f"{parent}/{site.shop.add_variation(parent, 'TEE-L', 5)}"
    found = listed(store)
    assert [(found[one].sku, found[one].managed) for one in (first, second, other)] == [
        ("", False),
        ("", False),
        ("TEE-L", True),
    ]


def test_stock_that_the_parent_keeps_is_its_own_listing_and_none_of_its_variations(
    store: WebStore, site: WooWorld
) -> None:
    [shared, apart] = family(site, "TEE", [None, 4], own=9)
    parent = shared.partition("/")[0]
    found = listed(store)
    assert [(found[one].managed, found[one].quantity) for one in (parent, shared, apart)] == [
        (True, 9),
        (False, None),
        (True, 4),
    ]
    assert store.fetch_levels([parent, shared, apart]) == {parent: 9, shared: None, apart: 4}
    assert kinds(store.push_levels([level(shared, 3), level(parent, 8)])) == [
        (shared, "not_managed"),
        (parent, "Written"),
    ]
    assert store.fetch_levels([parent, shared, apart]) == {parent: 8, shared: None, apart: 4}


@pytest.mark.parametrize("kind", ["grouped", "external", "bundle", "booking", "subscription"])
def test_a_product_of_another_kind_is_listed_with_its_reason(store: WebStore, site: WooWorld, kind: str) -> None:
    made = str(site.shop.add_product("KIT", 5, kind=kind))
    found = listed(store)[made]
    assert (found.managed, found.quantity) == (False, None) and kind in found.why


def test_a_shop_that_keeps_no_stock_at_all_has_no_level_to_write(store: WebStore, site: WooWorld) -> None:
    mug, tees = str(site.shop.add_product("MUG", 5)), family(site, "TEE", [1, 2])
    site.site.options.manage_stock = False
    assert {one.managed for one in listed(store).values()} == {False}
    assert kinds(store.push_levels([level(mug), level(tees[0])])) == [(mug, "not_managed"), (tees[0], "not_managed")]


@pytest.mark.parametrize(
    "patch",
    [
        {"sku": None},
        {"name": None, "regular_price": None},
        {"attributes": [], "variations": None},
        {"stock_quantity": "3.0"},
        {"regular_price": 5},
        {"manage_stock": "yes"},
        {"type": "a kind of next year"},
    ],
)
def test_an_odd_row_stops_no_other(store: WebStore, site: WooWorld, patch: dict[str, object]) -> None:
    odd = site.shop.add_product("ODD", 3)
    others = {str(site.shop.add_product(f"MUG-{number}", 1)) for number in range(4)}
    site.shop.change_product(odd, patch=patch)
    found = listed(store)
    assert found.keys() == {str(odd), *others}
    assert all(found[one].managed for one in others)


def test_an_empty_shop_is_told_to_be_empty(store: WebStore) -> None:
    assert listed(store) == {}


# --- read now ---------------------------------------------------------------------------------------------------------


def test_levels_and_prices_are_those_of_now_and_what_is_gone_is_absent(store: WebStore, site: WooWorld) -> None:
    mug, gone, trashed = (site.shop.add_product(sku, 5) for sku in ("MUG", "GONE", "TRASHED"))
    tee, cap = family(site, "TEE", [1, 2]), family(site, "CAP", [3])
    site.shop.set_level(mug, -2)
    site.shop.set_price(int(tee[1].partition("/")[2]), "7.10", sale="3.00")
    site.shop.remove_product(gone)
    site.shop.remove_product(trashed, trash=True)
    site.shop.remove_product(int(cap[0].partition("/")[0]))
    ids = [str(mug), str(gone), str(trashed), *tee, *cap, "22/999999", "999999", "no-such-listing", "1/2/3"]
    assert store.fetch_levels(ids) == {str(mug): -2, tee[0]: 1, tee[1]: 2}
    assert store.fetch_prices(ids) == {str(mug): "5.00", tee[0]: "5.00", tee[1]: "7.10"}
    assert store.fetch_levels([]) == {} and store.fetch_levels([str(mug)], "Upstairs") == {}


def test_a_variation_is_not_taken_for_one_of_another_product(store: WebStore, site: WooWorld) -> None:
    """Written through another product's path it would be moved there, or a product be made one's variation."""
    [tee], [cap] = family(site, "TEE", [1]), family(site, "CAP", [2])
    mug = site.shop.add_product("MUG", 3)
    swapped = f"{cap.partition('/')[0]}/{tee.partition('/')[2]}"
    as_product, as_variation = tee.partition("/")[2], f"{tee.partition('/')[0]}/{mug}"
    assert store.fetch_levels([swapped, as_product, as_variation, tee]) == {tee: 1}


def test_a_hundred_listings_are_read_in_two_requests_since_10_3(store: WebStore, site: WooWorld) -> None:
    simple = [str(site.shop.add_product(f"MUG-{number}", 1)) for number in range(50)]
    variations = [one for sku in "ABCDE" for one in family(site, sku, [1] * 10)]
    store.fetch_levels(variations[:1])
    site.site.oracle.calls.clear()
    assert len(store.fetch_levels([*simple, *variations])) == 100
    assert site.site.oracle.calls.total() == (2 if site.site.options.at_least("10.3") else 6)


def test_a_host_that_sends_fewer_rows_than_it_is_asked_for_hides_none(store: WebStore, site: WooWorld) -> None:
    simple = [str(site.shop.add_product(f"MUG-{number}", 1)) for number in range(9)]
    variations = [one for sku in ("TEE", "CAP") for one in family(site, sku, [1] * 7)]
    site.site.options.page_size = 4
    assert store.fetch_levels([*simple, *variations]) == dict.fromkeys([*simple, *variations], 1)
    assert listed(store).keys() == {*simple, *variations}


# --- written ----------------------------------------------------------------------------------------------------------


def test_a_level_and_its_price_go_out_in_one_row_and_nothing_else_does(store: WebStore, site: WooWorld) -> None:
    mug, [tee] = site.shop.add_product("MUG", 5, sale_price="1.00"), family(site, "TEE", [1])
    outcomes = store.push_levels([level(str(mug), 4, "6.25"), level(tee, 3)])
    outcomes += store.push_prices([price(tee, "7.5000")])
    assert kinds(outcomes) == [(str(mug), "Written"), (tee, "Written"), (tee, "Written")]
    sent = [event.detail["sent"] for event in site.site.oracle.writes("product")]
    variation = int(tee.partition("/")[2])
    assert [{name: value for name, value in row.items() if name != "product_id"} for row in sent] == [
        {"id": mug, "stock_quantity": 4, "regular_price": "6.25"},
        {"id": variation, "stock_quantity": 3},
        {"id": variation, "regular_price": "7.5000"},
    ]
    after = site.site.products
    assert (after[mug].quantity, after[mug].regular_price, after[mug].sale_price) == (4, "6.25", "1.00")
    assert (after[variation].quantity, after[variation].regular_price) == (3, "7.5000")


def test_each_of_a_batch_has_its_own_outcome_in_the_order_sent(store: WebStore, site: WooWorld) -> None:
    mug, gone, unmanaged = (str(site.shop.add_product(sku, 5)) for sku in ("MUG", "GONE", "UNMANAGED"))
    tee, cap = family(site, "TEE", [1, 2]), family(site, "CAP", [3])
    site.shop.remove_product(int(gone))
    site.shop.change_product(int(unmanaged), manage_stock=False)
    site.shop.remove_product(int(tee[0].partition("/")[2]))
    outcomes = store.push_levels(
        [level(one, 7) for one in (cap[0], gone, tee[0], "no-such-listing", unmanaged, mug, tee[1])]
    )
    assert kinds(outcomes) == [
        (cap[0], "Written"),
        (gone, "unknown_listing"),
        (tee[0], "unknown_listing"),
        ("no-such-listing", "unknown_listing"),
        (unmanaged, "not_managed"),
        (mug, "Written"),
        (tee[1], "Written"),
    ]
    assert store.fetch_levels([mug, cap[0], tee[1], unmanaged]) == {mug: 7, cap[0]: 7, tee[1]: 7, unmanaged: None}


def test_the_price_of_a_product_that_is_priced_by_its_variations_is_refused_alone(
    store: WebStore, site: WooWorld
) -> None:
    [tee] = family(site, "TEE", [None], own=9)
    parent = tee.partition("/")[0]
    assert kinds(store.push_prices([price(parent)])) == [(parent, "no_price")]
    assert kinds(store.push_levels([level(parent, 8, "6.25")])) == [(parent, "no_price")]
    assert kinds(store.push_levels([level(parent, 7)])) == [(parent, "Written")]
    assert store.fetch_prices([parent, tee]) == {parent: None, tee: "5.00"}


def test_a_host_that_takes_short_batches_gets_short_ones(store: WebStore, site: WooWorld) -> None:
    simple = [str(site.shop.add_product(f"MUG-{number}", 1)) for number in range(20)]
    tees = family(site, "TEE", [1] * 10)
    site.site.options.batch_limit = 6
    outcomes = store.push_levels([level(one, 2) for one in (*simple, *tees)])
    assert outcomes == [Written(key=one) for one in (*simple, *tees)]
    assert set(store.fetch_levels([*simple, *tees]).values()) == {2}


def test_a_call_that_was_refused_whole_does_not_take_back_what_others_did(
    store: WebStore, site: WooWorld, server: WooServer
) -> None:
    mug, tees = str(site.shop.add_product("MUG", 1)), family(site, "TEE", [1, 1])
    server.fail("400", at=server.count + 2)
    assert kinds(store.push_levels([level(mug, 2), level(tees[0], 2), level(tees[1], 2)])) == [
        (mug, "Written"),
        (tees[0], "Written"),
        (tees[1], "Written"),
    ]
    server.fail("409", times=3)
    outcomes = store.push_levels([level(tees[0], 3), level(tees[1], 3)])
    assert [type(one) for one in outcomes] == [Refused, Refused]
    assert store.fetch_levels([mug, *tees]) == {mug: 2, tees[0]: 2, tees[1]: 2}


def test_a_route_that_is_gone_is_asked_for_once(store: WebStore, site: WooWorld, server: WooServer) -> None:
    """WooCommerce was switched off, or its permalinks: nothing would be found by asking for less."""
    tees = family(site, "TEE", [1] * 8)
    server.fail("404", times=99)
    with pytest.raises(DataError):
        store.push_levels([level(one, 2) for one in tees])
    assert server.count == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [("500", Unreachable), ("reset", Unreachable), ("401", SignInNeeded), ("truncated", DataError)],
)
def test_after_an_error_nothing_is_known_of_any_of_them(
    store: WebStore, site: WooWorld, server: WooServer, kind: str, error: type[Exception]
) -> None:
    mug, [tee] = str(site.shop.add_product("MUG", 1)), family(site, "TEE", [1])
    server.fail(kind, at=server.count + 2)
    with pytest.raises(error):
        store.push_levels([level(mug, 2), level(tee, 2)])
    assert server.count == 2, "what may have been done is not sent again"
    assert store.fetch_levels([mug])[mug] == 2


def test_a_site_is_reached_by_the_settings(server: WooServer) -> None:
    """The fixture's store is one that the program itself would make."""
    assert settings_of(server).url == server.address


def test_ids_that_a_plugin_sends_as_text_are_ids(store: WebStore, site: WooWorld) -> None:
    mug, (tee,) = site.shop.add_product("MUG", 4), family(site, "TEE", [6])
    site.shop.change_product(mug, patch={"id": str(mug)})
    site.shop.change_product(int(tee.partition("/")[2]), patch={"id": tee.partition("/")[2]})
    assert store.fetch_levels([str(mug), tee]) == {str(mug): 4, tee: 6}
