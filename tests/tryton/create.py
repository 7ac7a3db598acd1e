"""Make a company in a new Tryton database: run by the Python of Tryton's own environment, never imported.

    VENV/bin/python tests/tryton/create.py FOLDER

Pounds, a chart of accounts, this year and its neighbours as fiscal years, two price lists, a web shop with its
warehouse, and services for what is charged beside goods.
"""

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

DATABASE, USER, PASSWORD = "retail", "admin", "admin-pw"
MODULES = ["sale", "web_shop", "sale_price_list", "sale_shipment_cost"]
SERVICES = {"SHIPPING": "Shipping", "DISCOUNT": "Discount", "TAX": "Tax", "FEE": "Fee", "ROUNDING": "Rounding"}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{DATABASE}.sqlite").touch()  # which trytond-admin does not make
    config = folder / "trytond.conf"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder.resolve()}\n[password]\nlength = 4\n")
    password = folder / "password"
    password.write_text(PASSWORD)
    subprocess.run(
        [
            *(Path(sys.executable).parent / "trytond-admin", "-c", config, "-d", DATABASE, "--all"),
            *("--email", "admin@example.com", "-u", *MODULES, "--activate-dependencies"),
        ],
        env={**os.environ, "TRYTONPASSFILE": str(password)},
        check=True,
    )
    from proteus import config as proteus

    Company(proteus.set_trytond(f"sqlite:///{DATABASE}", config_file=str(config))).make()


class Company:
    """What a merchant's consultant sets up by hand."""

    def __init__(self, config) -> None:
        from proteus import Model, Wizard

        self.config, self.get, self.wizard = config, Model.get, Wizard

    def make(self) -> None:
        self.company()
        self.accounts()
        self.years()
        self.goods()
        self.shop()

    def company(self) -> None:
        currency = self.get("currency.currency")(
            name="Pound", code="GBP", symbol="£", numeric_code="826", digits=2, rounding=Decimal("0.01")
        )
        currency.rates.new(date=dt.date(2000, 1, 1), rate=Decimal(1))
        currency.save()
        self.currency = currency
        for name, code, code3 in (("United Kingdom", "GB", "GBR"), ("France", "FR", "FRA"), ("Germany", "DE", "DEU")):
            self.get("country.country")(name=name, code=code, code3=code3).save()
        party = self.get("party.party")(name="Example Retail")
        party.save()
        wizard = self.wizard("company.company.config")
        wizard.execute("company")
        wizard.form.party, wizard.form.currency = party, currency
        wizard.execute("add")
        self.config._context = self.get("res.user").get_preferences(True, {})
        (self.company,) = self.get("company.company").find()

    def account(self, kind: str):
        found = self.get("account.account").find(
            [(f"type.{kind}", "=", True), ("company", "=", self.company.id), ("closed", "!=", True)], limit=1
        )
        return found[0]

    def accounts(self) -> None:
        template = self.get("ir.model.data").get_id("account.account_template_root_en", self.config.context)
        wizard = self.wizard("account.create_chart")
        wizard.execute("account")
        wizard.form.account_template = self.get("account.account.template")(template)
        wizard.form.company = self.company
        wizard.execute("create_account")
        for kind in ("receivable", "payable"):
            if self.account(kind).party_required:
                setattr(wizard.form, f"account_{kind}", self.account(kind))
        if hasattr(wizard.form, "category_account_revenue"):
            wizard.form.category_account_revenue = self.account("revenue")
            wizard.form.category_account_expense = self.account("expense")
        wizard.execute("create_properties")

    def years(self) -> None:
        this = dt.date.today().year
        for year in (this - 1, this, this + 1):
            self.year(year)
        term = self.get("account.invoice.payment_term")(name="At once")
        term.lines.new(type="remainder")
        term.save()

    def year(self, year: int) -> None:
        fiscal = self.get("account.fiscalyear")(name=str(year), company=self.company)
        fiscal.start_date, fiscal.end_date = dt.date(year, 1, 1), dt.date(year, 12, 31)
        fiscal.move_sequence = self.sequence("Account Move", year)
        invoices = self.sequence("Invoice", year)
        (line,) = fiscal.invoice_sequences
        line.out_invoice_sequence = line.in_invoice_sequence = invoices
        line.out_credit_note_sequence = line.in_credit_note_sequence = invoices
        fiscal.click("create_period")

    def sequence(self, kind: str, year: int):
        (sort,) = self.get("ir.sequence.type").find([("name", "=", kind)])
        made = self.get("ir.sequence.strict")(name=f"{kind} {year}", company=self.company, sequence_type=sort)
        made.save()
        return made

    def goods(self) -> None:
        category = self.get("product.category")(name="Goods", accounting=True)
        category.account_revenue, category.account_expense = self.account("revenue"), self.account("expense")
        category.save()
        for name, formula in (("Retail", "unit_price"), ("Trade", "unit_price * 0.9")):
            prices = self.get("product.price_list")(name=name, company=self.company)
            prices.unit, prices.price = "product_default", "list_price"
            prices.lines.new(formula=formula)
            prices.save()
        (unit,) = self.get("product.uom").find([("name", "=", "Unit")])
        for code, name in SERVICES.items():
            template = self.get("product.template")(name=name, default_uom=unit, type="service", salable=True)
            template.list_price, template.account_category = Decimal(0), category
            template.save()
            (product,) = template.products
            product.suffix_code = code
            product.save()

    def shop(self) -> None:
        (warehouse,) = self.get("stock.location").find([("code", "=", "WH")])
        guest = self.get("party.party")(name="Guest")
        guest.save()
        shop = self.get("web.shop")(name="store", company=self.company, currency=self.currency, guest_party=guest)
        shop.warehouses.append(warehouse)
        shop.save()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
