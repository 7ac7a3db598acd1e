"""The wire: a site on real sockets and a sandbox back office, and all that can go wrong between them.

Whatever happens to a request, nothing is lost, nothing is twice, nothing that was sold is put back on sale, nothing
secret or personal is told, and the exit code tells how it went. What the transport does with each fault by itself
stands in `tests/transport`, what the connector makes of each answer in `tests/connectors`.

`world`: what the tests ask of a platform, and the command over it. `woo`, `shopify_day`: each platform's busy day;
`woo_codes`, `shopify_codes`: how the command may end; `shopify`: what a Shopify shop holds. `oracle`: what must hold,
asked of the site and of the books. `cells`: one fault at one request, and all that is judged then.
`test_every_request`: each fault at each request, and at all from one on; `test_graphql`: those that only GraphQL has.
`races`, `test_races`: something happens on the site before each request. `test_storms`: requests fail at random.
`killed`, `test_kills`: the process dies. Each test is run over each platform, and takes the share of the cells that the
platform's world says (`Shares`); SYNCCTL_WIRE_CELLS=all takes every cell, for which the normal run has no time.
"""
