"""What `doctor` finds out about the way to a shop: its address, its REST API, and whether the key is let in.

The index is asked without the key: WordPress takes a key in it for a person's password, and refuses it.
Source: the vendor's pages on authentication; WordPress' REST index.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from syncctl.connectors.http import Http, Rejected, oauth1, unsigned
from syncctl.connectors.patience import Patience
from syncctl.connectors.woocommerce.about import SiteStore
from syncctl.connectors.woocommerce.site import BASE, wire_of
from syncctl.errors import DataError, SignInNeeded, SyncctlError
from syncctl.model import Finding

NAMESPACE = "wc/v3"
_INDEX = {"_fields": "name,url,home,gmt_offset,timezone_string,namespaces"}
_RESOURCES = ("orders", "products", "customers")
_PERMALINKS = "In WordPress, Settings > Permalinks: choose any structure but Plain, and save."
_KEYS = "Make a key in WooCommerce > Settings > Advanced > REST API, for an administrator, Read/Write."


@dataclass
class Reaching:
    """The way to one shop. After `index`, `told` has what the shop says of itself to anybody; `open` False: no way."""

    store: SiteStore
    patience: Patience
    told: dict[str, Any] = field(default_factory=dict)
    open: bool = True

    def index(self) -> Iterator[Finding]:
        """Whether there is a REST API at the address, and WooCommerce's in it."""
        http = Http(self.store.name, wire_of(self.store.settings), unsigned, self.patience)
        try:
            self.told = http.get("wp-json/", _INDEX).fields()
        except SignInNeeded:
            text = "its REST index is closed to strangers: what it says of itself was not seen"
            yield self._line("warn", text, "A security plug-in may do that; it does no harm as long as the key works.")
            return
        except (Rejected, DataError) as error:
            yield self._no_api(http, error)
            return
        except SyncctlError as error:
            yield self._stopped(error)
            return
        finally:
            http.close()
        yield from self._namespace()

    def _no_api(self, http: Http, error: SyncctlError) -> Finding:
        """WordPress answers another address whatever its permalinks are."""
        self.open = False
        try:
            is_there = "namespaces" in http.get("", {"rest_route": "/", "_fields": "namespaces"}).fields()
        except SyncctlError:
            is_there = False
        if is_there:
            text = "its permalinks are plain: its REST API cannot be reached at /wp-json/"
            return self._line("fail", text, _PERMALINKS, error.exit_code)
        fix = "Write in url the address of the shop itself, with its folder; or a plug-in has switched the API off."
        if isinstance(error, DataError):  # something answers there, as WordPress does with a plug-in's warning on top
            fix = (
                "Open it in a browser, with /wp-json/ behind it: what does not begin with { is no shop's, or a plug-in "
                "prints something there, which must be mended. Else write in url the address of the shop itself."
            )
        return self._line("fail", f"there is no WordPress REST API at this address ({error})", fix, error.exit_code)

    def _stopped(self, error: SyncctlError) -> Finding:
        self.open = False
        return self._line("fail", str(error), error.hint, error.exit_code)

    def _namespace(self) -> Iterator[Finding]:
        namespaces = self.told.get("namespaces")
        if isinstance(namespaces, list) and NAMESPACE not in namespaces:
            self.open = False
            fix = "Install and activate WooCommerce there, or write the address of the right site in url."
            yield self._line(
                "fail", "WordPress is there, but no WooCommerce: wc/v3 is missing", fix, DataError.exit_code
            )
            return
        secured = urlsplit(self.store.settings.url).scheme == "https"
        how = "over TLS" if secured else "without encryption, each request signed"
        yield self._line("ok", f"answers at {self.store.address.partition(' ')[2]}, {how}")

    def access(self) -> Iterator[Finding]:
        """Whether the key is let in, and to what. Only ids are asked for: nobody's name comes over."""
        readable: list[str] = []
        for resource in _RESOURCES:
            try:
                reply = self.store.site.get(resource, {"per_page": "1", "_fields": "id"})
            except SignInNeeded as error:
                if error.status == 403 and error.code.startswith("woocommerce_rest_"):
                    yield self._line("fail", f"the user of the key may not read {resource}", _KEYS, error.exit_code)
                    continue
                yield self._refused(error)
                return
            except SyncctlError as error:
                yield self._stopped(error)
                return
            readable.append(resource)
            yield from self._writing(resource, reply.headers.get("Allow", ""))
        if readable == list(_RESOURCES):
            text = "the key is let in and may read; whether it may also write, only the first write can tell"
            yield self._line("ok", text, "It must say Read/Write in WooCommerce > Settings > Advanced > REST API.")

    def _writing(self, resource: str, allowed: str) -> Iterator[Finding]:
        """WordPress says what the user may do here; of the key itself it says nothing.

        In some versions a shop manager may not make customers, which not every setup asks for.
        """
        if allowed and "POST" not in allowed:
            level, code = ("warn", 0) if resource == "customers" else ("fail", SignInNeeded.exit_code)
            yield self._line(level, f"the user of the key may not write {resource}", _KEYS, code)

    def _refused(self, error: SignInNeeded) -> Finding:
        self.open = False
        code = error.exit_code
        if error.status == 403:
            text = f"it is refused before WooCommerce sees it, as a firewall or a security plug-in does: {error}"
            return self._line("fail", text, "Let the address of this machine through there.", code)
        if error.code != "woocommerce_rest_cannot_view":
            return self._line("fail", f"the key or its secret is refused: {error}", _KEYS + self._own_name(error), code)
        if self._let_in_otherwise():
            text = "the key does not arrive: this host takes the Authorization header away"
            return self._line("fail", text, f"Set stores.{self.store.name}.auth: query", code)
        return self._line("fail", f"the shop does not know this key: {error}", _KEYS, code)

    def _own_name(self, error: SignInNeeded) -> str:
        """WordPress checks signatures against the address that it takes for its own: by another, none of them fits."""
        home = self.told.get("home")
        if "signature" not in str(error) or not isinstance(home, str) or not home.isprintable():
            return ""
        own, ours = (urlsplit(one.lower().rstrip("/")) for one in (home, self.store.settings.url))
        if (own.netloc, own.path) == (ours.netloc, ours.path):
            return ""
        return f" If they are right, write in url what the shop calls itself: {home[:200]}"

    def _let_in_otherwise(self) -> bool:
        """Whether the same key is let in by a signature in the query, which gives no secret away."""
        settings = self.store.settings
        if settings.auth != "header" or urlsplit(settings.url).scheme != "https":
            return False
        key, secret = settings.consumer_key.get_secret_value(), settings.consumer_secret.get_secret_value()
        http = Http(self.store.name, wire_of(settings), oauth1(key, secret), self.patience)
        try:
            http.get(f"{BASE}orders", {"per_page": "1", "_fields": "id"})
        except SyncctlError:
            return False
        finally:
            http.close()
        return True

    def _line(self, level: str, text: str, fix: str = "", exit_code: int = 0) -> Finding:
        return Finding(level=level, subject=self.store.name, text=text, fix=fix, exit_code=exit_code)
