"""What the API accepts in a query, and how it says no. A name that it does not know is passed over in silence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.woo import php


class Refusal(Exception):
    """An error of the API: a code, a message, a status, and more for parameters."""

    def __init__(self, code: str, message: str, status: int, **data: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.data = code, message, status, data

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


@dataclass(frozen=True)
class Bad:
    """Why a parameter is refused."""

    code: str
    message: str


Check = Callable[[str, Any], Any]  # (name, value) -> what it is taken as, or Bad


def whole(least: int | None = None, most: int | None = None) -> Check:
    def check(name: str, value: Any) -> Any:
        text = str(value).strip()
        if isinstance(value, bool | list | dict) or not text.lstrip("+-").isdigit():
            return Bad("rest_invalid_type", f"{name} is not of type integer.")
        number = int(text)
        if least is not None and most is not None and not least <= number <= most:
            return Bad("rest_out_of_bounds", f"{name} must be between {least} (inclusive) and {most} (inclusive)")
        if least is not None and number < least:
            return Bad("rest_out_of_bounds", f"{name} must be greater than or equal to {least}")
        return abs(number)

    return check


def flag(name: str, value: Any) -> Any:
    if isinstance(value, bool) or str(value).lower() in ("true", "false", "0", "1", ""):
        return php.truth(value)
    return Bad("rest_invalid_type", f"{name} is not of type boolean.")


def one_of(*words: str) -> Check:
    def check(name: str, value: Any) -> Any:
        if value in words:
            return value
        return Bad("rest_not_in_enum", f"{name} is not one of {_listed(words)}.")

    return check


def some_of(*words: str) -> Check:
    def check(name: str, value: Any) -> Any:
        given = php.items_of(value) if isinstance(value, str) else value
        for place, word in enumerate(given):
            if word not in words:
                return Bad("rest_not_in_enum", f"{name}[{place}] is not one of {_listed(words)}.")
        return list(given)

    return check


def ids(_name: str, value: Any) -> list[int]:
    """wp_parse_id_list: nothing is refused, what is no number is 0; an empty text is no filter at all."""
    given = php.items_of(value) if isinstance(value, str) else list(value)
    return list(dict.fromkeys(abs(php.integer(one)) for one in given))


def date(name: str, value: Any) -> Any:
    return value if php.is_date(value) else Bad("rest_invalid_date", f"{name}: Invalid date.")


def text(_name: str, value: Any) -> Any:
    return str(value)


def email(name: str, value: Any) -> Any:
    return value if is_email(value) else Bad("rest_invalid_email", f"{name}: Invalid email address.")


def is_email(value: object) -> bool:
    local_part, _, domain = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    return bool(local_part) and "." in domain.strip(".") and not any(bad in str(value) for bad in " ,;<>\n")


Table = Mapping[str, tuple[Check, Any]]  # name -> (check, what it is where it is not sent)

COLLECTION: Table = {
    "context": (one_of("view", "edit"), "view"),
    "page": (whole(1), 1),
    "per_page": (whole(1, 100), 10),
    "search": (text, None),
    "exclude": (ids, []),
    "include": (ids, []),
    "offset": (whole(), None),
    "order": (one_of("asc", "desc"), "desc"),
}
DATED: Table = {
    **COLLECTION,
    "orderby": (one_of("date", "id", "include", "title", "slug", "modified"), "date"),
    "after": (date, None),
    "before": (date, None),
    "modified_after": (date, None),
    "modified_before": (date, None),
    "dates_are_gmt": (flag, False),
    "parent": (ids, []),
    "parent_exclude": (ids, []),
}


def read(table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a request by this table; raises what the API says where any of them is bad."""
    taken = {name: default for name, (_, default) in table.items()}
    bad: dict[str, Bad] = {}
    for name, (check, _) in table.items():
        if name in given:
            taken[name] = check(name, given[name])
            if isinstance(taken[name], Bad):
                bad[name] = taken[name]
    refuse(bad)
    return taken


def refuse(bad: Mapping[str, Bad]) -> None:
    if bad:
        details = {name: {"code": why.code, "message": why.message, "data": None} for name, why in bad.items()}
        messages = {name: why.message for name, why in bad.items()}
        message = f"Invalid parameter(s): {', '.join(bad)}"
        raise Refusal("rest_invalid_param", message, 400, params=messages, details=details)


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])}, and {words[-1]}" if len(words) > 1 else words[0]
