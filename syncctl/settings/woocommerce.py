"""The settings of a WooCommerce store."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from syncctl.settings.kinds import Status, Wait
from syncctl.settings.reached import ReachedStore, is_this_machine, plain_parts

Counted = Literal["pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"]
_KEY = re.compile(r"[!-~]{1,500}\Z")


class WooCommerceStoreSettings(ReachedStore):
    """A WooCommerce shop, over its REST API."""

    connector: Literal["woocommerce"] = Field(description="The kind of web store.")
    url: str = Field(
        examples=["https://shop.example"],
        description="Where the shop is, with its folder if it is in one: https://shop.example or https://example.com/shop.",
    )
    consumer_key: SecretStr = Field(
        examples=["${WOO_KEY}"],
        description="The key of WooCommerce's REST API, with rights to read and write (ck_…).",
    )
    consumer_secret: SecretStr = Field(
        examples=["${WOO_SECRET}"], description="The secret that was shown beside that key (cs_…)."
    )
    notify_customer: bool = Field(
        default=False,
        description="Tell the customer when goods have left: a note, which the shop sends by e-mail.",
    )
    auth: Literal["header", "query"] = Field(
        default="header",
        description="How the key is sent over https: header, or query for a host that strips the header.",
    )
    allow_http: bool = Field(
        default=False,
        description="Allow http:// to a shop that is not on this machine. Everybody on the way can read it.",
    )
    requests_per_minute: int = Field(
        default=0, ge=0, le=100_000, description="The most requests that are sent in a minute. 0: no limit of ours."
    )
    page_size: int = Field(
        default=100,
        ge=10,
        le=100,
        description="How many records are read at once; fewer where the shop runs out of memory or time (HTTP 500).",
    )
    statuses: dict[Status, Counted] = Field(
        default={},
        description="Statuses of plug-ins, each with WooCommerce's own that it counts as: {packed: processing}.",
    )
    group_by: Literal["none", "meta", "role"] = Field(
        default="none", description="Where a customer's group is kept: none, in a meta field, or as the role."
    )
    group_key: str = Field(default="", description="With meta: the key of that field.")
    groups: tuple[str, ...] = Field(default=(), description="With meta: the exact titles of all groups.")
    roles: dict[str, str] = Field(default={}, description="With role: the title of the group for each role.")
    customers_pass: Wait = Field(
        default=timedelta(days=7),
        description="How often all customers are read with trigger: any; WooCommerce does not tell who changed.",
    )
    complete_orders: bool = Field(
        default=True,
        description="Set an order to completed when all its goods have left; the shop then sends its own e-mail.",
    )
    tracking_key: str = Field(
        default="",
        description="The meta key of a tracking plug-in's list in orders, such as _wc_shipment_tracking_items.",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        problem = next(_wrong_with(value), "")
        if problem:
            raise ValueError(problem)
        return value.rstrip("/")

    @field_validator("consumer_key", "consumer_secret")
    @classmethod
    def _can_be_sent(cls, value: SecretStr) -> SecretStr:
        if not _KEY.match(value.get_secret_value()):
            raise ValueError("this has a space or another character that no key has; copy it again")
        return value

    @field_validator("statuses")
    @classmethod
    def _as_the_api_has_them(cls, value: dict[str, str]) -> dict[str, str]:
        for status in value:
            if status.startswith("wc-"):
                raise ValueError(f"write the status without wc-, as the REST API has it: {status[3:]}")
        return value

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [*self._wrong_keys(), *self._open_http(), *self._wrong_groups(), *self._wrong_limits()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _wrong_keys(self) -> Iterator[str]:
        key, secret = self.consumer_key.get_secret_value(), self.consumer_secret.get_secret_value()
        if key.startswith("cs_") and secret.startswith("ck_"):
            yield "consumer_key: this is the secret, and consumer_secret is the key: change them over"

    def _open_http(self) -> Iterator[str]:
        if self.url.lower().startswith("http:") and not (self.allow_http or is_this_machine(self.url)):
            yield "url: over http everybody on the way can read and change it: write https, or set allow_http: true"

    def _wrong_groups(self) -> Iterator[str]:
        if self.group_by == "meta" and not self.group_key:
            yield "group_by: meta needs group_key, the key of the meta field"
        if self.group_by == "role" and not self.roles:
            yield "group_by: role needs roles, with the title of the group for each role"
        if len(set(self.roles.values())) < len(self.roles):
            yield "roles: two roles have the same title, so that a group is not one role"
        for name, value, needed in (
            ("group_key", self.group_key, "meta"),
            ("groups", self.groups, "meta"),
            ("roles", self.roles, "role"),
        ):
            if value and self.group_by != needed:
                yield f"{name}: this has no effect without group_by: {needed}"


def _wrong_with(url: str) -> Iterator[str]:
    """What is wrong with the address, without repeating it: it may hold a password."""
    parts = plain_parts(url)
    if parts is None:
        yield "write the shop's address, such as https://shop.example"
        return
    if "@" in parts.netloc:
        yield "there must be no user and password in the address: consumer_key and consumer_secret are for that"
    if parts.query or parts.fragment or url.rstrip("/").endswith(("?", "#")):
        yield "there must be no ? and no # in the address"
    if "/wp-json" in f"{parts.path}/".lower() or "/wp-admin" in parts.path.lower():
        yield "write the shop's own address, without /wp-json or /wp-admin and what follows"
    if any(part in (".", "..") for part in parts.path.split("/")) or "//" in parts.path or "%" in parts.path:
        yield "write the folder of the shop in plain words, such as https://example.com/shop"
