"""Nothing secret and nothing personal leaves through a message, a log line or an error."""

import base64
import json
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
_LIBRARIES = ("urllib3", "requests", "tenacity", "oauthlib", "charset_normalizer")
_LONGEST = 4000  # characters; what a server can make as long as it likes is not searched for hours
_SHORTEST = 4  # a secret shorter than that would mask half of every text
_NAMES = r"consumer_key|consumer_secret|oauth_\w+|\w*token\w*|\w*secret\w*|\w*password\w*|api[_-]?key|signature"
_SECRET_NAME = re.compile(rf"(?:{_NAMES}|authorization)\Z", re.IGNORECASE)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(basic|bearer|oauth|token)\s+[a-z0-9._~+/=%\-]{4,}"), rf"\1 {MASK}"),
    (re.compile(rf"(?i)\b((?:proxy-)?authorization|{_NAMES})([\"']?\s*[=:]\s*)[\"']?[^\s&\"',;<>]+"), rf"\1\2{MASK}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.\-]*://)[^\s/?#@\"'<>]+@"), rf"\1{MASK}@"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.\-]*://[^\s?#\"'<>]*)[?#][^\s\"'<>]*"), rf"\1?{MASK}"),
    (re.compile(r"(?i)(?<![\w/.])(/[\w.~%/\-]*)\?[^\s\"'<>)]*=[^\s\"'<>)]*"), rf"\1?{MASK}"),
    (re.compile(r"[\w.+\-%]+(?:@|%40)[\w\-]+(?:\.[\w\-]+)*"), MASK),
)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-]{6,}\d(?![\w.])")
_HARMLESS = frozenset({"sku", "status", "currency", "type", "role", "orderby", "order", "context"})

_kept: set[str] = set()


def keep(*secrets: str) -> None:
    """From now on these never appear in what `clean` returns, however they are encoded."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            _kept.update(_forms(secret))


def clean(text: str) -> str:
    """The text without secrets, queries of addresses and e-mail addresses.

    >>> clean("GET https://ann:pw@shop.example/orders?consumer_key=ck_1 failed for ann@shop.example")
    'GET https://***@shop.example/orders?*** failed for ***'
    """
    for form in sorted(_kept, key=len, reverse=True):
        text = text.replace(form, MASK)
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def without(text: str, sent: object) -> str:
    """A foreign message without the values that we had sent, and without phone numbers.

    It may repeat a customer's name or address.
    """
    for value in sorted(set(_values(sent)), key=len, reverse=True):
        text = text.replace(value, MASK)
    return _PHONE.sub(MASK, clean(text))


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is never shown, nor taken over from elsewhere.

    >>> is_secret_name("consumer_secret"), is_secret_name("oauth_nonce"), is_secret_name("page")
    (True, True, False)
    """
    return _SECRET_NAME.match(name) is not None


def install() -> None:
    """Let every log record of this process go through `clean`, and libraries say nothing below INFO. May come twice."""
    former = logging.getLogRecordFactory()
    if not isinstance(former, _Cleaned):
        logging.setLogRecordFactory(_Cleaned(former))
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))


class _Cleaned:
    """Makes log records of whatever another factory makes; a library's record loses its traceback, too."""

    def __init__(self, former: Callable[..., logging.LogRecord]) -> None:
        self._former = former

    def __call__(self, *arguments: Any, **extra: Any) -> logging.LogRecord:
        record = self._former(*arguments, **extra)
        with suppress(Exception):  # what it says is shown wherever it is shown: a log line ends nothing
            text = record.getMessage()
            record.msg, record.args = clean(text), None
        if record.name.partition(".")[0] in _LIBRARIES:
            record.exc_info = record.exc_text = record.stack_info = None
        return record


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    plain = secret.encode()
    yield from (base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode(), plain.hex())


def _values(sent: object, name: str = "") -> Iterable[str]:
    """The texts in something that was sent: those that may be a person's."""
    if isinstance(sent, str):
        if len(sent) > 2 and name not in _HARMLESS:
            yield sent
    elif isinstance(sent, dict):
        for key, value in sent.items():
            yield from _values(value, str(key))
    elif isinstance(sent, list | tuple):
        for value in sent:
            yield from _values(value, name)
