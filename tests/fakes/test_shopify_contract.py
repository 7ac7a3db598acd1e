"""The fake's small schema, its scopes and its resolvers, held to the vendor's three versions.

The vendor's schemas lie beside the project's folder, or where SYNCCTL_CONTRACTS says; without them nothing can be
compared.
"""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_required_argument,
    is_required_input_field,
)

from tests.fakes.shopify import grants, schema, scopes
from tests.fakes.shopify.app import domains
from tests.fakes.shopify.table import FIELDS, NODES

assert domains.LOADED


@pytest.fixture(autouse=True)
def contracts() -> None:
    if not schema.at_hand():
        pytest.skip("the vendor's schemas are not here")


def types(version: str) -> Iterator[tuple[str, Any, Any]]:
    """Every type of the small schema: its name, ours, the vendor's."""
    ours, theirs = schema.schema_of(version, own=True), schema.schema_of(version, own=False)
    for name, each in ours.type_map.items():
        if not name.startswith("__"):
            yield name, each, theirs.type_map.get(name)


def unlike_fields(name: str, ours: Any, theirs: Any) -> Iterator[str]:
    """What of the fields of one type is not as the vendor has it."""
    for field_name, field in ours.fields.items():
        place, other = f"{name}.{field_name}", theirs.fields.get(field_name)
        if other is None:
            yield f"{place} is not there"
        elif str(field.type) != str(other.type):
            yield f"{place} is {field.type}, the vendor's is {other.type}"
        elif isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            yield from unlike_arguments(place, field.args, other.args)
    if isinstance(ours, GraphQLInputObjectType):
        needed = {each for each, field in theirs.fields.items() if is_required_input_field(field)}
        yield from (f"{name}.{each} is missing" for each in sorted(needed - ours.fields.keys()))


def unlike_arguments(place: str, ours: Any, theirs: Any) -> Iterator[str]:
    for argument, told in ours.items():
        if argument not in theirs or str(told.type) != str(theirs[argument].type):
            yield f"{place}({argument}: {told.type})"
    needed = {each for each, told in theirs.items() if is_required_argument(told)}
    yield from (f"{place}({each}:) is missing" for each in sorted(needed - ours.keys()))


@pytest.mark.parametrize("version", schema.WRITTEN)
def test_the_small_schema_is_a_part_of_the_vendor_s(version: str) -> None:
    unlike = []
    for name, ours, theirs in types(version):
        if type(ours) is not type(theirs):
            unlike.append(f"{name} is another kind of thing, or not there")
        elif isinstance(ours, GraphQLEnumType):
            unlike += [f"{name}.{value}" for value in ours.values.keys() - theirs.values.keys()]
        elif isinstance(ours, GraphQLUnionType):
            unlike += [f"{name} of {each}" for each in {str(one) for one in ours.types} - set(map(str, theirs.types))]
        elif hasattr(ours, "fields"):
            unlike += unlike_fields(name, ours, theirs)
        if isinstance(ours, GraphQLObjectType):
            unlike += [
                f"{name} as {each}" for each in set(map(str, ours.interfaces)) - set(map(str, theirs.interfaces))
            ]
    assert unlike == []


@pytest.mark.parametrize("version", schema.WRITTEN)
def test_the_small_schema_has_the_same_roots_and_the_directive(version: str) -> None:
    ours, theirs = schema.schema_of(version, own=True), schema.schema_of(version, own=False)
    assert (str(ours.query_type), str(ours.mutation_type)) == (str(theirs.query_type), str(theirs.mutation_type))
    told = [one.get_directive("idempotent") for one in (ours, theirs)]
    assert all(told)
    assert [str(each.args["key"].type) for each in told if each] == ["String!", "String!"]


def test_every_answer_is_one_to_a_field_that_some_version_has() -> None:
    versions = [schema.schema_of(version, own=False) for version in schema.WRITTEN]
    assert [place for place in FIELDS if not any(has(each, *place) for each in versions)] == []
    assert [kind for kind in NODES if not all(kind in each.type_map for each in versions)] == []


def has(given: GraphQLSchema, type_name: str, field: str) -> bool:
    found = given.type_map.get(type_name)
    return isinstance(found, GraphQLObjectType | GraphQLInterfaceType) and field in found.fields


@cache
def told_scopes(version: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """What the vendor's list says: of a type (with "") and of a field."""
    written = json.loads(gzip.decompress((schema.CONTRACTS / f"admin_{version}.json.gz").read_bytes()))
    return {
        (each["typeName"], each.get("fieldName") or ""): tuple(each["offlineScopes"])
        for each in written["offline_scopes"]["items"]
        if each["offlineScopes"]
    }


@pytest.mark.parametrize("version", schema.WRITTEN)
def test_the_scopes_are_the_vendor_s_for_all_that_is_offered(version: str) -> None:
    told, ours = told_scopes(version), schema.schema_of(version, own=True)
    types_there = {name: told[name, ""] for name in ours.type_map if (name, "") in told}
    mine = {name: needed for name, needed in scopes.TYPES.items() if name in ours.type_map}
    assert {name: sorted(each) for name, each in mine.items()} == {
        name: sorted(each) for name, each in types_there.items()
    }
    fields_there = {place: needed for place, needed in told.items() if place[1] and has(ours, *place)}
    differing = {
        place: needed
        for place, needed in fields_there.items()
        if set(scopes.FIELDS.get(place, scopes.TYPES.get(place[0], ()))) != set(needed)
    }
    assert differing == {}
    assert [place for place in scopes.FIELDS if has(ours, *place) and place not in fields_there] == []


def test_every_scope_that_can_be_granted_is_one_that_the_vendor_has() -> None:
    known = {scope for needed in told_scopes("2026-07").values() for scope in needed}
    assert set(grants.ALL_SCOPES) - known == {"read_all_orders"}  # it opens no field, it moves a wall
