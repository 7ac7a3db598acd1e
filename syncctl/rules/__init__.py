"""Pure decisions: no I/O, no clock, no connector. What they need is given to them."""
