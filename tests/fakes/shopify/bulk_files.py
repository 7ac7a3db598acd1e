"""Where results of bulk operations are: another host, which knows no token and gives what a signed URL names."""

from datetime import timedelta

from tests.fakes.shopify import bulk_run
from tests.fakes.shopify.site import Site
from tests.fakes.wire import Answer, Request, Server

DENIED = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>'


class BulkFiles(Server):
    """`site` may be changed at any time."""

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__()
        self.clock = lambda: self.site.clock()

    def handle(self, request: Request) -> Answer:
        if request.header("X-Shopify-Access-Token") or request.header("Authorization"):
            self.site.oracle.violations.append("a token was sent to the host of the files")
        for bulk in self.site.bulks.values():
            if bulk_run.path_of(bulk) == request.target and bulk.lines is not None:
                gone = self.site.clock() > bulk.created_at + timedelta(days=self.site.options.bulk_days)
                return Answer(DENIED, 403, {"Content-Type": "application/xml"}) if gone else self._file(bulk.lines)
        return Answer(DENIED, 403, {"Content-Type": "application/xml"})

    def _file(self, lines: list[bytes]) -> Answer:
        body = b"".join(lines)
        if self.site.options.bulk_file == "short":
            body = b"".join(lines[: max(1, len(lines) * 3 // 4)])
        elif self.site.options.bulk_file == "cut":
            body = body[: -max(2, len(lines[-1]) // 2)]
        return Answer(body, 200, {"Content-Type": "application/jsonl"})
