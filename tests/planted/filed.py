"""Bugs around the run: the hub's file, the lock, the dry run, the safety stops, what is told."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="synchronous-normal",
        why="after a power cut the hub has forgotten what was sent",
        old='"PRAGMA synchronous = FULL",',
        new='"PRAGMA synchronous = NORMAL",',
        tests=("tests/test_hub_files.py::test_the_connection_is_as_safe_as_it_can_be",),
    ),
    Bug(
        name="lock-removed",
        why="two runs at once book everything twice",
        old="        lock.acquire()\n",
        new="",
        tests=("tests/test_cycle.py::test_a_second_run_fails_or_passes_over_or_waits",),
    ),
    Bug(
        name="dry-run-that-sends",
        why="who only asked for a plan gets new prices in the shop",
        old='            self._plan("price.set", f"listing {change.listing_id}", f"{change.price} {change.currency}")\n'
        "        return [Queued(key=change.key) for change in changes]",
        new='            self._plan("price.set", f"listing {change.listing_id}", f"{change.price} {change.currency}")\n'
        "        return self._store.push_prices(changes)",
        tests=("tests/test_dry_run.py::test_the_next_run_sends_what_was_planned",),
    ),
    Bug(
        name="other-company-not-noticed",
        why="a wrong address in the settings books all orders in another company's books",
        old="if row[0] != about.identity:",
        new="if not about.identity:",
        tests=("tests/test_pull_data.py::test_a_back_office_that_is_another_one_stops_everything_about_it",),
    ),
    Bug(
        name="half-the-stock-gone-is-believed",
        why="an export that broke off takes half of the goods off sale",
        old="    _stop_if_strange(run)\n",
        new="",
        tests=("tests/test_pull_data.py::test_a_reading_that_shrinks_strangely_is_set_aside",),
    ),
    Bug(
        name="redaction-off",
        why="a crash file has customers' addresses and secrets in it",
        old='        yield f"{type(current).__module__}.{type(current).__qualname__}"\n',
        new='        yield f"{type(current).__module__}.{type(current).__qualname__}: {current}"\n',
        tests=("tests/test_cli.py::test_a_bug_leaves_a_crash_file_without_any_value",),
    ),
    Bug(
        name="secrets-in-errors",
        why="a password in the wrong place of the configuration stands in the mail from cron",
        old="if text is None or any(_holds_secret(kind) for kind in values.kinds.get(keys, ())):",
        new="if text is None:",
        tests=("tests/test_config_secrets.py::test_no_error_repeats_a_secret_however_it_was_miswritten",),
    ),
    Bug(
        name="not-a-number-is-an-amount",
        why="NaN in one line makes every total of the day NaN",
        old="    match = _AMOUNT.match(text) if isinstance(text, str) else None\n    if match is None:\n",
        new="    match = _AMOUNT.match(text.lower().replace('nan', '0')) if isinstance(text, str) else None\n"
        "    if match is None:\n",
        tests=("tests/test_money.py::test_what_is_no_plain_decimal_is_no_amount",),
    ),
    Bug(
        name="backups-pile-up",
        why="the disk is full after a month",
        old="    for old in list_backups(hub_path)[keep:]:\n",
        new="    for old in list_backups(hub_path)[keep + 100 :]:\n",
        tests=("tests/test_backup.py::test_only_the_youngest_are_kept",),
    ),
)
