"""Writing in groups, several to a request, until each record has its outcome.

Shopify answers for a group as a whole, and often refuses all of it for one bad row. So what a group's answer says is
judged, and what is left of it is sent again, in other groups.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from syncctl.connectors.shopify.answers import Answer, TooDear
from syncctl.errors import BatchRefused

Payload = dict[str, Any] | str | BatchRefused | TooDear
"""What a group's field was answered with; a sentence where an error spoilt it, so that nobody knows what was done;
BatchRefused where nothing was."""

Group = TypeVar("Group")

MOST_FIELDS = 40
_MOST_REQUESTS = 30


def payloads(answer: Answer, count: int) -> list[Payload]:
    """What the fields a0, a1 … of a document were answered with."""
    names = [f"a{number}" for number in range(count)]
    nothing = {name: "Shopify answered nothing" for name in names if answer.data[name] is None}
    spoilt = nothing | {one.key: one.message for one in answer.spoilt}
    return [spoilt[name] if name in spoilt else answer.data[name] for name in names]


def write(
    groups: Iterable[Group],
    send: Callable[[Sequence[Group]], list[Payload]],
    judge: Callable[[Group, Payload], Iterable[Group]],
) -> list[Group]:
    """Send these groups, and whatever `judge` makes of what is left of each, till nothing is; returns what is left
    after so many requests. Errors: those of `send`, but for BatchRefused and TooDear: then it is asked for less."""
    waiting = deque(groups)
    for _ in range(_MOST_REQUESTS):
        if not waiting:
            break
        batch = [waiting.popleft() for _ in range(min(MOST_FIELDS, len(waiting)))]
        for group, payload in zip(batch, send_halving(batch, send), strict=True):
            waiting.extend(judge(group, payload))
    return list(waiting)


def send_halving(groups: Sequence[Group], send: Callable[[Sequence[Group]], list[Payload]]) -> list[Payload]:
    """The payload of each; a document that was refused is halved until the bad group stands alone in it."""
    try:
        return send(groups)
    except (BatchRefused, TooDear) as error:
        if len(groups) == 1:
            return [error]
        middle = len(groups) // 2
        return send_halving(groups[:middle], send) + send_halving(groups[middle:], send)
