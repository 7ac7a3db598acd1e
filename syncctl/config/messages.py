"""What pydantic found, in the words of someone who edits the file. Nothing of a secret is ever repeated."""

import re
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from syncctl.config.document import Keys
from syncctl.config.values import BROKEN, Values, models_of

_ADVICE = {
    **dict.fromkeys(("bool_parsing", "bool_type"), "write true or false"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), "write a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "write a number, such as 0.5"),
    **dict.fromkeys(("string_type", "path_type"), "write one plain text"),
    **dict.fromkeys(("tuple_type", "list_type"), "write a list, such as [first, second]"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "write `key: value` lines below it"),
    "string_unicode": "write plain Unicode text",
}


def explain(detail: ErrorDetails, filled: Any, values: Values) -> None:
    """Add one of pydantic's errors to the problems, unless it is about a value that is known to be broken.

    A section's own validator may raise one ValueError with several lines, each `key.below: what to change`.
    """
    keys = _keys(detail, filled)
    if _at(filled, keys) is BROKEN:
        return
    message = _message(detail, keys, values)
    for place, (value, shown) in values.hidden.items():  # a validator may repeat what it was given
        if place[: len(keys)] == keys:
            message = message.replace(value, shown).replace(repr(value)[1:-1], shown)
    for line in message.splitlines():  # the validator of a section may find several things
        name, colon, rest = line.partition(": ")
        below = (*keys, *name.split("."))
        known = {field for model in models_of(values.kinds.get(keys, ())) for field in model.model_fields}
        is_named = bool(colon) and name.split(".")[0] in known
        values.problems.add(below if is_named else keys, rest if is_named else line)


def _keys(detail: ErrorDetails, filled: Any) -> Keys:
    """Where the error stands in the file: pydantic's own place also names members of unions."""
    keys: Keys = ()
    for part in detail["loc"]:
        here = _at(filled, keys)
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int)):
            keys = (*keys, part)
    if detail["type"] == "missing":
        return (*keys, detail["loc"][-1])
    if detail["type"].startswith("union_tag"):
        return (*keys, detail["ctx"]["discriminator"].strip("'"))
    return keys


def _at(filled: Any, keys: Keys) -> Any:
    for key in keys:
        if isinstance(filled, list) and isinstance(key, int):
            filled = filled[key]
        else:
            filled = filled.get(key) if isinstance(filled, dict) else None
    return filled


def _message(detail: ErrorDetails, keys: Keys, values: Values) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    models = models_of(values.kinds.get(keys[:-1], ()))
    if kind == "extra_forbidden":
        known = [name for model in models for name in model.model_fields]
        return "there is no such setting" + _did_you_mean(str(keys[-1]), known, "here belong")
    if kind in ("missing", "union_tag_not_found"):
        return _required(str(keys[-1]), models)
    if keys in values.written and values.written[keys] is None:
        return 'there is no value: write one ("" or [] for none), or take the line out'
    here = _quoted(keys, values)
    if kind in ("literal_error", "union_tag_invalid"):
        options = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
        return f"{here} is not known" + _did_you_mean(values.written.get(keys) or "", options, "write one of")
    if kind == "value_error":
        return str(context["error"])
    return f"{_ADVICE.get(kind, detail['msg'])}; {here} is not accepted"


def _required(name: str, models: list[type[BaseModel]]) -> str:
    fields = [model.model_fields[name] for model in models if name in model.model_fields]
    description, example = (fields[0].description or "", _example(fields[0])) if fields else ("", "")
    write = f", such as `{name}: {example}`" if example else ""
    return f"this is required{write}. {description.removeprefix('Required. ')}".strip()


def _example(part: FieldInfo) -> str:
    if get_origin(part.annotation) is Literal:
        return str(get_args(part.annotation)[0])
    return str(part.examples[0]) if part.examples else ""


def _did_you_mean(word: str, known: list[str], lead: str) -> str:
    close = get_close_matches(word[:60], known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; {lead}: {', '.join(sorted(known))}" if known else ""


def _quoted(keys: Keys, values: Values) -> str:
    """The scalar as the file has it, never as the environment made it; nothing of a secret."""
    text = values.written.get(keys)
    if text is None or any(_holds_secret(kind) for kind in values.kinds.get(keys, ())):
        return "what stands here"
    return repr(text) if len(text) <= 60 else repr(text[:60]) + " …"


def _holds_secret(kind: Any) -> bool:
    """Whether a secret may stand there or below: who misses a level writes it where its section belongs."""
    parts = [part.annotation for model in models_of((kind,)) for part in model.model_fields.values()]
    return kind is SecretStr or any(_holds_secret(part) for part in parts or get_args(kind))
