"""Our names for what we create elsewhere: pure functions, the same for ever."""

import base64
import hashlib
import re
from collections.abc import Sequence

from syncctl.model import DocumentKind

_PLAIN = re.compile(r"[A-Za-z0-9._:-]+\Z", re.ASCII)
_HASH = re.compile(r"[A-Z2-7]{10,52}\Z", re.ASCII)
_SHORTEST = 10  # base32 characters: 50 bits


def reference(store_id: str, order_id: str, kind: DocumentKind, event: str, length: int) -> str:
    """Our name for a document: the same for ever, for the same store, order and event; at most `length` characters.

    Readable where it fits and is unambiguous, else base32 of a SHA-256. Errors: ValueError below 50 bits.

    >>> reference("s1", "1001", DocumentKind.SALE, "order", 40)
    's1/1001/sale/order'
    >>> reference("s1", "1001", DocumentKind.SALE, "order", 11)
    'Q5DVRWQU5RE'
    """
    return name_for((store_id, order_id, kind.value, event), length)


def name_for(parts: Sequence[str], length: int) -> str:
    """One name for several parts: readable where it fits, else a hash. Errors: ValueError below 50 bits."""
    if length < _SHORTEST:
        raise ValueError(f"references of {length} characters are too short to be unique")
    readable = "/".join(parts)
    if len(readable) <= length and all(_PLAIN.match(part) for part in parts):
        return readable
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().rstrip("=")[:length]


def is_hash(name: str) -> bool:
    """Whether a name may be one of ours that does not tell what it was made of.

    >>> is_hash("Q5DVRWQU5RE"), is_hash("s1/1001/customer"), is_hash("CUST-1")
    (True, False, False)
    """
    return _HASH.match(name) is not None
