"""The note of a line in Tryton: where the web store's id of a line is kept, and of a credit's line what it is about."""

import re

UNSENT = "never sent"
"""Of a credit: units that had not left."""
BACK = "back on the shelf"
"""Of a credit: units that had left, and can be sold again."""
_NOTE = re.compile(rf"web line (.+?)(?: \(({UNSENT}|{BACK})\))?\Z")


def note_of(line_id: str, sort: str = "") -> str:
    """
    >>> note_of("77"), note_of("77", UNSENT)
    ('web line 77', 'web line 77 (never sent)')
    """
    return f"web line {line_id} ({sort})" if sort else f"web line {line_id}"


def line_id_of(note: str | None) -> str | None:
    """The web store's id of a line; None where somebody else wrote the note, or the line.

    >>> line_id_of("web line 77"), line_id_of("web line 77 (never sent)"), line_id_of("fragile"), line_id_of(None)
    ('77', '77', None, None)
    """
    found = _found(note)
    return found[1] if found else None


def sort_of(note: str | None) -> str:
    """What a credit's line is about: UNSENT, BACK or "".

    >>> sort_of("web line 77 (never sent)"), sort_of("web line 77")
    ('never sent', '')
    """
    found = _found(note)
    return (found[2] or "") if found else ""


def _found(note: str | None) -> re.Match[str] | None:
    """What we wrote is the first line; a person may have written more below it."""
    return _NOTE.match((note or "").strip().partition("\n")[0].strip())
