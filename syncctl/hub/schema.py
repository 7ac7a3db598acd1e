"""The hub's tables: the only DDL. Families as in the design: orders, documents, catalog, stock, customers, sync.

Amounts are integer minor units, times are fixed-width UTC text, ids named `id` are the hub's own, `remote_id` theirs.
Nothing that leads from a remote record to ours (links, references, hashes of versions) is ever pruned.
"""

import re

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x53594E43  # "SYNC"
SCHEMA_VERSION = 4  # the number of migrations; kept in `user_version`, so that an older syncctl knows a newer hub

TABLES = """
-- sync ---------------------------------------------------------------------------------------------------------------
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE party (
  name TEXT PRIMARY KEY, identity TEXT NOT NULL, currency TEXT, seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE run (
  id INTEGER PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, exit_code INTEGER,
  message TEXT
) STRICT;
CREATE TABLE run_step (
  run_id INTEGER NOT NULL REFERENCES run(id), step TEXT NOT NULL, party TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'failed', 'not run', 'stopped')), reason TEXT NOT NULL,
  counts TEXT NOT NULL, ended_at TEXT NOT NULL, PRIMARY KEY (run_id, step, party)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_step_latest ON run_step (step, run_id);
CREATE TABLE cursor (
  party TEXT NOT NULL, stream TEXT NOT NULL, value TEXT, filter TEXT NOT NULL DEFAULT '', moved_at TEXT NOT NULL,
  PRIMARY KEY (party, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE hold (
  id INTEGER PRIMARY KEY, party TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, reason TEXT NOT NULL,
  message TEXT NOT NULL, detail TEXT NOT NULL, fingerprint TEXT NOT NULL, since TEXT NOT NULL, run_id INTEGER NOT NULL,
  tried_at TEXT, UNIQUE (party, kind, record)
) STRICT;
CREATE INDEX hold_record ON hold (kind, record);
CREATE TABLE link ( -- who is new is known by `id`: none is ever given twice
  id INTEGER PRIMARY KEY AUTOINCREMENT, party TEXT NOT NULL, kind TEXT NOT NULL, remote_id TEXT NOT NULL,
  hub_id INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('primary', 'alias')), rule TEXT NOT NULL, reference TEXT,
  agreed_ours TEXT, agreed_theirs TEXT, -- fields as JSON: ours, and theirs as they returned it, when both agreed last
  seen_hash TEXT, seen_at TEXT, -- of the remote record as it was read last, and how fresh that was
  pending INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)), -- the other side must be told something
  made_at TEXT NOT NULL, UNIQUE (party, kind, remote_id)
) STRICT;
CREATE UNIQUE INDEX link_primary ON link (party, kind, hub_id) WHERE role = 'primary';
CREATE INDEX link_hub ON link (kind, hub_id);
CREATE INDEX link_pending ON link (party, hub_id) WHERE pending = 1;

-- customers ----------------------------------------------------------------------------------------------------------
CREATE TABLE customer ( -- people know customers by `id`: none is ever given twice
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, company TEXT NOT NULL, note TEXT NOT NULL,
  tax_id TEXT NOT NULL DEFAULT '', tax_exempt INTEGER,
  group_title TEXT, guest INTEGER NOT NULL, origin TEXT NOT NULL, -- the party whose record made it
  made_at TEXT NOT NULL, changed_at TEXT NOT NULL
) STRICT;
CREATE TABLE customer_fact ( -- who said a field last and when, where it is not as the customer's origin said it first
  customer_id INTEGER NOT NULL REFERENCES customer(id), field TEXT NOT NULL, party TEXT NOT NULL,
  changed_at TEXT NOT NULL, seen_run INTEGER, -- the run that saw it first, where its own time is not known
  PRIMARY KEY (customer_id, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact (
  customer_id INTEGER NOT NULL REFERENCES customer(id), kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
  position INTEGER NOT NULL, value TEXT NOT NULL, normalised TEXT, PRIMARY KEY (customer_id, kind, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_normalised ON contact (kind, normalised) WHERE normalised IS NOT NULL;
CREATE TABLE address (
  customer_id INTEGER NOT NULL REFERENCES customer(id), position INTEGER NOT NULL, kind TEXT NOT NULL,
  fields TEXT NOT NULL, PRIMARY KEY (customer_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE consent (
  customer_id INTEGER NOT NULL REFERENCES customer(id), channel TEXT NOT NULL, party TEXT NOT NULL,
  state TEXT NOT NULL, changed_at TEXT, source TEXT NOT NULL, seen_at TEXT NOT NULL,
  seen_before TEXT, -- when this side was last seen to say otherwise; NULL: it never was
  told TEXT NOT NULL DEFAULT '' CHECK (told IN ('', 'told', 'astray')), -- not its own word: we wrote it, see the rules
  own TEXT, -- as JSON, what it had said itself before it was told; NULL: nothing
  PRIMARY KEY (customer_id, channel, party)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload ( -- who is to be made at a party, and who was
  party TEXT NOT NULL, customer_id INTEGER NOT NULL REFERENCES customer(id),
  why TEXT NOT NULL CHECK (why IN ('assigned', 'all', 'any', 'by hand')), since TEXT NOT NULL, sent_at TEXT,
  PRIMARY KEY (party, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_waiting ON upload (party, customer_id) WHERE sent_at IS NULL;
CREATE TABLE invitation ( -- never pruned
  party TEXT NOT NULL, customer_id INTEGER NOT NULL REFERENCES customer(id),
  state TEXT NOT NULL CHECK (state IN ('wanted', 'sending', 'sent', 'sent before', 'refused', 'unclear', 'unknown')),
  changed_at TEXT NOT NULL, PRIMARY KEY (party, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_wanted ON invitation (party, customer_id) WHERE state IN ('wanted', 'sending');
CREATE TABLE kept_apart ( -- a person said that this remote record is not this customer
  party TEXT NOT NULL, remote_id TEXT NOT NULL, customer_id INTEGER NOT NULL, since TEXT NOT NULL,
  PRIMARY KEY (party, remote_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_apart_customer ON kept_apart (customer_id);

-- orders -------------------------------------------------------------------------------------------------------------
CREATE TABLE sales_order (
  id INTEGER PRIMARY KEY, party TEXT NOT NULL, remote_id TEXT NOT NULL, number TEXT NOT NULL, kind TEXT NOT NULL,
  placed_at TEXT NOT NULL, changed_at TEXT NOT NULL, cancelled_at TEXT, closed INTEGER NOT NULL,
  currency TEXT NOT NULL, tax_included INTEGER NOT NULL, total INTEGER NOT NULL, tax INTEGER NOT NULL,
  financial_status TEXT NOT NULL, fulfilment_status TEXT NOT NULL, channel TEXT NOT NULL, test INTEGER NOT NULL,
  customer_id INTEGER REFERENCES customer(id),
  delivery TEXT NOT NULL, -- e-mail and addresses as on the order, as JSON; empty: none
  version_hash BLOB NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('book', 'history', 'left_out', 'rejected', 'held')),
  reason TEXT NOT NULL, problems TEXT NOT NULL, decided_under TEXT NOT NULL,
  pending INTEGER NOT NULL CHECK (pending IN (0, 1)),   -- push-orders must look at it
  counting INTEGER NOT NULL CHECK (counting IN (0, 1)), -- it may have units that the back office's report lacks
  skipped INTEGER NOT NULL DEFAULT 0, UNIQUE (party, remote_id)
) STRICT;
CREATE INDEX order_pending ON sales_order (id) WHERE pending = 1;
CREATE INDEX order_counting ON sales_order (id) WHERE counting = 1;
CREATE INDEX order_number ON sales_order (number);
CREATE INDEX order_customer ON sales_order (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX order_decision ON sales_order (party, decision, reason);
CREATE INDEX order_open ON sales_order (party, id) WHERE closed = 0 AND cancelled_at IS NULL;
CREATE TABLE order_version (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES sales_order(id), hash BLOB NOT NULL,
  seen_at TEXT NOT NULL, raw BLOB, UNIQUE (order_id, hash)
) STRICT;
CREATE TABLE line_item (
  order_id INTEGER NOT NULL REFERENCES sales_order(id), line_id TEXT NOT NULL, position INTEGER NOT NULL,
  sku TEXT, title TEXT NOT NULL, quantity INTEGER NOT NULL, removed INTEGER NOT NULL, -- removed: restocked or cancelled
  unit_price TEXT NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL, PRIMARY KEY (order_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE charge (
  order_id INTEGER NOT NULL REFERENCES sales_order(id), refund_id TEXT NOT NULL, position INTEGER NOT NULL,
  kind TEXT NOT NULL, title TEXT NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL, line_id TEXT,
  PRIMARY KEY (order_id, refund_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE payment (
  order_id INTEGER NOT NULL REFERENCES sales_order(id), payment_id TEXT NOT NULL, gateway TEXT NOT NULL,
  amount INTEGER NOT NULL, paid_at TEXT, PRIMARY KEY (order_id, payment_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE refund (
  order_id INTEGER NOT NULL REFERENCES sales_order(id), refund_id TEXT NOT NULL, total INTEGER NOT NULL,
  refunded_at TEXT, PRIMARY KEY (order_id, refund_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE refund_line (
  order_id INTEGER NOT NULL REFERENCES sales_order(id), refund_id TEXT NOT NULL, position INTEGER NOT NULL,
  line_id TEXT NOT NULL, quantity INTEGER NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL,
  restock INTEGER NOT NULL, PRIMARY KEY (order_id, refund_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE fulfilment (
  id INTEGER PRIMARY KEY, party TEXT NOT NULL, kind TEXT NOT NULL, remote_id TEXT NOT NULL,
  order_id INTEGER NOT NULL REFERENCES sales_order(id), tracking_number TEXT NOT NULL, carrier TEXT NOT NULL,
  tracking_url TEXT NOT NULL, shipped_at TEXT, event INTEGER NOT NULL, sequence INTEGER,
  pending INTEGER NOT NULL CHECK (pending IN (0, 1)), -- to be shown in the web store
  shown_id TEXT, revision INTEGER NOT NULL DEFAULT 1, -- of the sale that it is for
  UNIQUE (party, kind, remote_id)
) STRICT;
CREATE INDEX fulfilment_order ON fulfilment (order_id);
CREATE INDEX fulfilment_sequence ON fulfilment (sequence, event) WHERE sequence IS NOT NULL;
CREATE INDEX fulfilment_event ON fulfilment (event);
CREATE INDEX fulfilment_pending ON fulfilment (id) WHERE pending = 1;
CREATE TABLE fulfilment_line (
  fulfilment_id INTEGER NOT NULL REFERENCES fulfilment(id), line_id TEXT NOT NULL, sku TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (fulfilment_id, line_id)
) STRICT, WITHOUT ROWID;

-- documents ----------------------------------------------------------------------------------------------------------
CREATE TABLE document (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES sales_order(id), kind TEXT NOT NULL,
  platform_event TEXT NOT NULL, reference TEXT NOT NULL UNIQUE, dated_on TEXT NOT NULL, currency TEXT NOT NULL,
  total INTEGER NOT NULL, fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('booked', 'queued', 'amending', 'undoing')), -- the last two: a change was sent
  remote_id TEXT NOT NULL, number TEXT NOT NULL, sequence INTEGER, assumed INTEGER NOT NULL DEFAULT 0,
  event INTEGER, -- our logical clock when the back office confirmed it as it is here; NULL while queued or changing
  taxed INTEGER NOT NULL, location TEXT NOT NULL, -- of the back office, as we asked for; '': it decided
  revision INTEGER NOT NULL, -- of the sale, or of the sale it belongs to
  recorded_at TEXT NOT NULL, UNIQUE (order_id, kind, platform_event)
) STRICT;
CREATE INDEX document_remote ON document (remote_id);
CREATE INDEX document_event ON document (event);
CREATE INDEX document_queued ON document (id) WHERE state = 'queued';
CREATE INDEX document_sequence ON document (sequence, event) WHERE sequence IS NOT NULL;
CREATE TABLE document_line (
  document_id INTEGER NOT NULL REFERENCES document(id), position INTEGER NOT NULL, line_id TEXT NOT NULL,
  sku TEXT NOT NULL, quantity INTEGER NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL,
  restock INTEGER NOT NULL, -- credits: the units can be sold again
  PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE document_charge (
  document_id INTEGER NOT NULL REFERENCES document(id), position INTEGER NOT NULL, kind TEXT NOT NULL,
  item TEXT NOT NULL, amount INTEGER NOT NULL, tax INTEGER NOT NULL, PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_id INTEGER NOT NULL, party TEXT NOT NULL, operation TEXT NOT NULL,
  key TEXT NOT NULL, record TEXT NOT NULL, payload TEXT,
  state TEXT NOT NULL CHECK (state IN
    ('sending', 'done', 'found', 'queued', 'refused', 'mismatch', 'unclear', 'not sent', 'superseded')),
  sent_at TEXT NOT NULL, closed_at TEXT, message TEXT
) STRICT;
CREATE INDEX journal_key ON journal (operation, key);
CREATE INDEX journal_sending ON journal (id) WHERE state IN ('sending', 'unclear');

-- catalog ------------------------------------------------------------------------------------------------------------
CREATE TABLE product (id INTEGER PRIMARY KEY, remote_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL) STRICT;
CREATE TABLE variant (
  sku TEXT PRIMARY KEY, product_id INTEGER REFERENCES product(id), remote_id TEXT NOT NULL, title TEXT NOT NULL,
  product_type TEXT NOT NULL, tracked INTEGER NOT NULL, active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX variant_special ON variant (sku) WHERE tracked = 0 OR product_type <> '';
CREATE TABLE component ( -- of a kit, which has no stock of its own: units of `sku` in one of it
  kit TEXT NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (kit, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX component_sku ON component (sku);
CREATE TABLE price (
  sku TEXT NOT NULL, price_list TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL, compare_at TEXT,
  PRIMARY KEY (sku, price_list)
) STRICT, WITHOUT ROWID;
CREATE TABLE listing (
  id INTEGER PRIMARY KEY, party TEXT NOT NULL, remote_id TEXT NOT NULL, sku TEXT NOT NULL, title TEXT NOT NULL,
  managed INTEGER NOT NULL, why TEXT NOT NULL, want_price TEXT, price TEXT,
  priced INTEGER NOT NULL DEFAULT 1, -- 0: it has no price of its own, and none is wanted
  UNIQUE (party, remote_id)
) STRICT;
CREATE INDEX listing_sku ON listing (sku);
CREATE INDEX listing_price_pending ON listing (party, id) WHERE want_price IS NOT NULL AND want_price IS NOT price;

-- stock --------------------------------------------------------------------------------------------------------------
CREATE TABLE stock_level (
  sku TEXT NOT NULL, location TEXT NOT NULL, on_hand INTEGER, committed INTEGER, available INTEGER NOT NULL,
  PRIMARY KEY (sku, location)
) STRICT, WITHOUT ROWID;
-- The last complete one tells what the levels can know of: every event up to `as_of_event`.
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, what TEXT NOT NULL, as_of_event INTEGER NOT NULL,
  source_time TEXT NOT NULL, sequence INTEGER, complete INTEGER NOT NULL, whole INTEGER NOT NULL, counts TEXT NOT NULL
) STRICT;
CREATE TABLE shown (
  listing_id INTEGER PRIMARY KEY REFERENCES listing(id), party TEXT NOT NULL,
  want INTEGER,     -- what should be shown; NULL: publish nothing
  terms TEXT NOT NULL DEFAULT '{}',
  quantity INTEGER, -- what we believe is shown; NULL: unknown
  agreed INTEGER,   -- the last level that both sides agreed on ...
  moved INTEGER NOT NULL DEFAULT 0 -- ... and the units that orders pulled since then took off it
) STRICT;
CREATE INDEX shown_pending ON shown (party, listing_id) WHERE want IS NOT NULL AND want IS NOT quantity;
CREATE TABLE kept_sku (sku TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; -- its level is an older reading's
CREATE TABLE stale_sku (sku TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; -- its `want` must be worked out again
"""

migrations = Migrations("syncctl")


# Where two sides had said the same, it is not known any more which had it from the other: a yes is taken for ours.
_WHOSE_CONSENT = (
    "ALTER TABLE consent ADD COLUMN told TEXT NOT NULL DEFAULT '' CHECK (told IN ('', 'told', 'astray'))",
    "ALTER TABLE consent ADD COLUMN own TEXT",
    "UPDATE consent SET told = 'told' WHERE state <> 'unsubscribed' AND EXISTS (SELECT 1 FROM consent other "
    "WHERE other.customer_id = consent.customer_id AND other.channel = consent.channel "
    "AND other.party <> consent.party AND other.state = consent.state "
    "AND (other.changed_at IS NULL OR consent.changed_at IS NULL OR other.changed_at = consent.changed_at))",
)


@migrations()
def m001_all_tables(db: Database) -> None:
    """The tables of 0.1.0. Statement by statement: `executescript` would end the migration's transaction."""
    for statement in re.sub(r"--.*", "", TABLES).split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO state VALUES ('event', '0')")


@migrations()
def m002_whose_consent(db: Database) -> None:
    """Answers about marketing that were said there are told apart from those that we wrote there."""
    if "told" not in db["consent"].columns_dict:  # in a new hub they are there already
        for statement in _WHOSE_CONSENT:
            db.execute(statement)


@migrations()
def m003_listings_without_a_price(db: Database) -> None:
    """Listings that have no price of their own are told apart, once they are read again."""
    if "priced" not in db["listing"].columns_dict:
        db.execute("ALTER TABLE listing ADD COLUMN priced INTEGER NOT NULL DEFAULT 1")


@migrations()
def m004_tax_identifiers(db: Database) -> None:
    """Nobody is known to have one. Links keep no base for it: what one side says then, the other takes."""
    if "tax_id" not in db["customer"].columns_dict:
        db.execute("ALTER TABLE customer ADD COLUMN tax_id TEXT NOT NULL DEFAULT ''")
