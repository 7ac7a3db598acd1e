"""One suite for each interface; every connector passes it."""
