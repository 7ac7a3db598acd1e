"""Each connector: its suite, and its own oddities."""
