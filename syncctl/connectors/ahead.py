"""The next page is fetched while the last one is being written."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Page = TypeVar("Page")


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
