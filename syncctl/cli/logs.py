"""With -vv: a line on stderr for each request to another machine; method, path, status, size and time alone."""

import logging
from collections.abc import Callable
from functools import partial

from syncctl.cli.app import App


class _Lines(logging.Handler):
    """Shows records as any other message is shown."""

    def __init__(self, app: App) -> None:
        super().__init__(logging.DEBUG)
        self._app = app

    def emit(self, record: logging.LogRecord) -> None:
        self._app.warn(self.format(record))


def show_requests(app: App) -> Callable[[], None]:
    """From now on each request is told, until what this returns is called.

    What is secret or personal never comes this far: see `syncctl.connectors.http.redact`.
    """
    logger, lines = logging.getLogger("syncctl"), _Lines(app)
    logger.addHandler(lines)
    logger.setLevel(logging.DEBUG)
    return partial(logger.removeHandler, lines)
