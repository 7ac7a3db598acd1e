"""The note of a line in Tryton: where the web store's id of a line is kept."""

import re

_NOTE = re.compile(r"web line (\S+)\Z")


def note_of(line_id: str) -> str:
    """
    >>> note_of("77")
    'web line 77'
    """
    return f"web line {line_id}"


def line_id_of(note: str | None) -> str | None:
    """The web store's id of a line; None where somebody else wrote the note, or the line.

    >>> line_id_of("web line 77"), line_id_of("fragile"), line_id_of(None)
    ('77', None, None)
    """
    found = _NOTE.match((note or "").strip())
    return found[1] if found else None
