"""The shop on a real socket."""

import ssl
from collections.abc import Mapping

from tests.fakes.shopify.app import answer
from tests.fakes.shopify.auth import add_static
from tests.fakes.shopify.bulk_files import BulkFiles
from tests.fakes.shopify.schema import schema_of
from tests.fakes.shopify.site import Site
from tests.fakes.wire import Answer, Request, Server

USUAL = "2026-07"  # the version that is mostly spoken


class ShopifyServer(Server):
    """A shop that is reached at `url`; its header Date follows the site's clock. `site` may be changed at any time.

    `files`: the other host, where results of bulk operations are.
    """

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
        self.make_ready(USUAL)
        if not site.apps:
            add_static(site)
        super().__init__(tls=tls, bad_tls=bad_tls)
        self.clock = lambda: self.site.clock()
        self.files = BulkFiles(site)
        site.files_at = self.files.url

    def make_ready(self, version: str) -> None:
        """Read the schema of a version now: on a busy machine that takes longer than some clients wait."""
        schema_of(version, self.site.options.own_schema)

    def close(self) -> None:
        self.files.close()
        super().close()

    @property
    def address(self) -> str:
        """What a store's setting `url` says."""
        return self.url

    def handle(self, request: Request) -> Answer:
        made = answer(self.site, request)
        return made.zipped() if self.zipped and "gzip" in request.header("Accept-Encoding") else made
