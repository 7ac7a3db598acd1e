"""What the shop keeps of its customers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from tests.fakes.shopify.ids import gid
from tests.fakes.shopify.part_records import Address
from tests.fakes.shopify.records import Record

LEVEL = "SINGLE_OPT_IN"


@dataclass
class Consent:
    """What somebody answered for one channel. `at` None: nobody was ever asked."""

    state: str = "NOT_SUBSCRIBED"
    level: str | None = None
    at: datetime | None = None
    history: list[tuple[str, datetime | None]] = field(default_factory=list)


@dataclass
class Customer(Record):
    """`state` is of the old kind of accounts: DISABLED, INVITED, ENABLED, DECLINED."""

    typename: ClassVar[str] = "Customer"

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    state: str = "DISABLED"
    tax_exempt: bool = False
    locale: str = "en"
    verified_email: bool = True
    addresses: list[Address] = field(default_factory=list)  # the newest last
    default_address_id: int | None = None
    email_consent: Consent = field(default_factory=Consent)
    sms_consent: Consent = field(default_factory=Consent)
    metafields: dict[tuple[str, str], tuple[int, str, str]] = field(default_factory=dict)  # (id, value, type)

    @property
    def legacy_resource_id(self) -> str:
        return str(self.id)

    @property
    def display_name(self) -> str:
        names = " ".join(each for each in (self.first_name, self.last_name) if each)
        return names or self.email or self.phone or ""

    @property
    def default_address(self) -> Address | None:
        return next((each for each in self.addresses if each.id == self.default_address_id), None)


def metafield_gid(number: int) -> str:
    return gid("Metafield", number)


@dataclass(kw_only=True)
class PeopleTables:
    """What a site keeps of people. `merged`: who went -> who stands for them."""

    customers: dict[int, Customer] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)


@dataclass
class PeopleOptions:
    """What the vendor's descriptions leave open of customers, or settings of a shop do."""

    older_consent: str = "kept"  # an answer that is older than the one there: kept (passed over) | taken | refused
    orders_move_customers: bool = True  # an order that is placed moves the date of change of who placed it
    tag_limit: int = 250  # tags of one customer
    address_limit: int = 250
    new_contact_is_asked_anew: bool = False  # an answer belongs to an e-mail or a phone, and goes with it
    lowers_email: bool = False  # an e-mail is kept in small letters
    refuses_same_address: bool = True  # an address that the customer has already
    trims_tags: bool = True  # a tag's blanks at its ends are taken off
