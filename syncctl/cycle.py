"""A run: the lock, the run's record, the order of the steps, and what a failure stops."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from syncctl import times
from syncctl.backup import make_backup
from syncctl.connectors import check_locations, open_back_office, open_store
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.checked import CheckedBackOffice, CheckedStore
from syncctl.connectors.dryrun import DryBackOffice, DryStore
from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens
from syncctl.errors import Busy, ConfigError, CursorLost, HubError, Stopped, SyncctlError
from syncctl.hub import Hub
from syncctl.hub.damage import damage_told
from syncctl.lock import hold_lock
from syncctl.model import PlannedWrite, Report, StepReport
from syncctl.running import copy_of, fewer_collections, signals
from syncctl.settings import Settings
from syncctl.steps.confirm import confirm
from syncctl.steps.pull_customers import wants_web
from syncctl.steps.pull_data import pull_data
from syncctl.steps.pull_orders import pull_orders
from syncctl.steps.push_customers import goes_to
from syncctl.steps.push_data import push_data
from syncctl.steps.push_orders import push_orders
from syncctl.steps.run import BACK_OFFICE, Counts, Run

Result = TypeVar("Result")

STEPS = ("pull-orders", "push-orders", "pull-data", "push-data")
CUSTOMERS = "customers"
"""What a report calls the customers' part of a step, where that alone has failed."""
_DAILY = timedelta(days=1)
_SEVERITY = (7, 5, 4, 3, 2)  # of several failures, the first of these is the run's exit code


def run_cycle(
    settings: Settings,
    *,
    command: str,
    steps: Sequence[str],
    stores: Sequence[str] = (),
    dry_run: bool = False,
    if_busy: str = "fail",
    allow_shrink: int | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> Report:
    """Run some of the four steps, in their order, over the hub. `stores` empty: all of them.

    Errors: Busy, HubError and ConfigError, which prevent a run; all else is in the report and its exit code.
    """
    unknown = sorted(set(stores) - set(settings.stores))
    if unknown:
        raise ConfigError(f"no store {unknown[0]!r}", hint=f"One of: {', '.join(settings.stores)}.")
    options = {"only": tuple(stores), "allow_shrink": allow_shrink, "progress": progress}
    try:
        with _opened(settings, if_busy=if_busy, dry_run=dry_run, **options) as (run, planned):
            return _Cycle(run, command, tuple(step for step in STEPS if step in steps), planned).go()
    except Busy:
        if if_busy == "skip":
            return Report(run_id=0, command=command, exit_code=0, steps=(), notes=("another run is active: skipped",))
        raise


def run_one(
    settings: Settings,
    *,
    command: str,
    work: Callable[[Run], Result],
    parties: Sequence[str] = (),
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda _text: None,
) -> Result:
    """Do one thing that a person asked for, under the lock and in a run of its own; returns what `work` does.

    `parties` are those that it speaks to: each must still be who it was. Errors: what a run raises and what `work`
    does; the run ends with their exit code.
    """
    with _opened(settings, if_busy="fail", dry_run=dry_run, progress=progress) as (run, _):
        run.hub.runs.begin(command)
        _heed_settings(run)
        try:
            for party in parties:
                side = run.back_office if party == BACK_OFFICE else run.stores[party]
                confirm(run, party, side)
            result = work(run)
        except Stopped as stop:
            run.hub.runs.end(128 + stop.signal_number, "stopped by a signal")
            raise
        except SyncctlError as error:
            if not isinstance(error, HubError):
                run.hub.runs.end(error.exit_code, str(error)[:1000])
            raise
        run.hub.runs.end(int(run.hub.holds.added() > 0), "")
        return result


def _heed_settings(run: Run) -> None:
    """Before anybody is looked up: by what customers compare may be set otherwise than in the last run."""
    if run.settings.customers.enabled:
        run.hub.matching.rekey(run.settings.customers)


@contextmanager
def _opened(
    settings: Settings, *, if_busy: str, dry_run: bool, **options: Any
) -> Iterator[tuple[Run, list[PlannedWrite]]]:
    """All that a run needs: the lock, the hub (of a dry run: a copy), both sides; and the writes a dry run plans."""
    with ExitStack() as stack:
        stack.enter_context(hold_lock(settings.hub.path, if_busy))
        checkpoint = stack.enter_context(signals())
        stack.enter_context(fewer_collections())
        stack.enter_context(damage_told(settings.hub.path))
        path = stack.enter_context(copy_of(settings.hub.path)) if dry_run else settings.hub.path
        hub = _open_hub(path, settings, daily=not dry_run)
        stack.callback(hub.close)
        patience = Patience(settings.safety.max_wait.total_seconds(), say=options["progress"], checkpoint=checkpoint)
        tokens = Tokens.beside(settings.hub.path)
        back_office, stores, planned = _connect(settings, patience, tokens, dry_run=dry_run)
        stack.callback(back_office.close)
        for store in stores.values():
            stack.callback(store.close)
        sides: dict[str, Any] = {"back_office": back_office, "stores": stores, "patience": patience}
        yield Run(hub=hub, settings=settings, checkpoint=checkpoint, **sides, **options), planned


@dataclass(slots=True)
class _Cycle:
    """The order of the steps, and what the failure of one part stops."""

    run: Run
    command: str
    steps: tuple[str, ...]
    planned: list[PlannedWrite]
    reports: list[StepReport] = field(default_factory=list)
    failures: list[SyncctlError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def go(self) -> Report:
        beginning = self.run.hub.runs.begin(self.command)
        _heed_settings(self.run)
        if beginning.restored:
            self.notes.append(
                "this hub is an older copy: what the stores show is read again, documents are looked up first"
            )
        try:
            for step in self.steps:
                self._step(step)
            self._customers_done()
            code = self._exit_code()
        except Stopped as stop:
            code = 128 + stop.signal_number
        self.run.hub.runs.end(code, "; ".join(str(failure) for failure in self.failures)[:1000])
        return Report(
            run_id=beginning.run_id,
            command=self.command,
            exit_code=code,
            steps=tuple(self.reports),
            new_holds=self.run.hub.holds.added(),
            planned=tuple(self.planned),
            notes=tuple(self.notes),
        )

    def _step(self, step: str) -> None:
        run = self.run
        chosen = run.only or tuple(run.settings.stores)
        orders = run.settings.orders.enabled  # customers go by themselves, too
        if step == "pull-orders":
            for name in chosen:
                if orders or wants_web(run, name):
                    self._part(step, name, partial(pull_orders, run, name))
                else:
                    self._not_run(step, name, "orders.enabled is off")
        elif step == "push-orders" and not (orders or goes_to(run, BACK_OFFICE)):
            self._not_run(step, BACK_OFFICE, "orders.enabled is off")
        elif step == "push-orders":
            self._part(step, BACK_OFFICE, partial(push_orders, run))
        elif step == "pull-data":
            if not self._part(step, BACK_OFFICE, partial(pull_data, run)):
                run.stock_ready = run.prices_ready = False
        else:
            for name in chosen:
                self._push_data(name)

    def _push_data(self, name: str) -> None:
        failed = [
            one for one in self.reports if one.step == "pull-orders" and one.party == name and one.state == "failed"
        ]
        if failed:
            self._not_run("push-data", name, f"its orders could not be read: {failed[0].reason}")
        else:
            self._part("push-data", name, partial(push_data, self.run, name))

    def _part(self, step: str, party: str, work: Callable[[], Counts]) -> bool:
        """Run one party's part of a step; a failure is recorded and stops this part alone."""
        self.run.progress(f"{step} {party}")
        self.run.failed.clear()
        tell = partial(self._tell, step, party, self.run.patience.waited)
        try:
            counts = self._done(party, work)
        except Stopped:
            tell("stopped", reason="stopped by a signal")
            raise
        except SyncctlError as error:
            if isinstance(error, HubError) or error.exit_code not in _SEVERITY:
                raise  # the end of the run, or a bug
            self.failures.append(error)
            tell("failed", reason=str(error), hint=error.hint)
            return False
        tell("done", counts=counts)
        for side, problem in self.run.failed.items():
            self.failures.append(problem)
            self._report(StepReport(step=CUSTOMERS, party=side, state="failed", reason=str(problem), hint=problem.hint))
        return True

    def _tell(
        self, step: str, party: str, waited: float, state: str, *, counts: Mapping[str, int] | None = None, **why: str
    ) -> None:
        """Report how a part ended. `waited`: what the run had waited for its sides before this part began."""
        seconds = ceil(round(self.run.patience.waited - waited, 3))
        told = {name: count for name, count in {**(counts or {}), "seconds waited": seconds}.items() if count}
        self._report(StepReport(step=step, party=party, state=state, counts=told, **why))

    def _customers_done(self) -> None:
        """The customers' parts that did not fail in any step, for `status`: it tells how long ago that was."""
        failed = {one.party for one in self.reports if one.step == CUSTOMERS}
        for party in sorted(self.run.went_well - failed):
            self.run.hub.runs.record_step(StepReport(step=CUSTOMERS, party=party, state="done"))

    def _done(self, party: str, work: Callable[[], Counts]) -> Counts:
        try:
            return work()
        except CursorLost:
            self.run.hub.cursors.forget(party)
            return work()

    def _not_run(self, step: str, party: str, reason: str) -> None:
        self._report(StepReport(step=step, party=party, state="not run", reason=reason))

    def _report(self, report: StepReport) -> None:
        self.reports.append(report)
        self.run.hub.runs.record_step(report)

    def _exit_code(self) -> int:
        codes = {failure.exit_code for failure in self.failures}
        worst = next((code for code in _SEVERITY if code in codes), 0)
        return worst or int(self.run.hub.holds.added() > 0)


def _open_hub(path: Path, settings: Settings, *, daily: bool) -> Hub:
    """Open the hub; once a day, and after a run that did not come to its end, read it whole and back it up."""
    hub = Hub.open(path)
    try:
        if daily:
            last = hub.state("checked_at")
            unclean = hub.runs.looks_unclean()
            if unclean or times.is_due(None if last is None else times.from_text(last), _DAILY):
                hub.check()
                if last is not None:
                    make_backup(path, settings.hub.keep_backups)
                hub.prune(times.now() - settings.hub.keep_payloads)
                hub.set_state("checked_at", times.to_text(times.now()))
    except BaseException:
        hub.close()
        raise
    return hub


def _connect(
    settings: Settings, patience: Patience, tokens: Tokens, *, dry_run: bool
) -> tuple[BackOffice, dict[str, WebStore], list[PlannedWrite]]:
    planned: list[PlannedWrite] = []
    back_office: BackOffice = CheckedBackOffice(open_back_office(settings.back_office, patience, tokens))
    stores: dict[str, WebStore] = {
        name: CheckedStore(open_store(name, one, patience, tokens)) for name, one in settings.stores.items()
    }
    check_locations(settings, back_office, stores)
    if dry_run:
        back_office = DryBackOffice(back_office, planned)
        stores = {name: DryStore(store, planned) for name, store in stores.items()}
    return back_office, stores, planned
