"""How the model's classes are made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(**options: Any) -> Any:
        """`dataclass`, of which `frozen` is left to the type checker to enforce.

        At run time it would more than double what it costs to make an object, and an order has dozens.
        """
        return dataclass(**{**options, "frozen": False, "unsafe_hash": options.get("frozen", False)})


__all__ = ["record"]
