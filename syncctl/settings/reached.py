"""What the settings of every side that is reached over the web have in common."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator

from syncctl.settings.kinds import Section, Wait
from syncctl.settings.stores import StoreBase


class Reached(Section):
    """A side on another machine: the way there, and how long an answer may take."""

    proxy: SecretStr | None = Field(
        default=None, description="The proxy to go through, such as http://proxy.example:3128. Empty: none."
    )
    ca_file: Path | None = Field(
        default=None, description="A file of certificates to trust instead of the usual ones. Empty: the usual ones."
    )
    timeout: Wait = Field(
        default=timedelta(seconds=60), description="The longest silence of that side that is waited for."
    )
    deadline: Wait = Field(
        default=timedelta(minutes=5), description="... and the longest that one whole answer may take."
    )

    @field_validator("proxy")
    @classmethod
    def _is_a_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not plain_parts(value.get_secret_value()):
            raise ValueError("write the proxy as http://proxy.example:3128")
        return value

    def _wrong_limits(self) -> Iterator[str]:
        if self.deadline < self.timeout:
            yield "deadline: must not be shorter than timeout: a whole answer takes at least as long as a silence in it"


class ReachedStore(Reached, StoreBase):
    """A web store on another machine."""


def plain_parts(url: str) -> SplitResult | None:
    """The parts of a plain address over http or https, else None."""
    try:
        parts = urlsplit(url)
        plain = all("!" <= char <= "~" and char not in '\\"<>^`{|}' for char in url)
        return parts if plain and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def is_this_machine(url: str) -> bool:
    """Whether an address leads nowhere but to the machine that we run on."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
