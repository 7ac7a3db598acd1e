"""The site on a real socket."""

import ssl
from collections.abc import Mapping

from tests.fakes.wire import Answer, Request, Server
from tests.fakes.woo.app import answer
from tests.fakes.woo.records import Key
from tests.fakes.woo.site import Site

KEY = "ck_0123456789abcdef0123456789abcdef01234567"
SECRET = f"cs_{'fedcba9876' * 4}"


class WooServer(Server):
    """A site that is reached at `url`; its header Date follows the site's clock. `site` may be changed at any time."""

    def __init__(
        self,
        site: Site,
        *,
        tls: ssl.SSLContext | None = None,
        bad_tls: Mapping[str, ssl.SSLContext] | None = None,
        zipped: bool = False,
    ) -> None:
        self.site = site
        self.zipped = zipped
        self.site.keys.setdefault(KEY, Key(KEY, SECRET))
        super().__init__(tls=tls, bad_tls=bad_tls)
        self.clock = lambda: self.site.clock()

    @property
    def address(self) -> str:
        """What a store's setting `url` says."""
        return f"{self.url}{self.site.options.folder}"

    def handle(self, request: Request) -> Answer:
        scheme = "https" if self.tls else "http"
        made = answer(self.site, request, f"{scheme}://{request.header('Host')}")
        return made.zipped() if self.zipped and "gzip" in request.header("Accept-Encoding") else made
