"""The settings of a Shopify store."""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from syncctl.settings.reached import ReachedStore, is_this_machine, plain_parts

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com\Z")
_WORD = re.compile(r"[!-~]{1,500}\Z")
_LOCATION = re.compile(r"(?:gid://shopify/Location/)?(\d{1,20})\Z", re.ASCII)
_OWN_ADDRESS = "write the shop's own address, which ends in .myshopify.com, such as https://example.myshopify.com"


class ShopifyStoreSettings(ReachedStore):
    """A Shopify shop, over its GraphQL Admin API."""

    ways_in: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",), ("client_id", "client_secret"))
    chosen_at_init: ClassVar[tuple[str, ...]] = ("location",)

    connector: Literal["shopify"] = Field(description="The kind of web store.")
    url: str = Field(
        examples=["https://example.myshopify.com"],
        description="The shop's own address, which ends in .myshopify.com, whatever its customers type.",
    )
    access_token: SecretStr | None = Field(
        default=None,
        description="The access token of an app made in the shop's admin (shpat_…). Empty: client_id and its secret.",
    )
    client_id: str = Field(
        default="", description="The client id of an app from Shopify's developer dashboard, instead of a token."
    )
    client_secret: SecretStr | None = Field(default=None, description="The client secret of that app (shpss_…).")
    version: Literal["2026-01", "2026-07", "2026-10"] = Field(
        default="2026-07", description="The version of Shopify's API that is spoken."
    )
    location: str = Field(
        default="",
        description="The id of the shop's location whose stock is kept in step, as digits; `syncctl doctor` tells it.",
    )
    quantity: Literal["available", "on_hand"] = Field(
        default="available",
        description="Which of Shopify's quantities is written. Leave it, unless another app must find on_hand set.",
    )
    notify_customer: bool = Field(default=False, description="Let Shopify tell the customer when goods have left.")
    all_orders: bool = Field(
        default=False,
        description="The app has the right read_all_orders. Without it, orders older than 60 days are not to be seen.",
    )
    customer_data: bool = Field(
        default=True,
        description="The app may read customers' names and addresses. Off: no customer is read or written.",
    )
    customer_accounts: Literal["new", "legacy"] = Field(
        default="new",
        description="The shop's kind of customer accounts: new needs no invitations, legacy can be invited to.",
    )
    group_prefix: str = Field(
        default="",
        max_length=100,
        description="What tags begin with that name a customer's group, such as group:. Empty: there are no groups.",
    )
    groups: tuple[str, ...] = Field(default=(), description="With a prefix: the exact titles of all groups.")
    bulk_from: int = Field(
        default=2000,
        ge=0,
        description="A first reading of at least so many orders is one bulk operation of Shopify's. 0: never.",
    )
    page_size: int = Field(
        default=250, ge=1, le=250, description="The most orders that are read at once; Shopify allows fewer, mostly."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        problem = next(_wrong_with(value), "")
        if problem:
            raise ValueError(problem)
        return value.lower().rstrip("/")

    @field_validator("access_token", "client_id", "client_secret")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | str | None) -> SecretStr | str | None:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not (value is None or value == "" or _WORD.match(text or "")):
            raise ValueError("this is empty or has a character that belongs into none; copy it again")
        return value

    @field_validator("location")
    @classmethod
    def _in_digits(cls, value: str) -> str:
        found = _LOCATION.match(value)
        if value and not found:
            raise ValueError("write the id of the location in digits, as `syncctl doctor` shows it, not its name")
        return found[1] if found else ""

    @field_validator("group_prefix")
    @classmethod
    def _begins_a_tag(cls, value: str) -> str:
        if "," in value or value != value.lstrip():
            raise ValueError("a tag has no comma in it, and does not begin with a space")
        return value

    @field_validator("groups")
    @classmethod
    def _end_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Shopify parts tags at commas, cuts space off, and takes those for one that differ by case alone."""
        if any("," in one or one != one.strip() or not one for one in value):
            raise ValueError("a tag has no comma in it, and neither begins nor ends with a space")
        if len({one.casefold() for one in value}) < len(value):
            raise ValueError("two of these differ by case alone, or not at all: Shopify takes them for one tag")
        return value

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [*self._wrong_keys(), *self._wrong_groups(), *self._wrong_limits()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _wrong_keys(self) -> Iterator[str]:
        """One way to sign in, whole, and each word in its place."""
        token, secret = self.access_token, self.client_secret
        if token is not None and token.get_secret_value().startswith("shpss_"):
            yield "access_token: this is an app's secret: write it as client_secret, beside client_id"
        elif secret is not None and secret.get_secret_value().startswith("shpat_"):
            yield "client_secret: this is an access token: write it as access_token, alone"
        elif self.client_id.startswith(("shpss_", "shpat_")):
            yield "client_id: this is a secret, and no id: copy the id that stands beside it"
        elif token is not None and (self.client_id or secret is not None):
            yield "access_token: there is client_id or client_secret, too: write either the token or these two"
        elif token is None and self.client_id and secret is None:
            yield "client_secret: client_id needs it"
        elif token is None and secret is not None and not self.client_id:
            yield "client_id: client_secret needs it"
        elif token is None and secret is None:
            yield "access_token: write the app's token here, or write client_id and client_secret"

    def _wrong_groups(self) -> Iterator[str]:
        if self.groups and not self.group_prefix:
            yield "groups: this has no effect without group_prefix"


def _wrong_with(url: str) -> Iterator[str]:
    """What is wrong with the address, without repeating it: it may hold a password."""
    parts = plain_parts(url)
    if parts is None:
        yield _OWN_ADDRESS
        return
    if "@" in parts.netloc:
        yield "there must be no user and password in the address: access_token is for that"
    if parts.query or parts.fragment or url.rstrip("/").endswith(("?", "#")):
        yield "there must be no ? and no # in the address"
    if not is_this_machine(url) and (not _SHOP.match(parts.hostname or "") or parts.port not in (None, 443)):
        yield _OWN_ADDRESS
    if parts.path.strip("/"):
        yield "write the shop's address alone, without /admin and what follows"
    if parts.scheme != "https" and not is_this_machine(url):
        yield "over http everybody on the way can read and change it: write https"
