"""The settings of each kind of web store and back office."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from syncctl.settings.kinds import Section
from syncctl.settings.shopify import ShopifyStoreSettings
from syncctl.settings.stores import StoreBase
from syncctl.settings.tryton import TrytonBooksSettings
from syncctl.settings.woocommerce import WooCommerceStoreSettings


class SandboxStoreSettings(StoreBase):
    """A web store in a local file, for trying things out."""

    connector: Literal["sandbox"] = Field(description="The kind of web store.")
    path: Path = Field(
        examples=["sandbox/NAME.db"], description="The sandbox's file; made with a small catalog at first use."
    )
    invites: Literal["state", "mark", "blind", "none"] = Field(
        default="state",
        description="How it tells who was invited: state (its own), mark (ours), blind (not at all). none: nobody is.",
    )
    contacts: Literal["many", "one"] = Field(
        default="many", description="How many e-mail addresses and phone numbers it keeps of a customer: many or one."
    )
    consent_times: bool = Field(default=True, description="Whether it tells when a customer answered about marketing.")
    consent_channels: tuple[Literal["email", "sms"], ...] = Field(
        default=("email", "sms"), description="The channels that it keeps such answers of: email, sms."
    )


class SandboxBooksSettings(Section):
    """A back office in a local file, for trying things out."""

    connector: Literal["sandbox"] = Field(description="The kind of back office.")
    path: Path = Field(
        examples=["sandbox/NAME.db"], description="The sandbox's file; made with a small catalog at first use."
    )
    stock_falls_on: Literal["order", "shipment"] = Field(
        default="order", description="When the back office takes units off its stock: order or shipment."
    )
    answers: Literal["now", "later"] = Field(
        default="now", description="Whether documents are booked at once, or only when it next looks at its queue."
    )
    amend: tuple[Literal["amend", "void", "credit"], ...] = Field(
        default=("amend",), description="How it lets a booked sale be changed: amend, void, credit. Empty: not at all."
    )
    contacts: Literal["many", "one"] = Field(
        default="many", description="How many e-mail addresses and phone numbers it keeps of a customer: many or one."
    )
    consent_times: bool = Field(default=True, description="Whether it tells when a customer answered about marketing.")
    consent_channels: tuple[Literal["email", "sms"], ...] = Field(
        default=("email",), description="The channels that it keeps such answers of: email, sms."
    )


StoreSettings = Annotated[
    SandboxStoreSettings | WooCommerceStoreSettings | ShopifyStoreSettings, Field(discriminator="connector")
]
BackOfficeSettings = Annotated[SandboxBooksSettings | TrytonBooksSettings, Field(discriminator="connector")]
