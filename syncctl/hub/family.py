"""What the families of tables share: a way back to the open hub."""

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncctl.hub import Hub


class Family:
    """One family of tables of an open hub."""

    def __init__(self, hub: "Hub") -> None:
        self.hub = hub

    @property
    def connection(self) -> sqlite3.Connection:
        return self.hub.connection
