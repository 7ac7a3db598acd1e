"""The tables of the sandbox's back office. Every record carries the number of the change that touched it last."""

from syncctl.errors import DataError

APPLICATION_ID = 0x53594F46  # "SYOF"
MAIN = "main"  # the location that documents move which name none

# A level may be a fraction, as in real books: a number, or decimal text.
DDL = """
CREATE TABLE item (
    id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, title TEXT NOT NULL, tracked INTEGER NOT NULL,
    active INTEGER NOT NULL, product_type TEXT NOT NULL DEFAULT '', changed INTEGER NOT NULL
) STRICT;
CREATE INDEX item_changed ON item (changed, sku);
CREATE TABLE level (
    item_id INTEGER NOT NULL REFERENCES item, location TEXT NOT NULL, on_hand ANY NOT NULL,
    changed INTEGER NOT NULL, PRIMARY KEY (item_id, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX level_changed ON level (changed);
CREATE TABLE component (
    kit_id INTEGER NOT NULL REFERENCES item, item_id INTEGER NOT NULL REFERENCES item, quantity INTEGER NOT NULL,
    PRIMARY KEY (kit_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE price (
    item_id INTEGER NOT NULL REFERENCES item, price_list TEXT NOT NULL, amount TEXT NOT NULL, compare_at TEXT,
    PRIMARY KEY (item_id, price_list)
) STRICT, WITHOUT ROWID;
CREATE TABLE document (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL, reference TEXT NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL,
    order_id TEXT NOT NULL, order_number TEXT NOT NULL, dated_on TEXT NOT NULL, currency TEXT NOT NULL,
    total INTEGER NOT NULL, fingerprint TEXT NOT NULL, tax_included INTEGER NOT NULL, customer_id TEXT, original TEXT,
    store_number INTEGER, tender TEXT, location TEXT NOT NULL, credited INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL, void INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX document_reference ON document (reference) WHERE reference <> '';
CREATE INDEX document_order ON document (order_number);
CREATE TABLE document_line (
    document_id INTEGER NOT NULL REFERENCES document, position INTEGER NOT NULL, line_id TEXT NOT NULL,
    item_id INTEGER NOT NULL REFERENCES item, title TEXT NOT NULL, quantity INTEGER NOT NULL, unit_price TEXT NOT NULL,
    amount INTEGER NOT NULL, tax INTEGER NOT NULL, restock INTEGER NOT NULL, unshipped INTEGER NOT NULL,
    credited INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE document_charge (
    document_id INTEGER NOT NULL REFERENCES document, position INTEGER NOT NULL, kind TEXT NOT NULL,
    item TEXT NOT NULL, title TEXT NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL,
    PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE queue (
    position INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, document TEXT NOT NULL, total INTEGER NOT NULL,
    currency TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE document_log (
    id INTEGER PRIMARY KEY, document_id INTEGER NOT NULL REFERENCES document, what TEXT NOT NULL, detail TEXT NOT NULL,
    done_at TEXT NOT NULL
) STRICT;
CREATE TABLE shipment (
    id INTEGER PRIMARY KEY, document_id INTEGER NOT NULL REFERENCES document, tracking_number TEXT NOT NULL,
    carrier TEXT NOT NULL, tracking_url TEXT NOT NULL, shipped_at TEXT NOT NULL, changed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX shipment_changed ON shipment (changed, id);
CREATE TABLE shipment_line (
    shipment_id INTEGER NOT NULL REFERENCES shipment, position INTEGER NOT NULL, line_id TEXT NOT NULL,
    sku TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (shipment_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE customer (
    id INTEGER PRIMARY KEY, reference TEXT COLLATE NOCASE, name TEXT NOT NULL, company TEXT NOT NULL,
    emails TEXT NOT NULL, phones TEXT NOT NULL, addresses TEXT NOT NULL, group_title TEXT NOT NULL,
    consents TEXT NOT NULL, note TEXT NOT NULL, tax_id TEXT NOT NULL DEFAULT '', tax_exempt INTEGER NOT NULL,
    created_at TEXT NOT NULL, changed_at TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, merged_into INTEGER,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_reference ON customer (reference);
CREATE INDEX customer_changed ON customer (changed, id);
CREATE TABLE customer_group (title TEXT PRIMARY KEY) STRICT, WITHOUT ROWID
"""


ADDED = {"customer": "tax_id TEXT NOT NULL DEFAULT ''"}
"""What files of before lack."""


class OfficeRefusal(DataError):
    """The back office does not do this, for this one record. `reason` is one short word."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
