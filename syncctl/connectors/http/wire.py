"""How one side is reached: its address, which every request must stay below, and the limits of an answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit

from syncctl.connectors.http.redact import is_secret_name
from syncctl.errors import ConfigError, SafetyStop

Pairs = Sequence[tuple[str, str]]
Query = Mapping[str, str | int]

_NEVER = tuple(
    ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32")
)
"""Link-local addresses, and where clouds tell a machine its own secrets: no store lives there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What a connector's settings say of the way to its side.

    `url`: no request leaves this origin, nor the path below it. Units: seconds and bytes; `timeout` is the longest
    silence, `deadline` the time for one whole answer, `max_ratio` how many times larger than it came an answer may
    become when it is unpacked. `requests_per_minute` 0: no limit of ours.
    """

    url: str
    allow_http: bool = False
    proxy: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0
    deadline: float = 300.0
    max_bytes: int = 50_000_000
    max_ratio: int = 100
    requests_per_minute: int = 0


@dataclass(frozen=True, slots=True)
class Base:
    """The address that is pinned: `origin` as in `https://shop.example`, `prefix` as in `/wp-json/`."""

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def origin(self) -> str:
        """Scheme, host, and the port where it is not the scheme's own."""
        return _origin(self.scheme, self.host, self.port)

    @property
    def loopback(self) -> bool:
        """Whether the address itself says that it is this machine."""
        return self.host == "localhost" or is_loopback(self.host)

    def url_of(self, path: str) -> str:
        """The address of a path below the base; `path` as a person writes it, not yet encoded.

        Errors: SafetyStop for a path that would lead elsewhere.
        """
        parts = path.split("/")
        if not path.isprintable() or any(part in (".", "..") for part in parts) or "" in parts[:-1] or "\\" in path:
            raise SafetyStop(f"the path {path[:60]!r} would leave {self.host}; nothing was sent")
        return self.origin + self.prefix + "/".join(quote(part, safe="~!$'()*,;:@") for part in parts)

    def own(self, url: str) -> tuple[str, Pairs]:
        """The path and the query of an address that the side itself named, such as the next page's.

        Secrets that it echoes are left out, for each request is signed anew.
        Errors: SafetyStop if it is not below the base.
        """
        parts = split(url)
        path, prefix = unquote(parts.path), unquote(self.prefix)
        if parts.username is not None or self.origin_of(parts) != self.origin or not path.startswith(prefix):
            raise SafetyStop(
                f"{self.host} names a next page that is not below its own address; nothing was sent",
                hint="Set url to the address that the other side really uses.",
            )
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        return path[len(prefix) :], [pair for pair in pairs if not is_secret_name(pair[0])]

    def origin_of(self, parts: SplitResult) -> str:
        """The origin of an address, to be compared with ours; "" where it has none that can be read."""
        try:
            scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
        except ValueError:
            return ""
        return _origin(scheme, host, port or _PORTS.get(scheme, 0)) if scheme in _PORTS and host else ""


_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\s\\\x00-\x1f\x7f]")


def base_of(wire: Wire) -> Base:
    """The pinned address. Errors: ConfigError for one that cannot be used; nothing was contacted."""
    parts = split(wire.url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or not port or _ODD.search(wire.url):
        raise ConfigError("url is no address", hint="Write it as https://shop.example")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError("url has more in it than host and folder", hint="Write it as https://shop.example/folder")
    prefix = quote(unquote(parts.path), safe="/~!$'()*,;:@").rstrip("/") + "/"
    if is_forbidden(host):
        raise ConfigError(f"url: {host} is an address that no store can have", hint="Write the store's own address.")
    base = Base(parts.scheme, host, port, prefix)
    if base.scheme == "http" and not (base.loopback or wire.allow_http):
        raise ConfigError(
            f"{host} would be asked without encryption", hint="Write https:// in url, or set allow_http: true."
        )
    return base


def split(url: str, seen_from: str = "") -> SplitResult:
    """The parts of an address, which may be relative to where it was seen; one that cannot be read has none."""
    try:
        return urlsplit(urljoin(seen_from, url))
    except ValueError:
        return urlsplit("")


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own.

    >>> is_loopback("127.9.9.9"), is_loopback("::1"), is_loopback("10.0.0.1"), is_loopback("localhost")
    (True, True, False, False)
    """
    found = _parsed(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found is not None and (mapped or found).is_loopback


def is_forbidden(address: str) -> bool:
    """Whether an IP address is one that no store can have (see `_NEVER`), however it is written.

    >>> is_forbidden("169.254.169.254"), is_forbidden("::ffff:169.254.169.254"), is_forbidden("10.0.0.1")
    (True, True, False)
    """
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or _nat64(found) or found
    return found is not None and any(found in network for network in _NEVER if network.version == found.version)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in ip_network("64:ff9b::/96") else None


def _origin(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + ("" if port == _PORTS[scheme] else f":{port}")
