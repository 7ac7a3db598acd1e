"""The next page is fetched while the last one is being written."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Page = TypeVar("Page")
Answer = TypeVar("Answer")


class _End:
    """Stands for the end of the pages: a StopIteration cannot come out of a thread."""


def ahead(pages: Iterator[Page]) -> Generator[Page, None, None]:
    """The same pages, in the same order; while the caller is busy with one, a thread fetches the next, and no more.

    What goes wrong with a page is raised when its turn comes. If the caller wants no more, the page that is under way
    is waited for, and nothing is left running.
    """
    end = _End()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
    try:
        page: Page | _End = next(pages, end)
        while not isinstance(page, _End):
            coming = thread.submit(next, pages, end)
            yield page
            page = coming.result()
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
        if isinstance(pages, Generator):
            pages.close()


@contextmanager
def foreseeing(
    ask: Callable[[int], Answer], following: Callable[[int, Answer], int | None]
) -> Iterator[Callable[[int], Answer]]:
    """`ask`, of which the next answer is on its way while the last one is being read: that takes its time too.

    `following` says where the next page will be asked for, of what was asked for and the answer as it came; None: there
    is none. Where that was wrong once, nothing is asked for ahead any more. Errors: those of `ask`, when their turn
    comes; those of an answer that nobody wants are dropped. At the end nothing is left running.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
    coming: dict[int, Future[Answer]] = {}
    wrong = False

    def asked(start: int) -> Answer:
        nonlocal wrong
        found = coming.pop(start, None)
        if coming:
            wrong = True
            coming.clear()  # by the time it may be wanted after all, it will be old
        answer = found.result() if found else ask(start)
        after = None if wrong else following(start, answer)
        if after is not None:
            coming[after] = thread.submit(ask, after)
        return answer

    try:
        yield asked
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
