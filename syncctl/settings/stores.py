"""What the settings of every kind of web store have in common."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from syncctl.settings.kinds import Section


class StoreBase(Section):
    """What every kind of web store is set by.

    `ways_in`: groups of settings of which one whole group is needed, beside those without a default. `chosen_at_init`:
    settings with a default that whoever sets the store up chooses all the same.
    """

    ways_in: ClassVar[tuple[tuple[str, ...], ...]] = ((),)
    chosen_at_init: ClassVar[tuple[str, ...]] = ()

    locations: tuple[str, ...] = Field(
        default=(), description="The back office's locations that feed this store, summed. Empty: as stock.locations."
    )
    sells_from: str = Field(
        default="",
        description="The one of them that its orders leave from. Empty: the only one, else the back office decides.",
    )
    location: str = Field(
        default="", description="The location of its own that the store shows levels of, if it has several."
    )
    time_zone: str = Field(default="UTC", description="The shop's time zone: the date of a document is the date there.")
    notify_customer: bool = Field(default=False, description="Let the store tell the customer when goods have left.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no such time zone: {value!r}; write it as in Europe/London") from None
        return value
