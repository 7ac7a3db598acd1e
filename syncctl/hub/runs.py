"""Runs and their steps; what a run finds out about the hub when it begins."""

import json
from dataclasses import dataclass

from syncctl import times
from syncctl.hub.family import Family
from syncctl.hub.files import Sidecar
from syncctl.hub.sync import ABOUT, CUSTOMERS_MATCHED
from syncctl.model import StepReport


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a run begins. `restored`: the hub is an older copy; `unclean`: the last run did not come to its end."""

    run_id: int
    restored: bool
    unclean: bool


class Runs(Family):
    """Tables `run` and `run_step`."""

    current: int = 0

    def looks_unclean(self) -> bool:
        """Whether the last run, if any, did not come to its end."""
        row = self.connection.execute("SELECT ended_at FROM run ORDER BY id DESC LIMIT 1").fetchone()
        return row is not None and row[0] is None

    def begin(self, command: str) -> Beginning:
        """Open the run's row. A restored hub forgets what it believed to be shown, and that all customers were matched,
        and goes on past its sidecar."""
        last_run, last_journal = self._marks()
        # No sidecar beside a hub that has runs: the file came here alone, from who knows when.
        sidecar = self.hub.sidecar or Sidecar(last_run + (last_run > 0), last_journal, times.to_text(times.now()))
        restored = last_run < sidecar.run or last_journal < sidecar.journal
        unclean = self.looks_unclean()
        with self.hub.transaction() as connection:
            if restored:
                self._forget_what_is_shown(max(last_journal, sidecar.journal), sidecar.at)
            self.current = max(last_run, sidecar.run) + 1
            connection.execute(
                "INSERT INTO run (id, command, started_at) VALUES (?, ?, ?)",
                [self.current, command, times.to_text(times.now())],
            )
        self.mark()
        return Beginning(self.current, restored, unclean)

    def mark(self) -> None:
        """Write the sidecar: a hub that has fewer runs or journal rows than it says is an older copy."""
        _, journal = self._marks()
        Sidecar(self.current, journal, times.to_text(times.now())).write(self.hub.path)

    def record_step(self, step: StepReport) -> None:
        """Record one party's part of a step."""
        with self.hub.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO run_step VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    self.current,
                    step.step,
                    step.party,
                    step.state,
                    step.reason,
                    json.dumps(dict(step.counts), sort_keys=True),
                    times.to_text(times.now()),
                ],
            )

    def last_state(self, step: str) -> str | None:
        """How this step ended when it was last run, None if it never was."""
        row = self.connection.execute(
            "SELECT state FROM run_step WHERE step = ? AND state <> 'not run' ORDER BY run_id DESC LIMIT 1", [step]
        ).fetchone()
        return None if row is None else str(row[0])

    def end(self, exit_code: int, message: str) -> None:
        """Close the run's row: the mark of a clean end."""
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE run SET ended_at = ?, exit_code = ?, message = ? WHERE id = ?",
                [times.to_text(times.now()), exit_code, message, self.current],
            )

    def _marks(self) -> tuple[int, int]:
        run = self.connection.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()[0]
        journal = self.connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'")
        return int(run), int(journal.fetchone()[0])

    def _forget_what_is_shown(self, last_journal: int, active_until: str) -> None:
        connection = self.connection
        connection.execute("UPDATE shown SET quantity = NULL, agreed = NULL, moved = 0")
        connection.execute("UPDATE listing SET price = NULL")
        connection.execute("DELETE FROM cursor WHERE stream IN ('listings', 'verify')")
        connection.execute("DELETE FROM state WHERE key = ?", [CUSTOMERS_MATCHED])  # some may have been made since
        connection.execute("DELETE FROM state WHERE substr(key, 1, ?) = ?", [len(ABOUT), ABOUT])
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'journal'")
        connection.execute("INSERT INTO sqlite_sequence VALUES ('journal', ?)", [last_journal])
        self.hub.set_state("restored_at", times.to_text(times.now()))
        self.hub.set_state("active_until", active_until)
