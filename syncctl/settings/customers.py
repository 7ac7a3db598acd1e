"""The settings of customers."""

from typing import Literal

from pydantic import Field

from syncctl.settings.kinds import Section

Winner = Literal["newest", "web", "back_office", "ask"]


class WinnerSettings(Section):
    """Which side's word holds, by field, where both sides changed it."""

    name: Winner = Field(default="newest", description="newest, web, back_office, or ask: the record waits for you.")
    company: Winner = Field(default="newest", description="The same for the company ...")
    emails: Winner = Field(default="newest", description="... the e-mail addresses ...")
    phones: Winner = Field(default="newest", description="... the phone numbers ...")
    addresses: Winner = Field(default="newest", description="... the postal addresses ...")
    group: Winner = Field(default="ask", description="... the customer group, which sets prices ...")
    note: Winner = Field(default="newest", description="... the note ...")
    tax_id: Winner = Field(default="ask", description="... the tax identifier ...")
    tax_exempt: Winner = Field(default="ask", description="... and whether no tax is charged.")


class CustomerSettings(Section):
    """Which customers go across, how they are matched, and whose word holds."""

    enabled: bool = Field(default=True, description="Main switch: keep customers in step.")
    web_to_back_office: bool = Field(
        default=True, description="Customers made or changed in a web store go to the back office."
    )
    back_office_to_web: bool = Field(
        default=True, description="Customers changed in the back office go to the web stores, as `upload` says."
    )
    trigger: Literal["order", "any"] = Field(
        default="order", description="Web customers come over with their next order, or at any change: order or any."
    )
    upload: Literal["linked", "assigned", "all"] = Field(
        default="linked",
        description="Who goes up to the web: linked (and those you assign), assigned (only those), or all.",
    )
    send_invite: bool = Field(
        default=False, description="Let the web store invite each assigned customer to an account, once at most."
    )
    winner: WinnerSettings = WinnerSettings()
    match: Literal["phone_or_email", "email", "create_new"] = Field(
        default="phone_or_email", description="How a web customer is found: phone_or_email, email, or create_new."
    )
    fallback: Literal["create", "guest_account"] = Field(
        default="guest_account",
        description="What an order is booked on while its customer is held: a new customer, or the guest account.",
    )
    country: str = Field(
        default="US",
        pattern=r"^[A-Z]{2}$",
        description="ISO country of phone numbers that are written without a country code.",
    )
    placeholder_emails: tuple[str, ...] = Field(
        default=("noemail@", "no-reply@", "none@", "test@"),
        description="E-mail addresses, or their beginnings up to @, that are nobody's and never match.",
    )
    placeholder_phones: tuple[str, ...] = Field(
        default=(), description="Phone numbers that are nobody's; one digit over and over is nobody's anyway."
    )
