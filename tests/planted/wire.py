"""Bugs of the transport."""

from tests.planted.bug import Bug

ANSWERS = "tests/transport/test_answers.py"
HOSTILE = "tests/transport/test_hostile.py"
LIMITS = "tests/transport/test_limits.py"
ORIGIN = "tests/transport/test_origin.py"
PATIENCE = "tests/transport/test_patience.py"
REDACTION = "tests/transport/test_redaction.py"
STRICT = "tests/connectors/test_strict_json.py"

BUGS = (
    Bug(
        name="lost-write-sent-again",
        why="a write whose reply was lost is made a second time",
        old="again = (call.again or not self._line.sent) and",
        new="again = True and",
        tests=(f"{ANSWERS}::test_any_other_write_is_made_once_and_its_outcome_is_unknown",),
    ),
    Bug(
        name="failed-write-sent-again",
        why="a write that a server answered with 502 may have been done, and is made a second time",
        old="or not (call.again or status == 429):",
        new="or False:",
        tests=(f"{ANSWERS}::test_any_other_write_is_made_once_and_its_outcome_is_unknown",),
    ),
    Bug(
        name="key-twice",
        why="of an amount that stands twice in an answer, the last is taken",
        old="    if len(row) != len(pairs):",
        new="    if len(row) > len(pairs):",
        tests=(f"{STRICT}::test_what_is_no_list_of_objects_is_refused",),
    ),
    Bug(
        name="nan-taken",
        why="an answer with NaN in it is taken for data",
        old="_STRICT = _Reader(_refused)",
        new="_STRICT = _Reader(_text)",
        tests=(f"{STRICT}::test_what_is_no_list_of_objects_is_refused",),
    ),
    Bug(
        name="addresses-are-shown-whole",
        why="tokens, addresses with their queries and e-mail addresses stand in cron's mail",
        old="text = pattern.sub(instead, text)",
        new="pattern.sub(instead, text)",
        tests=(f"{REDACTION}::test_what_a_name_or_its_form_gives_away_is_masked",),
    ),
    Bug(
        name="asked-too-soon",
        why="a host that asks us to wait is asked at once, five times",
        old="self.budget.hold(asked)",
        new="self.budget.hold(0)",
        tests=(f"{PATIENCE}::test_a_host_is_waited_for_as_long_as_it_asks",),
    ),
    Bug(
        name="no-cap",
        why="an answer may fill the memory",
        old="if max(size, taken) > wire.max_bytes:",
        new="if size < 0:",
        tests=(f"{LIMITS}::test_a_bomb_that_is_packed_less_is_cut_at_the_cap",),
    ),
    Bug(
        name="answer-of-another",
        why="after an interim answer, each request gets the answer of the one before",
        old="if status // 100 not in (2, 4) or status in (204, 205):",
        new="if status == 0:",
        tests=(f"{HOSTILE}::test_an_answer_is_never_taken_for_that_of_another_request",),
    ),
    Bug(
        name="next-page-anywhere",
        why="the credentials go to whatever host an answer names",
        old="self.origin_of(parts) != self.origin or not path.startswith(prefix)",
        new="not path.startswith(prefix)",
        tests=(f"{ORIGIN}::test_a_next_page_is_asked_for_below_the_base_alone",),
    ),
)
