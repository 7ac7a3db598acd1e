"""Tryton's own sentences, without the names of people: it puts what a record is called in quotes."""

_CLOSED_BY = {'"': '"', "'": "'", "“": "”", "„": "“”", "«": "»"}
_HARMLESS = frozenset({"field", "of", "in", "sale", "product", "move", "shipment", "period"})
"""Words before a quote that is no person: fields and models, and what is called by a number or by goods."""


def without_names(text: str) -> str:
    """A sentence with all that it quotes left out, but for what is surely nobody's name.

    In a language other than English all of it is left out.

    >>> without_names('The value "Ann" for field "Code" in record "Ann" of "Party" is not valid.')
    'The value … for field "Code" in record … of "Party" is not valid.'
    """
    parts, start, place = [], 0, 0
    while place < len(text):
        if not _opens(text, place):
            place += 1
            continue
        end = _end(text, place)
        before = text[start:place]
        word = before.rsplit(None, 1)[-1] if before.strip() else ""
        parts += [before, text[place:end] if word in _HARMLESS and text[end - 1] == text[place] == '"' else "…"]
        start = place = end
    return "".join([*parts, text[start:]])


def _opens(text: str, place: int) -> bool:
    return text[place] in _CLOSED_BY and (place == 0 or not text[place - 1].isalnum())


def _end(text: str, start: int) -> int:
    """Where a quote ends, with those in it; at the end of the text where nothing closes it."""
    closers, depth = _CLOSED_BY[text[start]], 1
    for place in range(start + 1, len(text)):
        letter, after = text[place], text[place + 1 : place + 2]
        if letter == text[start] and text[place - 1].isspace() and not after.isspace() and after:
            depth += 1
        elif letter in closers and not after.isalnum():
            depth -= 1
            if not depth:
                return place + 1
    return len(text)
