"""Sides that say in the body what others say by the status, and that are asked in the way of a write."""

import pytest

from syncctl.connectors.http import Again, Reply, Terms
from syncctl.errors import DataError, Throttled, Unreachable
from tests.fakes.wire import Answer, Request, Server, reply
from tests.transport.kit import Clock, ask

SLOW_DOWN = {"error": "THROTTLED"}


class Saying(Server):
    """Answers with these bodies, the last of them for ever."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.answers = list(answers)

    def handle(self, _request: Request) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def again(reply: Reply) -> None:
    if "error" in reply.body:
        raise Again(Throttled("asked to wait"))


@pytest.mark.parametrize("status", [200, 429])
def test_what_the_judge_wants_again_is_sent_again(status: int) -> None:
    with Saying(reply(SLOW_DOWN, status), reply({"data": 1})) as server:
        assert ask(server).send("POST", "graphql", {}, terms=Terms(judge=again)).body == {"data": 1}
        assert server.count == 2


def test_what_the_judge_wants_again_for_ever_ends_with_its_error() -> None:
    with Saying(reply(SLOW_DOWN)) as server:
        with pytest.raises(Throttled, match="asked to wait"):
            ask(server).send("POST", "graphql", {}, terms=Terms(judge=again))
        assert server.count == 5


def test_what_the_judge_refuses_in_a_row_is_asked_for_no_more_in_this_run() -> None:
    def refuses(_reply: Reply) -> None:
        raise Unreachable("internal error")

    with Saying(reply({})) as server:
        http = ask(server)
        for _ in range(5):
            with pytest.raises(Unreachable, match="internal error"):
                http.send("POST", "graphql", {}, terms=Terms(judge=refuses))
        with pytest.raises(Unreachable, match="not asked any more"):
            http.send("POST", "graphql", {}, terms=Terms(judge=refuses))
        assert server.count == 5


def test_a_judge_makes_the_budget_wait() -> None:
    clock = Clock()
    with Saying(reply(SLOW_DOWN), reply({"data": 1})) as server:
        http = ask(server, clock)

        def waits(reply: Reply) -> None:
            if "error" in reply.body:
                http.budget.hold(7)
                raise Again(Throttled("asked to wait"), told=True)

        http.send("POST", "graphql", {}, terms=Terms(judge=waits))
    assert sum(clock.slept) == pytest.approx(7)


def test_each_try_waits_as_long_as_there_is_to_wait_when_its_turn_comes() -> None:
    clock, free_at = Clock(), 1009.0

    def turned_away(reply: Reply) -> None:
        nonlocal free_at
        if "error" in reply.body:
            free_at = clock.now + 30
            raise Again(Throttled("asked to wait"), told=True)

    terms = Terms("the orders", lambda: max(0.0, free_at - clock.now), turned_away)
    with Saying(reply(SLOW_DOWN), reply({"data": 1})) as server:
        ask(server, clock).send("POST", "graphql", {}, terms=terms)
        assert server.count == 2
    assert sum(clock.slept) == pytest.approx(9 + 30)


def test_a_429_that_says_nothing_is_one_like_any_other() -> None:
    with Saying(Answer(b"<html>", 429), reply({"data": 1})) as server:
        assert ask(server).send("POST", "graphql", {}, terms=Terms(judge=again)).body == {"data": 1}


def test_what_the_judge_names_keeps_its_name() -> None:
    class TooDear(DataError):
        pass

    def refuses(_reply: Reply) -> None:
        raise TooDear("too dear")

    with Saying(reply({})) as server, pytest.raises(TooDear, match=r"^too dear$"):
        ask(server).send("POST", "graphql", {}, terms=Terms(judge=refuses))


@pytest.mark.parametrize("kind", ["reset", "timeout_after", "500", "short_body"])
def test_a_question_in_the_way_of_a_write_is_asked_again(kind: str) -> None:
    with Saying(reply({"data": 1})) as server:
        server.fail(kind)
        assert ask(server).send("POST", "graphql", {}, reads=True).body == {"data": 1}
        assert server.count == 2


def test_what_only_reads_has_no_outcome_to_be_unsure_of() -> None:
    with Saying(Answer(b"<html>")) as server, pytest.raises(DataError) as refused:
        ask(server).send("POST", "graphql", {}, reads=True, terms=Terms("the orders"))
    assert str(refused.value).startswith("shop: the orders was answered with a web page")
    assert "outcome" not in str(refused.value)
    with Saying(reply({}, 500)) as server, pytest.raises(Unreachable) as failed:
        ask(server).send("POST", "graphql", {}, reads=True, terms=Terms("the orders"))
    assert str(failed.value) == "shop: the orders was answered with HTTP 500"
