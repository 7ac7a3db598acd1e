"""The other side, made to misbehave, and the oracles that the suites ask."""
