"""What may be asked: the vendor's own schema of a version where the contracts are, else the small one beside this file.

Both are made once in a process. The small one: `schema/*.graphql`, one file per domain, and of a domain what only some
versions have in `DOMAIN.VERSION.graphql`. It is held to the vendor's by tests/fakes/test_shopify_contract.py.
"""

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    parse,
    validate,
)

HERE = Path(__file__).parent / "schema"
CONTRACTS = (
    Path(os.environ.get("SYNCCTL_CONTRACTS", Path(__file__).parents[4] / "shared" / "contracts")).resolve() / "shopify"
)
WRITTEN = ("2026-01", "2026-07", "2026-10")
"""The versions whose schema is here; what is between them is taken for the later one."""


@dataclass(frozen=True)
class Parsed:
    """A document that was read: what it is, or what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


def at_hand() -> bool:
    """Whether the vendor's schemas are here."""
    return CONTRACTS.is_dir()


def written_for(version: str) -> str:
    """
    >>> written_for("2026-04"), written_for("2027-01")
    ('2026-07', '2026-10')
    """
    return next((each for each in WRITTEN if version <= each), WRITTEN[-1])


def schema_of(version: str, own: bool) -> GraphQLSchema:
    """The schema of a version. `own`: the small one, though the vendor's is here."""
    return _own(written_for(version)) if own or not at_hand() else _vendor(written_for(version))


@cache
def _vendor(version: str) -> GraphQLSchema:
    told = json.loads(gzip.decompress((CONTRACTS / f"admin_{version}.json.gz").read_bytes()))
    return build_client_schema(told["data"], assume_valid=True)


@cache
def _own(version: str) -> GraphQLSchema:
    files = sorted(path for path in HERE.glob("*.graphql") if path.name.count(".") == 1 or f".{version}." in path.name)
    return build_schema("\n".join(path.read_text(encoding="utf-8") for path in files))


@cache
def parsed(version: str, own: bool, text: str) -> Parsed:
    """A document, read and validated; each text once for each version."""
    try:
        document = parse(text, no_location=False)
    except GraphQLError as error:
        return Parsed(None, (error,))
    return Parsed(document, tuple(validate(schema_of(version, own), document)))


Variables = Mapping[str, object]
