"""A world whose store is a fake on real sockets: what the tests of this folder ask of it, whatever the platform is.

A scene is set once; each cell begins from a copy of it, a day later, so that what is done daily is due too.
Nothing is waited for: a run that has to wait is told that the time has passed.
"""

import io
import logging
import shutil
import time
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest

import syncctl.config
import syncctl.cycle
from syncctl import times
from syncctl.cli import run as run_command
from syncctl.connectors.patience import Patience
from tests.builders import World
from tests.crash.oracle import State
from tests.fakes.wire import Request, Server, names

PAGE = 5
SILENCE = 0.25  # seconds; after so long the site is taken to be silent
DEADLINE = 0.6
LATER = timedelta(hours=25)
SOUND = "as without"
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron-Canary",
    "address_1": "12 Canary Lane",
    "city": "Canaryville",
    "postcode": "LS1 4AP",
    "country": "GB",
    "email": "ada.canary@example.com",
    "phone": "+447700900123",
}
GUEST = {"first_name": "Greta", "last_name": "Guest-Canary", "email": "greta.canary@example.com", "country": "GB"}
MOVED_TO = "9 Canary Street"
PERSONAL = {*ADDRESS.values(), *GUEST.values(), MOVED_TO, "carl.canary@example.com", "+447700900999"} - {
    *("Ada", "Greta", "GB")  # too short: other words have them in them
}
SECTIONS: dict[str, Any] = {
    "orders": {"reread_open": "0s"},
    "customers": {"trigger": "any", "upload": "linked", "country": "GB"},
    "safety": {"settle": "0s"},
}
Codes = Collection[object]
Asked = tuple[str, str]
Answered = tuple[str, str]
"""A channel, and the state of a consent."""


class Ended(NamedTuple):
    """How the command ended, and all that it printed."""

    code: int
    text: str


class Level(NamedTuple):
    """A level that the site came to show. `number`: of the site's last event then; `ours`: it came over the API."""

    number: int
    quantity: Any
    ours: bool


class Passing:
    """Seconds that pass as they do, and at once where somebody waits. `waits`: what every run waited in all."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.waits: list[Patience] = []

    def now(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.skipped += seconds

    def patience(self, *given: Any, **options: Any) -> Patience:
        self.waits.append(Patience(*given, **options, clock=self.now, sleeper=self.sleep))
        return self.waits[-1]


class Shares(NamedTuple):
    """The normal run takes every so-manieth cell of a kind, and so many of what is drawn at random."""

    cells: int
    cells_on: int
    races: int
    pairs: int
    storms: int
    kills: int


class WireWorld(World):
    """The world of cycles over a site, run as a command, at a time of its own.

    `hurry`: how far all clocks are ahead. `site`: the state behind `server`; `hands`: its people. The abstract methods
    are what differs between the platforms.
    """

    hurry = timedelta(0)
    passing: ClassVar[Passing]
    server: Server
    site: Any
    hands: Any
    happenings: ClassVar[Mapping[str, Callable[[Any], object]]]
    compares: ClassVar[bool] = False  # a level is written only where it is still what it was read as
    least_requests: ClassVar[int] = 20  # of the busy cycle
    shares: ClassVar[Shares]

    def now(self) -> datetime:
        return self.exactly().replace(microsecond=0)

    def exactly(self) -> datetime:
        """By the clock of the site, whose points come back by fractions of a second."""
        return datetime.now(UTC) + self.ahead

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of the machine's: what was skipped instead of waited for is past, too."""
        return self.hurry + timedelta(seconds=self.passing.skipped)

    def command(self, *arguments: str) -> Ended:
        """`syncctl -vv sync-all`, or another command; what it asks the site is in `server.log` afterwards."""
        self.server.log.clear()
        self.site.clock = self.exactly
        with names(self.server), pytest.MonkeyPatch.context() as to:
            to.setattr(times, "now", self.now)
            return commanded(self, arguments)

    def asked_for(self) -> list[Asked]:
        """What the last run asked the site, by name."""
        return [self.named(one) for one in self.server.log]

    # --- the scene ---

    @staticmethod
    def hurried(patch: pytest.MonkeyPatch, passing: Passing) -> None:
        """Small pages and short silences of the connector, and the clock of what it waits for."""
        raise NotImplementedError

    @abstractmethod
    def set_scene(self) -> None:
        """Both sides in step; then the busy day."""

    @abstractmethod
    def frozen(self) -> Any:
        """The site at rest."""

    @abstractmethod
    def thaw(self, frozen: Any) -> None:
        """Begin from this site again."""

    # --- what is asked, and how it may end ---

    @abstractmethod
    def named(self, request: Request) -> Asked:
        """What this request is: how it asks (GET, POST …; read, write …), and what it asks."""

    @abstractmethod
    def writes(self, asked: Asked) -> bool:
        """Whether it changes the site."""

    @abstractmethod
    def begins_walk(self, request: Request) -> bool:
        """Whether the orders that changed are read from here on."""

    @abstractmethod
    def reads_levels(self, request: Request) -> bool:
        """Whether the levels are read that are written next."""

    @abstractmethod
    def codes_of(self, kind: str, asked: Asked) -> Codes:
        """How the command may end after this fault at this request."""

    @abstractmethod
    def codes_of_all(self, kind: str, *, late: bool) -> Codes:
        """How it may end where every request meets this fault from some request on. `late`: from the last ones."""

    def believed_for(self, kind: str, asked: Asked, *, on: bool) -> timedelta:
        """How long this worthless answer is believed, since nothing tells it from a true one."""
        return timedelta(0)

    # --- what is secret ---

    @abstractmethod
    def secrets(self) -> Collection[str]:
        """The credentials of the store, those included that the site has given out so far."""

    def may_keep(self, path: Path) -> bool:
        """Whether this file may have a secret in it."""
        return path == self.config

    # --- what the site holds ---

    @abstractmethod
    def held(self) -> State:
        """What the site holds, in a form that does not depend on the way there."""

    @abstractmethod
    def events(self) -> int:
        """The number of the site's last event."""

    @abstractmethod
    def violations(self) -> list[str]:
        """What no client of the real site should ever do."""

    def said(self, email: str) -> Collection[Answered]:
        """What somebody ever answered about marketing, on either side."""
        return ()

    @abstractmethod
    def order_ids(self) -> Collection[str]:
        """The site's own ids of its orders, without what is no part of those."""

    @abstractmethod
    def tracking_numbers(self) -> Mapping[str, list[str]]:
        """Of each order, the tracking numbers that the site shows; one that stands there twice comes twice."""

    @abstractmethod
    def goods(self) -> Mapping[str, str]:
        """Everything that the site keeps stock of: its id there, and its SKU."""

    @abstractmethod
    def levels_of(self, goods_id: str) -> list[Level]:
        """Every level that it ever showed."""

    @abstractmethod
    def ordered(self, sku: str) -> Iterator[tuple[str, str, int, int]]:
        """Order, line, units ordered and units of those given back, of every line of this SKU that stands."""


@contextmanager
def hurried(passing: Passing, *kinds: type[WireWorld]) -> Iterator[None]:
    """Small pages, short silences, and no waiting, but by this clock. Only for so long: others do wait."""
    WireWorld.passing = passing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncctl.cycle, "Patience", passing.patience)
        for kind in kinds:
            kind.hurried(patch, passing)
        yield


@contextmanager
def logged(to: io.StringIO) -> Iterator[None]:
    """Whatever anybody logs is looked at too, as if a person had asked for all of it."""
    handler, root = logging.StreamHandler(to), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def commanded(world: World, arguments: Sequence[str]) -> Ended:
    """`syncctl -vv sync-all`, or another command, in this process: how it ended, and all that it printed or logged."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), logged(printed), pytest.MonkeyPatch.context() as to:
        to.setattr(syncctl.config, "load_config", lambda _path, _environ: world.settings)
        try:
            run_command(["--config", str(world.config), "-vv", *(arguments or ("sync-all",))])
        except SystemExit as ending:
            return Ended(int(ending.code or 0), printed.getvalue())


class Scene:
    """The busy day at rest: a folder and a site; `fresh` begins from the very same bytes, one world at a time."""

    def __init__(self, kind: type[WireWorld], folder: Path, **sections: Any) -> None:
        self.world = kind(folder / "scene", **{**SECTIONS, **sections})
        self.world.passing.skipped = 0.0
        self.world.set_scene()
        self.rest = folder / "rest"
        shutil.copytree(self.world.folder, self.rest)
        self.site = self.world.frozen()

    def close(self) -> None:
        assert self.world.server.errors == []
        assert self.world.violations() == []
        self.world.server.close()
        self.world.office.close()

    def fresh(self) -> WireWorld:
        """The world as it was, a day later."""
        world = self.world
        world.server.heal()
        world.office.close()
        shutil.rmtree(world.folder)
        shutil.copytree(self.rest, world.folder)
        world.thaw(self.site)
        world.office = type(world.office)(world.folder / "books.db", demo=False)
        world.change()
        world.hurry, world.passing.skipped = LATER, 0.0
        return world
