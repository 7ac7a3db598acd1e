"""The people of the season: who buys, who is changed on either side or on both, and who is new where."""

from typing import TYPE_CHECKING, Any

from syncctl.model import Address
from tests.tryton.real_orders import COUNTRIES, Invoice

if TYPE_CHECKING:
    from tests.tryton.season import Season

GROUPS = ("Trade", "Gold", "Staff")
WINNER = {"name": "back_office", "emails": "web", "phones": "web", "addresses": "back_office", "group": "back_office"}
RULES = {"trigger": "any", "upload": "all", "country": "GB", "winner": WINNER}
_CITIES = ("Leeds", "York", "Hull", "Bath", "Ely")


class People:
    """Customers by their number in the file: everyone has an e-mail address, some a phone, most an address.

    Every fourth is in Tryton before the web store first tells of them, under the same e-mail address in capitals.
    """

    def __init__(self, season: "Season") -> None:
        self._shop, self._do = season.shop, season.people.do
        self._ids: dict[str, str] = {}
        self.wanted: dict[
            tuple[str, str], str
        ] = {}  # what is to hold in the end, by the customer's name or id and field
        codes = {one["code"] for one in self._do.rows("country.country", [], "code")}
        missing = [{"name": name, "code": code} for name, code in COUNTRIES.items() if code not in codes]
        self._do("country.country", "create", missing)
        for group in GROUPS:
            self._shop.add_group(group)
        self._do("party.category", "create", [{"name": group} for group in GROUPS])
        self._categories = {one["name"]: one["id"] for one in self._do.rows("party.category", [], "name")}
        self._countries = {one["code"]: one["id"] for one in self._do.rows("country.country", [], "code")}

    # --- who buys -----------------------------------------------------------------------------------------------------

    def buyer(self, invoice: Invoice, place: int) -> str | dict[str, Any] | None:
        """A customer's id; for an invoice that names none a guest's words, or nobody."""
        if invoice.customer:
            return self._customer(invoice)
        if place % 2:
            return None
        return {"name": f"Guest {invoice.number}", "emails": [f"guest.{invoice.number}@mail.example"]}

    def delivery(self, invoice: Invoice, place: int) -> dict[str, str] | None:
        """Where the goods go, of guests who say so, and of customers who send a gift."""
        if place % (6 if invoice.customer else 4):
            return None
        return {"kind": "shipping", "name": f"Guest {invoice.number}", "street": f"{place} Quay", "city": "Hull"}

    def _customer(self, invoice: Invoice) -> str:
        number = invoice.customer
        if number not in self._ids:
            place = len(self._ids)
            if place % 4 == 3:
                self.add_party(f"Customer {number}", f"C{number}@MAIL.EXAMPLE")
            self._ids[number] = self._shop.upsert_customer(
                name=f"Customer {number}",
                emails=[f"c{number}@mail.example"],
                phones=[f"+44 1632 96{place:04}"] if place % 3 == 0 else [],
                addresses=[_address(number, place, invoice.country)] if place % 5 else [],
                group=GROUPS[0] if place % 6 == 1 else "",
            )
        return self._ids[number]

    # --- changes ------------------------------------------------------------------------------------------------------

    def live(self, day: int) -> None:
        if day == 2:
            self._web_alone()
        elif day == 3:
            self._books_alone()
        elif day == 4:
            self._both()

    def _web_alone(self) -> None:
        name, email, phone, address, group, left, *_ = self._some()
        self._shop.upsert_customer(name, name="Wanda Web")
        self._shop.upsert_customer(email, emails=["wanda.new@mail.example", "second@mail.example"])
        self._shop.upsert_customer(phone, phones=["+44 1632 970001"])
        self._shop.upsert_customer(address, addresses=[_address("moved", 77, "FR")])
        self._shop.upsert_customer(group, group="Gold")
        self._shop.upsert_customer(left, group="")
        self.wanted |= {(name, "name"): "Wanda Web", (email, "emails"): "second@mail.example", (group, "group"): "Gold"}
        self.wanted |= {(phone, "phones"): "1632 970001", (address, "addresses"): "77 Mill Lane", (left, "group"): ""}
        for number in range(4):
            self._shop.upsert_customer(
                name=f"New on the web {number}",
                emails=[f"new.web.{number}@mail.example"],
                phones=[f"+44 1632 98000{number}"],
                addresses=[_address(f"new {number}", number, "GB")],
                group=GROUPS[number % 3],
            )

    def _books_alone(self) -> None:
        changed = self._some()[6:12]
        parties = [self.party(one) for one in changed]
        self._write(parties[0], name="Bertha Books")
        self._contact(parties[1], "email", "bertha.new@mail.example")
        self._write(parties[2], contact_mechanisms=[["create", [{"type": "mobile", "value": "+44 1632 990001"}]]])
        self._write(parties[3], addresses=[["create", [self._party_address("1 New Road", "DE")]]])
        self._write(parties[4], categories=self._only(parties[4], "Staff"))
        self._write(parties[5], categories=self._only(parties[5], ""))
        fields = ("name", "emails", "phones", "addresses", "group", "group")
        values = ("Bertha Books", "bertha.new@mail.example", "1632990001", "1 New Road", "Staff", "")
        self.wanted |= zip(zip(changed, fields, strict=True), values, strict=True)
        for number in range(4):
            self.add_party(f"New in the books {number}", f"new.books.{number}@mail.example", GROUPS[number % 3], number)

    def _both(self) -> None:
        """Of one person another field on each side, of others the same one: whose word holds, `WINNER` says."""
        other, name, email, same, *_ = self._some()[12:]
        self._shop.upsert_customer(other, phones=["+44 1632 970009"])
        self._write(self.party(other), addresses=[["create", [self._party_address("9 Both Lane", "GB")]]])
        self._write(self.party(name), name="The Books' Word")
        self._shop.upsert_customer(name, name="The Web's Word")
        self._contact(self.party(email), "email", "books.word@mail.example")
        self._shop.upsert_customer(email, emails=["web.word@mail.example"])
        self._write(self.party(same), name="One Word")
        self._shop.upsert_customer(same, name="One Word")
        self.wanted |= {
            (other, "phones"): "1632 970009",
            (other, "addresses"): "9 Both Lane",
            (same, "name"): "One Word",
        }
        self.wanted |= {(name, "name"): "The Books' Word", (email, "emails"): "web.word@mail.example"}

    def _some(self) -> list[str]:
        """Customers who are changed: of each kind of record."""
        return list(self._ids.values())[:16]

    # --- in Tryton ----------------------------------------------------------------------------------------------------

    def add_party(self, name: str, email: str, group: str = "", number: int | None = None) -> None:
        values: dict[str, Any] = {"name": name, "addresses": []}
        values["contact_mechanisms"] = [["create", [{"type": "email", "value": email}]]]
        if group:
            values["categories"] = [["add", [self._categories[group]]]]
        if number is not None:
            values["addresses"] = [["create", [self._party_address(f"{number} Book Street", "IE")]]]
        self._do("party.party", "create", [values])

    def party(self, customer: str) -> int:
        """The party in Tryton of a customer of the store, by the e-mail address."""
        email = self._shop.customer(customer)["emails"][0]
        domain = [["contact_mechanisms.value", "ilike", email], ["code", "not like", "guest-%"]]
        return int(self._do.one("party.party", domain)["id"])

    def _write(self, party: int, **values: object) -> None:
        self._do("party.party", "write", [party], values)

    def _contact(self, party: int, kind: str, value: str) -> None:
        domain = [["party", "=", party], ["type", "=", kind]]
        first = self._do.rows("party.contact_mechanism", domain)[0]["id"]
        self._do("party.contact_mechanism", "write", [first], {"value": value})

    def _only(self, party: int, group: str) -> list[Any]:
        now = self._do.one("party.party", [["id", "=", party]], "categories")["categories"]
        return [["remove", now], *([["add", [self._categories[group]]]] if group else [])]

    def _party_address(self, street: str, country: str) -> dict[str, Any]:
        place = {"street": street, "city": "Cork", "postal_code": "T12", "country": self._countries[country]}
        return {**place, "delivery": True}


def _address(number: str, place: int, country: str) -> Address:
    return Address(
        kind="shipping",
        name=f"Customer {number}",
        street=f"{place} Mill Lane",
        city=_CITIES[place % len(_CITIES)],
        postal_code=f"LS{place}",
        country=country,
    )
