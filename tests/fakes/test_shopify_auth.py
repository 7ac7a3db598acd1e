"""Who may ask the Shopify fake, of which version, and what stands before a field."""

import json

import pytest

from tests.fakes import shopify
from tests.fakes.conftest import Case
from tests.fakes.shopify.client import Client, Got

SHOP = "{ shop { name } }"
WRONG = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


def test_the_shop_tells_who_it_is(case: Case) -> None:
    told = case.client.ask(
        "{ shop { id name currencyCode ianaTimezone taxesIncluded plan { publicDisplayName } } }"
    ).data
    assert told["shop"]["id"] == "gid://shopify/Shop/65001"
    assert (told["shop"]["currencyCode"], told["shop"]["ianaTimezone"]) == ("USD", "America/New_York")


def test_a_token_that_nobody_was_given_opens_nothing(case: Case) -> None:
    got = case.again("shpat_wrong").ask(SHOP)
    assert (got.status, got.json) == (401, WRONG)
    assert case.client.ask(SHOP).data == {"shop": {"name": "Shop"}}


def test_a_token_that_was_asked_for_lives_for_a_day(case: Case) -> None:
    shopify.add_app(case.site)
    given = case.client.grant().json
    assert given["expires_in"] == 86_399
    assert set(given["scope"].split(",")) == set(case.site.options.scopes)
    client = case.again(given["access_token"])
    case.clock.advance(86_398)
    assert client.ask(SHOP).status == 200
    case.clock.advance(1)
    assert (client.ask(SHOP).status, client.ask(SHOP).json) == (401, WRONG)


def test_each_grant_is_a_token_of_its_own_and_the_older_one_goes_on(case: Case) -> None:
    shopify.add_app(case.site)
    first, second = (case.client.grant().json["access_token"] for _ in range(2))
    assert first != second
    assert [case.again(each).ask(SHOP).status for each in (first, second)] == [200, 200]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"client_id": "nobody"}, "application_cannot_be_found"),
        ({"secret": "shpss_wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_grant_that_is_wrong_gives_no_token(case: Case, told: dict[str, str], code: str) -> None:
    shopify.add_app(case.site)
    got = case.client.grant(**told)
    assert (got.status, got.json["error"]) == (400, code)
    assert list(case.site.tokens) == [shopify.STATIC]


def test_a_grant_may_come_as_json(case: Case) -> None:
    shopify.add_app(case.site)
    asked = {"grant_type": "client_credentials", "client_id": shopify.CLIENT_ID, "client_secret": shopify.CLIENT_SECRET}
    got = case.client.post("/admin/oauth/access_token", json.dumps(asked).encode())
    assert case.again(got.json["access_token"]).ask(SHOP).status == 200


def test_an_app_that_is_taken_out_of_the_shop_is_known_no_more(case: Case) -> None:
    shopify.add_app(case.site, installed=False)
    assert case.client.grant().status == 400
    del case.site.tokens[shopify.STATIC]
    assert case.client.ask(SHOP).status == 401


def of_version(case: Case, version: str) -> Got:
    return case.again(version=version).ask(SHOP)


def test_a_version_is_answered_by_itself_and_one_too_old_by_the_oldest_there_is(case: Case) -> None:
    assert of_version(case, "2026-10").headers["X-Shopify-API-Version"] == "2026-10"
    assert of_version(case, "2025-01").headers["X-Shopify-API-Version"] == "2026-01"
    assert of_version(case, "2030-01").status == 404
    case.site.options.versions = ("2026-07", "2026-10")
    assert of_version(case, "2026-01").headers["X-Shopify-API-Version"] == "2026-07"


def test_the_shop_tells_which_versions_it_serves(case: Case) -> None:
    told = case.client.ask("{ publicApiVersions { handle supported } }").data["publicApiVersions"]
    assert [each["handle"] for each in told if each["supported"]] == list(case.site.options.versions)


def test_another_address_or_method_is_not_found(case: Case) -> None:
    assert case.client.post("/admin/api/2026-07/orders.json", b"{}").status == 404
    assert case.client.send("GET", "/admin/api/2026-07/graphql.json").status == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"not json", b'{"query": 5}'])
def test_a_body_without_a_document_is_refused(case: Case, body: bytes) -> None:
    got = case.client.post("/admin/api/2026-07/graphql.json", body, X_Shopify_Access_Token=shopify.STATIC)
    assert (got.status, list(got.json["errors"])) == (400, ["query"])


@pytest.mark.parametrize(
    ("trouble", "status"), [("frozen", 402), ("forbidden", 403), ("locked", 423), ("rejected", 430)]
)
def test_a_shop_in_trouble_answers_nothing_else(case: Case, trouble: str, status: int) -> None:
    case.site.options.trouble = trouble
    assert case.client.ask(SHOP).status == status
    assert case.client.grant().status == status


# --- scopes -----------------------------------------------------------------------------------------------------------


def test_a_field_needs_its_scope_and_the_answer_names_it(case: Case) -> None:
    shopify.add_static(case.site, "shpat_few", scopes=("read_products",))
    few = case.again("shpat_few")
    assert few.ask("{ productVariants(first: 1) { nodes { id } } }").data == {"productVariants": {"nodes": []}}
    got = few.ask("{ shop { name } locations(first: 1) { nodes { id } } }")
    assert got.json["data"] is None  # what may not be null takes everything with it
    assert (got.codes, got.errors[0]["path"]) == (["ACCESS_DENIED"], ["locations"])
    assert "`read_locations` access scope" in got.errors[0]["extensions"]["requiredAccess"]


def test_a_level_needs_more_than_its_item_and_is_null_without(case: Case) -> None:
    shopify.add_static(case.site, "shpat_few", scopes=("read_products",))
    item, place = case.hands.item_of(case.hands.add_variant("A", 5)).gid, f"gid://shopify/Location/{case.hands.here}"
    ask = "query($i: ID!, $l: ID!) { inventoryItem(id: $i) { sku inventoryLevel(locationId: $l) { id } } }"
    got = case.again("shpat_few").ask(ask, i=item, l=place)
    assert got.json["data"] == {"inventoryItem": {"sku": "A", "inventoryLevel": None}}
    assert got.errors[0]["path"] == ["inventoryItem", "inventoryLevel"]


def test_who_may_write_may_read(case: Case) -> None:
    shopify.add_static(case.site, "shpat_writes", scopes=("write_products",))
    client = case.again("shpat_writes")
    assert client.ask("{ productVariants(first: 1) { nodes { id } } }").data == {"productVariants": {"nodes": []}}
    told = client.ask("{ currentAppInstallation { accessScopes { handle } } }").data["currentAppInstallation"]
    assert told["accessScopes"] == [{"handle": "read_products"}, {"handle": "write_products"}]


def test_a_record_by_its_id_needs_its_scope_and_the_others_come_all_the_same(case: Case) -> None:
    shopify.add_static(case.site, "shpat_few", scopes=("read_locations",))
    variant = case.hands.add_variant("A", 5)
    ids = [case.site.variants[variant].gid, f"gid://shopify/Location/{case.hands.here}"]
    got = case.again("shpat_few").ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert got.json["data"] == {"nodes": [None, {"id": ids[1]}]}
    assert [(each["path"], each["extensions"]["code"]) for each in got.errors] == [(["nodes", 0], "ACCESS_DENIED")]


PEOPLE = "{ customers(first: 5) { nodes { id firstName defaultEmailAddress { emailAddress } } } }"
PLACES = "{ customers(first: 5) { nodes { id addressesV2(first: 5) { nodes { city } } } } }"


@pytest.mark.parametrize("leave", ["granted", "null", "fields", "customers", "denied"])
def test_without_leave_for_protected_data_people_have_no_names_or_are_not_there(case: Case, leave: str) -> None:
    case.hands.add_customer(first_name="Ann", email="ann@example.com")
    case.site.options.protected_data = leave
    got = case.client.ask(PEOPLE)
    if leave in ("customers", "denied"):
        assert (got.json["data"], got.codes) == (None, ["ACCESS_DENIED"])
        assert "not approved to access the Customer object" in got.errors[0]["message"]
        return
    row = got.json["data"]["customers"]["nodes"][0]
    named = (row["firstName"], row["defaultEmailAddress"])
    assert named == (("Ann", {"emailAddress": "ann@example.com"}) if leave == "granted" else (None, None))
    assert len(got.json.get("errors", [])) == (2 if leave == "fields" else 0)


def test_addresses_that_are_not_to_be_seen_are_none(case: Case) -> None:
    """The list of them cannot be null: it is without rows, or takes its customer with it."""
    case.hands.add_customer("ann@example.com", address={"city": "Rome"})
    rows = case.client.ask(PLACES).data["customers"]["nodes"]
    assert [row["addressesV2"]["nodes"] for row in rows] == [[{"city": "Rome"}]]
    case.site.options.protected_data = "null"
    rows = case.client.ask(PLACES).data["customers"]["nodes"]
    assert [row["addressesV2"]["nodes"] for row in rows] == [[]]
    case.site.options.protected_data = "fields"
    got = case.client.ask(PLACES)
    assert (got.json["data"], got.codes) == (None, ["ACCESS_DENIED"])


def test_a_frozen_scene_is_thawed_with_its_tokens_and_apart(case: Case) -> None:
    case.hands.add_variant("A", 5)
    copy = case.site.copy()
    shopify.Hands(copy).add_variant("B", 5)
    with shopify.ShopifyServer(copy) as server:
        client = Client(server)
        assert len(client.ask("{ productVariants(first: 5) { nodes { id } } }").data["productVariants"]["nodes"]) == 2
        client.close()
    assert len(case.site.variants) == 1
