"""What is no record by itself and has an id all the same: parts of orders, and addresses."""

from dataclasses import dataclass
from typing import ClassVar

from tests.fakes.shopify.ids import gid


@dataclass
class Part:
    """Something with an id that is no record by itself."""

    typename: ClassVar[str] = ""

    id: int

    @property
    def gid(self) -> str:
        return gid(self.typename, self.id)


@dataclass
class Address(Part):
    """A mailing address, of a customer or on an order."""

    typename: ClassVar[str] = "MailingAddress"

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code_v2: str | None = None
    phone: str | None = None

    @property
    def gid(self) -> str:
        return f"{gid(self.typename, self.id)}?model_name=CustomerAddress"

    @property
    def name(self) -> str | None:
        return " ".join(each for each in (self.first_name, self.last_name) if each) or None

    @property
    def province(self) -> str | None:
        return self.province_code

    @property
    def country(self) -> str | None:
        return self.country_code_v2
