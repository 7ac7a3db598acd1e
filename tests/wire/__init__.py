"""The wire: a WooCommerce site on real sockets and a sandbox back office, and all that can go wrong between them.

Whatever happens to a request, nothing is lost, nothing is twice, nothing that was sold is put back on sale, and the
exit code tells. What the connector does with each fault by itself stands in `tests/transport`.
"""
