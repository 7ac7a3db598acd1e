"""Faults: whatever the other side does to a call, nothing is lost, nothing is twice, and the exit code tells.

The faults of the test plan (row T3) are those of a wire; a connector turns each into one of its errors, or into an
answer. At every call of a busy cycle these stand for them here (see `kinds`):

| on the wire                                            | here                                               |
|--------------------------------------------------------|----------------------------------------------------|
| refused, DNS, TLS expired or of another host, 500, 502 | cannot be reached                                  |
| HTML, 503, 504, timeout before commit                  |                                                    |
| timeout after commit                                   | the reply is lost                                  |
| reset or short body, truncated JSON, login page, empty | the reply cannot be read (after the work was done) |
| 200, wrong type, GraphQL errors, NaN, duplicate key    |                                                    |
| 429 with seconds, a date, none or 10^9; THROTTLED      | throttled, with and without a time                 |
| 401, 403                                               | sign-in needed                                     |
| 302 to another host                                    | safety stop (it is not the one that was set)       |
| 400, 404, 409, 422                                     | the first, the last, all are refused; the batch is |
|                                                        | refused, all batches are refused                   |
| 409 on a level                                         | one was, all were changed meanwhile                |
| 202, GraphQL userErrors of one record                  | taken in for later; one reply is unclear           |
| drip                                                   | an hour passes                                     |
| reset between pages                                    | the connection is lost between pages               |
| a record that is no record                             | one, no record can be read                         |
| a proxy's or a cache's answer to another question      | an answer for another, too few, too many answers,  |
|                                                        | answers exchanged, one that nobody asked for       |
| a page retried by a proxy, sorted anew                 | the same page twice, in another order, early       |
| nothing: what our own code can do                      | a bug of the connector, interrupted                |

These have no meaning without a wire and wait for the transport: a certificate that must be refused, Retry-After that
must be capped, a gzip bomb, the size cap, the deadline of a drip, latin-1, the redirect itself.

Of customers, groups and invitations there are scenes of their own (`test_people_calls`), in which everything that is
known of anybody must stand in no log.

The rest of the folder: storms of such faults (T4), races of two (T7; of one: `tests/test_races.py`), safety stops
(T10), signals and pipes (T19), paging (T20; the interfaces carry no totals that could lie). What they found stands,
each by itself, in `tests/test_regressions_faults.py`.
"""
