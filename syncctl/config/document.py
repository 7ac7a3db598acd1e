"""A YAML file as plain texts, and where each key stands in it.

The file is read as nodes, not as values: a scalar stays the text that was written, and the setting it is for decides
what that means. So `off` is a switch where a switch is asked for, while `NO` stays a country, `0123` a SKU and
`12:30:00` a text. Only an empty value, `~` and `null`, unquoted, are no value.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from syncctl.errors import ConfigError

MAX_DEPTH = 20
MAX_VALUES = 5_000  # reading is slow in bulk, and no shop has that many settings
INIT = "Type `syncctl init` to write one, or name yours: `syncctl --config FILE …`, or SYNCCTL_CONFIG=FILE."

Keys = tuple[str | int, ...]


@dataclass
class Problems:
    """What is wrong so far, and where each key stands in the file."""

    file: str
    lines: dict[Keys, int] = field(default_factory=lambda: {(): 1})
    found: set[tuple[int, str]] = field(default_factory=set)

    def add(self, keys: Keys, message: str, line: int | None = None) -> None:
        name = ".".join(printable(str(key)[:60]) for key in keys)
        text = f"{name}: {message}" if name else message
        self.found.add((line or self.line(keys), printable(text[:600])))

    def line(self, keys: Keys) -> int:
        """Where `keys` stand, or else the nearest section around them."""
        while keys not in self.lines:
            keys = keys[:-1]
        return self.lines[keys]

    def error(self) -> ConfigError:
        lines = tuple(f"{self.file}:{line}: {text}" for line, text in sorted(self.found))
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        hint = "Change these lines and run the command again; nothing was contacted."
        return ConfigError(f"{count} in {Path(self.file).name}", hint=hint, problems=lines)


def printable(text: str) -> str:
    """Foreign text on one line and harmless on a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def contents(path: Path, limit: int) -> tuple[bytes, int]:
    """The bytes of a regular file and its mode; never more than `limit` bytes. Errors: ValueError."""
    try:
        with open(path, "rb", opener=_open) as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(limit + 1) if stat.S_ISREG(mode) else None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if data is None:
        raise ValueError("cannot be read: it is not a regular file")
    if len(data) > limit:
        raise ValueError(f"is larger than {limit:,} bytes; this cannot be the right file")
    return data, mode


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would wait for ever


def is_private(mode: int) -> bool:
    """Whether nobody but its owner can read or change a file of this mode."""
    return os.name != "posix" or not mode & (stat.S_IRWXG | stat.S_IRWXO)


def parse(data: bytes, problems: Problems) -> dict[str, Any]:
    """The file as dicts, lists, texts and None.

    Errors: ConfigError where it cannot be read on; what can be told beside other problems is added to `problems`.
    """
    node = _compose(data, problems)
    if node is None or _is_null(node):
        raise ConfigError(f"{problems.file}: there are no settings in it", hint=INIT)
    if not isinstance(node, yaml.MappingNode):
        problems.add((), "write settings as `key: value` lines", _line(node))
        raise problems.error()
    return _mapping(node, (), problems)


def _compose(data: bytes, problems: Problems) -> yaml.Node | None:
    try:
        text = data.decode("utf-8-sig")
        return _Nodes(text, problems).get_single_node()
    except UnicodeDecodeError as error:
        message, line = "this is not UTF-8 text; save it as UTF-8", data.count(b"\n", 0, error.start) + 1
    except yaml.reader.ReaderError as error:
        message, line = "a control character stands here", text.count("\n", 0, error.position) + 1
    except yaml.MarkedYAMLError as error:
        message, line = _unreadable(error)
    except (ValueError, OverflowError):  # the parser's own, for an escape such as "\UFFFFFFFF" and a long %YAML number
        message, line = "not readable as YAML: an escape or a directive has a number that is too large", 1
    problems.add((), message, line)
    raise problems.error() from None


def _unreadable(error: yaml.MarkedYAMLError) -> tuple[str, int]:
    what = error.problem or "it breaks off"
    if "tag handle" in what:  # the parser repeats the text, which may be a secret that lacks its quotes
        what = "a text that begins with ! needs quotes"
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return f"column {column}: not readable as YAML: {what}", line


class _Nodes(yaml.BaseLoader):
    """Composes nodes and nothing else: there is no way from here to an object that the file chose."""

    def __init__(self, text: str, problems: Problems) -> None:
        super().__init__(text)
        self.problems = problems
        self.depth = 0
        self.count = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        parser: Any = self  # typeshed does not type the parser's methods
        event = parser.peek_event()
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise yaml.composer.ComposerError(None, None, "there are too many values, or too deep", event.start_mark)
        self._check(event)
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.AliasEvent):
            parser.get_event()
            return yaml.ScalarNode("", "", start, end, style="'")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _check(self, event: Any) -> None:
        """Note what is not allowed and read on without it; it is not repeated, for it may be an unquoted secret."""
        line = event.start_mark.line + 1
        if event.anchor is not None or getattr(event, "tag", None) is not None:
            message = "anchors (&), aliases (*) and tags (!) are not read; put a text that begins so in quotes"
            self.problems.add((), message, line)
            event.anchor = event.tag = None
        if isinstance(event, yaml.ScalarEvent) and any("\ud800" <= char <= "\udfff" for char in event.value):
            self.problems.add((), "an escape here stands for half a character; write the character itself", line)
            event.value = ""


def _mapping(node: yaml.MappingNode, keys: Keys, problems: Problems) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            problems.add(keys, "a key is one plain word", _line(key_node))
            continue
        key = (*keys, key_node.value)
        if key_node.value in mapping:
            first = problems.line(key)
            problems.add(key, f"this key stands here twice; the first is on line {first}", _line(key_node))
            continue
        problems.lines[key] = _line(key_node)
        mapping[key_node.value] = _plain(value_node, key, problems)
    return mapping


def _plain(node: yaml.Node, keys: Keys, problems: Problems) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, keys, problems)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            problems.lines[(*keys, index)] = _line(item)
        return [_plain(item, (*keys, index), problems) for index, item in enumerate(node.value)]
    return None if _is_null(node) else node.value


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null", "Null", "NULL")
