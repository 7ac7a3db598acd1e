"""Units on web orders that the back office's reading cannot know of yet, as SQL over the orders that still count."""

# What the back office's reading knows of an order line, from orders that count: units sold, units that left its stock
# (by the event after which its stock falls), and units that a credit put back. The joins start at the few orders that
# count, whatever the history; without statistics SQLite would start at the lines.
_COUNTING = "sales_order o INDEXED BY order_counting"
_DOCUMENTS = (
    f"FROM {_COUNTING} CROSS JOIN document d ON d.order_id = o.id "
    "CROSS JOIN document_line x ON x.document_id = d.id WHERE o.counting = 1"
)
_SOLD = (
    "SELECT o.id AS order_id, d.revision, x.line_id, x.sku, x.quantity AS sold, {gone} AS gone, 0 AS back "
    f"{_DOCUMENTS} AND d.kind = 'sale'"
)
_BACK = f"SELECT o.id, d.revision, x.line_id, x.sku, 0, 0, x.quantity {_DOCUMENTS} " + (
    "AND d.kind IN ('credit', 'void') AND d.event <= :as_of AND x.restock = 1"
)
_SHIPPED = (
    "SELECT o.id, f.revision, x.line_id, x.sku, 0, x.quantity, 0 "
    f"FROM {_COUNTING} CROSS JOIN fulfilment f ON f.order_id = o.id "
    "CROSS JOIN fulfilment_line x ON x.fulfilment_id = f.id WHERE o.counting = 1 AND f.kind = '{kind}' "
    "AND f.event <= :as_of"
)
_KNOWN = {
    "order": f"{_SOLD.format(gone='iif(d.event <= :as_of, x.quantity, 0)')} UNION ALL {_BACK}",
    "shipment": f"{_SOLD.format(gone='0')} UNION ALL {_BACK} UNION ALL {_SHIPPED.format(kind='shipment')}",
    "invoice": f"{_SOLD.format(gone='0')} UNION ALL {_BACK} UNION ALL {_SHIPPED.format(kind='invoice')}",
}
# A credit first cancels what has not left yet of its own sale (an order may have been booked again: each revision is a
# sale); only the rest came back onto the stock. Units that were booked on another item never left this one's.
RELIEF = {
    falls_on: "SELECT order_id, line_id, sku, sum(relieved) AS units FROM (SELECT order_id, line_id, sku, "
    f"sum(gone) - max(0, sum(back) - (sum(sold) - sum(gone))) AS relieved FROM ({known}) "
    "GROUP BY order_id, revision, line_id, sku) GROUP BY order_id, line_id, sku"
    for falls_on, known in _KNOWN.items()
}
UNREFLECTED = (
    "SELECT l.order_id, l.sku, max(0, l.quantity - l.removed - coalesce(r.units, 0)) AS units "
    f"FROM {_COUNTING} CROSS JOIN line_item l ON l.order_id = o.id "
    "LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id AND r.sku = l.sku "
    "WHERE o.counting = 1"
)

# Not the orders of stores that take nothing from the locations in question; unless their sale is booked on one of
# these, or on one that the back office chose, as from before the settings changed.
FROM_HERE = """ AND (o.party NOT IN ({apart}) OR EXISTS (SELECT 1 FROM document d
  WHERE d.order_id = o.id AND d.kind = 'sale' AND (d.location = '' OR d.location IN ({locations}))))"""

# Units of each SKU that the reading cannot know of. A kit's units are those of its components, each times its quantity:
# the back office takes them at the same event, so what relieves the kit's line relieves them. Kits in kits are not
# published, but people may have bought them: they are followed as deep as anybody packs. The units end above any level
# that several locations have together, and so low that sums of millions of them stay inside 64 bits.
DEMAND = """
WITH RECURSIVE demand(sku, units, depth) AS (
  SELECT sku, sum(units), 0 FROM ({unreflected}) WHERE units > 0 GROUP BY sku
  UNION ALL
  SELECT c.sku, min(d.units * c.quantity, 1000000000000), d.depth + 1
  FROM demand d JOIN component c ON c.kit = d.sku WHERE d.depth < 5
) SELECT sku, sum(units) AS units FROM demand GROUP BY sku
"""

# Orders with units that some later reading may still have to know of. Not those of an item without stock; and what the
# back office never knew as an item was counted by nobody before it left.
OWED = (
    "SELECT u.order_id FROM ({unreflected}) u JOIN sales_order o ON o.id = u.order_id WHERE u.units > 0 "
    "AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = u.sku AND v.tracked = 0 "
    "AND NOT EXISTS (SELECT 1 FROM component c WHERE c.kit = v.sku)) "
    "AND NOT ((o.closed = 1 OR o.fulfilment_status = 'fulfilled') "
    "AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = u.sku))"
)
