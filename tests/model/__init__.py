"""A state machine over shops, a back office and a hub, and the oracle that judges each of its steps."""
