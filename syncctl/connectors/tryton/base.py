"""What every part of the Tryton back office stands on: the database that it speaks to, and the web shop in it.

Each part is a class on `ShopBooks` in a module of its own; `books` puts them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from syncctl import times
from syncctl.connectors.base import BackOffice, BackOfficeAbilities
from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens
from syncctl.connectors.tryton.rpc import Rpc, address_of
from syncctl.errors import BatchRefused, ConfigError, DataError
from syncctl.model import About, DocumentKind
from syncctl.settings import TrytonBooksSettings

MOST_WRITTEN = 25
"""Records in one call that writes: Tryton on SQLite fails from about a hundred on, and a sale takes it 0.1 s."""
MOST_LINES = 100
"""Lines of orders in one call: one takes Tryton up to 30 ms, and a call that is not waited for to its end has no known
outcome."""
MOST_READ = 1000
CUSTOMER_FIELDS = frozenset({"name", "emails", "phones", "addresses", "tax_id"})
_SHOP_FIELDS = [
    "company",
    "company.rec_name",
    "company.party",
    "company.create_date",
    "company.timezone",
    "company.currency.code",
    "company.currency.digits",
    "warehouses.name",
    "guest_party",
]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """The web shop that orders are booked under. `warehouses`: their ids by name, as the locations of stock."""

    id: int
    company: int
    company_name: str
    company_party: int
    company_made: str
    time_zone: str | None
    currency: str
    currency_id: int
    digits: int
    warehouses: Mapping[str, int]
    guest_party: int | None

    @property
    def context(self) -> dict[str, Any]:
        """What Tryton must be told with every call that depends on the company."""
        return {"company": self.company}


class ShopBooks(BackOffice):
    """The books of one company, over one database's JSON-RPC."""

    page_size = MOST_READ

    def __init__(
        self,
        name: str,
        settings: TrytonBooksSettings,
        patience: Patience | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.address = address_of(settings)
        self.abilities = abilities_of(settings)
        self.rpc = Rpc(name, settings, patience or Patience(), tokens or Tokens())

    @cached_property
    def shop(self) -> Shop:
        """The web shop of the settings: asked once in a run. Errors: ConfigError where there is none of that name."""
        found = self.rpc.read(
            "web.shop", "search_read", [["name", "=", self.settings.web_shop]], 0, 2, None, _SHOP_FIELDS
        )
        if len(found) != 1:
            raise ConfigError(
                f"{self.name}: Tryton has no web shop {self.settings.web_shop!r} that this user may see",
                hint="Make it in Tryton, with its warehouses, or set back_office.web_shop to its exact name. The user "
                "must belong to the web shop's company.",
            )
        return _shop_of(found[0])

    @cached_property
    def payment_term(self) -> int | None:
        """The payment term of the settings; None: the customer's own. Errors: ConfigError where there is none."""
        name = self.settings.payment_term
        if not name:
            return None
        found = [row["id"] for row in self.rows("account.invoice.payment_term", [["name", "=", name]], ["name"])]
        if len(found) != 1:
            raise ConfigError(
                f"{self.name}: Tryton has no payment term {name!r}, or not just one; nothing was booked",
                hint="Set back_office.payment_term to its exact name in Tryton, or leave it empty.",
            )
        return int(found[0])

    def rows(self, model: str, domain: Sequence[Any], fields: Sequence[str], *, gone: bool = False) -> list[Row]:
        """All records that fit, by id: one call. `gone`: with what is out of use, also of what hangs on them."""
        context = {**self.shop.context, "active_test": False} if gone else self.shop.context
        found: list[Row] = self.rpc.read(
            model, "search_read", list(domain), 0, None, [["id", "ASC"]], list(fields), context=context
        )
        return found

    def by_ids(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """These records: one call, or none for none."""
        if not ids:
            return []
        found: list[Row] = self.rpc.read(model, "read", list(ids), list(fields), context=self.shop.context)
        return found

    def write(self, model: str, method: str, *arguments: object, as_read: Mapping[str, str] | None = None) -> Any:
        """Change something, once: one transaction. Errors: Declined: nothing was done.

        `as_read`: only where these records are as they were, by "model,id" the `_timestamp` that each had then.
        """
        context = {**self.shop.context, "_timestamp": dict(as_read)} if as_read else self.shop.context
        return self.rpc.write(model, method, *arguments, context=context)

    def now(self) -> datetime:
        """The server's own time, not later than now."""
        return self.rpc.at or times.now() if self.shop else times.now()

    def about(self) -> About:
        shop = self.shop
        return About(
            identity=f"tryton company {shop.company} of {shop.company_made}",
            name=shop.company_name,
            currency=shop.currency,
            time_zone=shop.time_zone,
        )

    def close(self) -> None:
        self.rpc.close()

    def called(self, call: str, records: Sequence[Any], most: int) -> None:
        """Errors: BatchRefused for more than fit into one call."""
        if len(records) > most:
            raise BatchRefused(f"{call} takes at most {most} records, not {len(records)}; nothing was done.")


def abilities_of(settings: TrytonBooksSettings) -> BackOfficeAbilities:
    """What Tryton can do, as the settings want it."""
    return BackOfficeAbilities(
        kinds=frozenset(DocumentKind),
        document_batch=MOST_WRITTEN,
        reference_length=80,
        stock_falls_on=settings.stock_falls_on,
        keyed_writes=True,
        look_up_batch=500,
        customer_batch=MOST_WRITTEN,
        customer_fields=CUSTOMER_FIELDS,
        creates_variants=False,
        amend=frozenset({"credit"}),
        locations=True,
        groups=True,
    )


def _shop_of(row: Mapping[str, Any]) -> Shop:
    company = row["company."]
    currency = company["currency."]
    warehouses = {one["name"]: one["id"] for one in row["warehouses."]}
    if len(warehouses) < len(row["warehouses."]):
        raise ConfigError(
            "two warehouses of the web shop in Tryton have the same name",
            hint="Give each a name of its own: levels are kept apart by it.",
        )
    if not warehouses:
        raise ConfigError(
            "the web shop in Tryton has no warehouse", hint="Add the warehouses that the web sells from to it."
        )
    if company["create_date"] is None:
        raise DataError("Tryton does not say when the company was made, which tells it from others.")
    return Shop(
        id=row["id"],
        company=row["company"],
        company_name=company["rec_name"],
        company_party=company["party"],
        company_made=company["create_date"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        time_zone=company["timezone"],
        currency=currency["code"],
        currency_id=currency["id"],
        digits=currency["digits"],
        warehouses=warehouses,
        guest_party=row["guest_party"],
    )
