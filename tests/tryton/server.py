"""A Tryton server over a copy of the company, and how to put that back to where it began."""

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

DATABASE, USER, PASSWORD = "retail", "admin", "admin-pw"
PATIENCE = 60.0  # seconds until the first answer


def until_the_next_second() -> None:
    """Its clock cannot be moved, and what it says of the time of a reading are whole seconds."""
    time.sleep(1.01 - time.time() % 1)


def folder() -> Path | None:
    """Where the environment and the company are; None where nobody made them."""
    named = os.environ.get("SYNCCTL_TRYTON")
    return Path(named) if named and (Path(named) / "base" / f"{DATABASE}.sqlite").exists() else None


class TrytonServer:
    """One process of Tryton on a port of its own. `path`: the database that it works on."""

    def __init__(self, made: Path, here: Path) -> None:
        self._base = made / "base" / f"{DATABASE}.sqlite"
        self.path = here / f"{DATABASE}.sqlite"
        shutil.copy(self._base, self.path)
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        config = here / "trytond.conf"
        config.write_text(
            f"[database]\nuri = sqlite://\npath = {here}\n[web]\nlisten = 127.0.0.1:{self.port}\n"
            "[password]\nlength = 4\n[session]\ntimeout = 86400\n"
        )
        self.log = (here / "trytond.log").open("wb")
        self._process = subprocess.Popen(
            [made / "venv" / "bin" / "trytond", "-c", config, "-d", DATABASE], stdout=self.log, stderr=self.log
        )
        self._wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def reset(self, kept: Path | None = None) -> None:
        """The company as it was made, or as it was when it was kept.

        It is one transaction over the open database, as another program's would be.
        """
        _copy(kept or self._base, self.path)

    def keep(self, name: str) -> Path:
        """The company as it is now, for `reset`."""
        kept = self.path.with_name(f"{name}.kept")
        _copy(self.path, kept)
        return kept

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self.log.close()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._process.poll() is None, "Tryton ended by itself"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Tryton does not answer")


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
        old.backup(new)


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
