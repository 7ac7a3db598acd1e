"""Samples of every document that the Shopify connector can send, with variables as it sends them.

One module for each part of the store, with `SAMPLES`: function that makes documents -> some that it makes, each with
its variables, so chosen that every shape of text and of input object is among them, the largest too. Whatever has a
ceiling is shown at the ceiling: 250 ids in a list are 250 ids here, for the cost is worked out from them.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from syncctl.connectors.shopify.documents import Document

Sample = tuple[Document, Mapping[str, Any]]
Samples = Mapping[Callable[..., Document], Sequence[Sample]]


def all_samples() -> dict[Callable[..., Document], Sequence[Sample]]:
    """The samples of all parts."""
    found: dict[Callable[..., Document], Sequence[Sample]] = {}
    for module in iter_modules(__path__):
        found |= import_module(f"{__name__}.{module.name}").SAMPLES
    return found
