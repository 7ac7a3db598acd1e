"""The settings of a Tryton back office."""

import re
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from syncctl.settings.reached import Reached, is_this_machine, plain_parts

_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z", re.ASCII)


class TrytonBooksSettings(Reached):
    """A Tryton database, over its JSON-RPC."""

    connector: Literal["tryton"] = Field(description="The kind of back office.")
    url: str = Field(
        examples=["https://tryton.example"],
        description="Where the Tryton server is, with its port if it has one: https://tryton.example:8000.",
    )
    database: str = Field(examples=["retail"], description="The name of the database.")
    user: str = Field(examples=["syncctl"], description="The user that is signed in: one made for this alone.")
    password: SecretStr = Field(examples=["${TRYTON_PASSWORD}"], description="That user's password.")
    web_shop: str = Field(
        examples=["store"],
        description="The web shop in Tryton, by its exact name, under which orders are booked.",
    )
    stock_falls_on: Literal["order", "shipment"] = Field(
        default="order",
        description="What counts as available: without what was sold and not shipped (order), or with it (shipment).",
    )
    price_lists: tuple[str, ...] = Field(
        default=(), description="Price lists that are read beside the ordinary prices, by their exact names."
    )
    payment_term: str = Field(
        default="", description="The payment term of web orders, by its exact name. Empty: the customer's own."
    )
    tax_item: str = Field(
        default="",
        description="The SKU of the service on which the tax of an order is booked, where taxes are imported.",
    )
    receive_returns: bool = Field(
        default=True,
        description="Put returned units back on the shelf in Tryton at once. Off: somebody receives them there.",
    )
    allow_http: bool = Field(
        default=False,
        description="Allow http:// to a server that is not on this machine. Everybody on the way can read it.",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = plain_parts(value)
        if parts is None or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("write the server's address alone, such as https://tryton.example:8000")
        return value.rstrip("/")

    @field_validator("database")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not _DATABASE.match(value):
            raise ValueError("write the database's name as Tryton shows it: letters, digits, - _ and .")
        return value

    @field_validator("user")
    @classmethod
    def _can_sign_in(cls, value: str) -> str:
        if not value.strip() or ":" in value:
            raise ValueError("write the user's login name; there can be no : in it")
        return value

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [*self._open_http(), *self._wrong_limits()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _open_http(self) -> Iterator[str]:
        if self.url.lower().startswith("http:") and not (self.allow_http or is_this_machine(self.url)):
            yield "url: over http everybody on the way can read and change it: write https, or set allow_http: true"
