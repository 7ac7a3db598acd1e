"""What reaches the terminal, a pipe, or cron's mail."""

import json
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl import render
from syncctl.errors import ConfigError
from syncctl.model import PlannedWrite, Report, StepReport

HOSTILE = "\x1b]52;c;aGk=\x07[/foo] [red]x[/red]\x00\u202egnp.exe\u2066\n\r\tend\u200b\ud800\x9b31m :smile:"

texts = st.text(
    st.one_of(st.characters(), st.sampled_from(list(HOSTILE)), st.characters(categories=("Cc", "Cf", "Cs", "Zl")))
)


class Terminal(StringIO):
    """A stream that says a person looks at it."""

    def isatty(self) -> bool:
        return True


def harmless(text: str, *, but: str = "\n") -> bool:
    """No character that steers a terminal, hides itself, or turns the reading direction."""
    return all(
        character in but or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        for character in text
    )


@given(texts)
def test_no_text_keeps_a_character_that_steers_or_hides(text: str) -> None:
    assert harmless(render.safe(text), but="")


@given(texts)
def test_making_a_text_safe_again_changes_nothing(text: str) -> None:
    assert render.safe(render.safe(text)) == render.safe(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S")) | st.just(" ")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert render.safe(text) == text


def test_what_is_hidden_is_shown_as_escapes_and_lines_are_folded() -> None:
    assert render.safe(HOSTILE) == (
        r"\x1b]52;c;aGk=\x07[/foo] [red]x[/red]\x00\u202egnp.exe\u2066   end\u200b" "\ufffd" r"\x9b31m :smile:"
    )


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_a_table_for_a_pipe_has_one_line_per_row_at_full_width(rows: list[tuple[str, str]]) -> None:
    stream = StringIO()
    render.show_table(stream, ("one", "two"), rows)
    lines = stream.getvalue().split("\n")
    assert lines == ["one\ttwo", *("\t".join(map(render.safe, row)) for row in rows), ""]


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=3))
def test_a_table_for_a_terminal_carries_nothing_that_steers_it(rows: list[tuple[str, str]]) -> None:
    stream = Terminal()
    render.show_table(stream, ("one", "two"), rows)
    assert harmless(stream.getvalue())


@given(texts)
def test_a_coloured_line_has_no_control_sequence_but_the_colour(text: str) -> None:
    stream = Terminal()
    render.show_line(stream, text, colour="red")
    assert harmless(stream.getvalue().replace("\x1b[31m", "").replace("\x1b[0m", ""))


def test_square_brackets_stay_literally() -> None:
    stream = Terminal()
    render.show_line(stream, "[/foo] [bold]x[/bold] :smile:", colour="red")
    render.show_table(stream, ["[/foo]"], [["[link=http://x]y[/link]"]])
    assert "[/foo] [bold]x[/bold] :smile:" in stream.getvalue()
    assert "[link=http://x]y[/link]" in stream.getvalue()


@given(texts)
def test_json_is_ascii_and_gives_the_very_text_back(text: str) -> None:
    stream = StringIO()
    render.show_json(stream, {"text": text})
    shown = stream.getvalue()
    assert shown.isascii() and harmless(shown)
    assert json.loads(shown) == {"schema_version": 1, "text": text}


def test_a_long_line_is_neither_wrapped_nor_cut() -> None:
    stream = StringIO()
    render.show_table(stream, ["name"], [["x" * 500]])
    render.show_line(stream, "y" * 500)
    assert stream.getvalue() == f"name\n{'x' * 500}\n{'y' * 500}\n"


def test_colour_is_for_terminals_unless_asked_otherwise() -> None:
    terminal, pipe = Terminal(), StringIO()
    assert render.wants_colour("auto", terminal, {"TERM": "xterm"})
    assert not render.wants_colour("auto", pipe, {"TERM": "xterm"})
    assert not render.wants_colour("auto", terminal, {"TERM": "dumb"})
    assert not render.wants_colour("auto", terminal, {"NO_COLOR": "1", "TERM": "xterm"})
    assert render.wants_colour("always", pipe, {"NO_COLOR": "1"})
    assert not render.wants_colour("never", terminal, {"TERM": "xterm"})


def test_progress_is_only_shown_where_it_was_asked_for_or_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal, pipe, talkative = Terminal(), StringIO(), StringIO()
    for stream, verbosity in ((terminal, 0), (pipe, 0), (talkative, 1)):
        progress = render.terminal_progress(stream, verbosity=verbosity)
        progress("shop: 20 orders\x1b[2J")
        progress.clear()
    assert terminal.getvalue() == "\r\x1b[Kshop: 20 orders\\x1b[2J\r\x1b[K"
    assert pipe.getvalue() == ""
    assert talkative.getvalue() == "shop: 20 orders\\x1b[2J\n"


def test_progress_never_disturbs_the_run() -> None:
    closed = Terminal()
    closed.close()
    progress = render.Progress(closed, terminal=True, always=True)
    progress("text")
    progress.clear()


def a_report(*, new_holds: int = 0) -> Report:
    return Report(
        run_id=7,
        command="sync-all",
        exit_code=3,
        steps=(
            StepReport(step="pull-orders", party="shop", state="done", counts={"new": 1200, "changed": 3, "same": 0}),
            StepReport(step="push-orders", party="back-office", state="failed", reason="it is down", hint="Wait."),
            StepReport(step="pull-data", party="back-office", state="done"),
        ),
        new_holds=new_holds,
        planned=(PlannedWrite(party="shop", operation="push_levels", record="MUG\x1b", detail="5 -> 4"),),
        notes=("The hub was restored.",),
    )


def test_a_report_has_one_line_per_part_and_the_next_command_after_what_failed() -> None:
    stream = StringIO()
    render.show_report(stream, a_report(new_holds=2))
    assert stream.getvalue().splitlines() == [
        "pull-orders  shop         done    1,200 new, 3 changed",
        "push-orders  back-office  failed  it is down",
        "  Next: Wait.",
        "pull-data    back-office  done    nothing new",
        "The hub was restored.",
        "2 records are newly on hold. Next: syncctl holds list",
    ]


def test_a_quiet_report_says_only_what_needs_a_person() -> None:
    stream = StringIO()
    render.show_report(stream, a_report(new_holds=1), quiet=True)
    assert stream.getvalue().splitlines() == [
        "push-orders  back-office  failed  it is down",
        "  Next: Wait.",
        "1 record is newly on hold. Next: syncctl holds list",
    ]


def test_a_quiet_report_of_a_success_is_empty() -> None:
    stream = StringIO()
    done = StepReport(step="pull-orders", party="shop", state="done", counts={"new": 1})
    render.show_report(stream, Report(run_id=1, command="pull-orders", exit_code=0, steps=(done,)), quiet=True)
    assert stream.getvalue() == ""


def test_the_plan_is_a_table_of_the_writes() -> None:
    stream = StringIO()
    render.show_plan(stream, a_report())
    assert stream.getvalue() == "party\toperation\trecord\tdetail\nshop\tpush_levels\tMUG\\x1b\t5 -> 4\n"


def test_a_report_as_json_has_every_field() -> None:
    stream = StringIO()
    render.show_json(stream, render.report_object(a_report()))
    shown = json.loads(stream.getvalue())
    assert shown["steps"][0]["counts"] == {"new": 1200, "changed": 3, "same": 0}
    assert shown["planned"] == [{"party": "shop", "operation": "push_levels", "record": "MUG\x1b", "detail": "5 -> 4"}]
    assert (shown["run_id"], shown["exit_code"], shown["new_holds"]) == (7, 3, 0)


def test_an_error_lists_all_its_problems_and_then_what_to_do() -> None:
    stream = StringIO()
    render.show_error(stream, ConfigError("two things", problems=("line 1: a", "line 2: \x1bb"), hint="Edit it."))
    assert stream.getvalue() == "Error: two things\n  line 1: a\n  line 2: \\x1bb\nNext: Edit it.\n"


def test_a_closed_stream_is_written_nothing() -> None:
    render.show_line(None, "x")
    render.show_table(None, ["a"], [["b"]])
    render.show_json(None, {})
    assert not render.is_terminal(None)
