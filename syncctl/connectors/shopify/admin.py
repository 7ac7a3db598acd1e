"""The one way to a shop: its GraphQL Admin API, asked within the points that it grants.

Every request is a POST of one document to the same address. See `documents` for how one is made, and `answers` for what
comes back.
"""

from collections.abc import Mapping
from typing import Any

from syncctl.connectors.http import Again, Http, Rejected, Reply, Terms, Wire, in_header
from syncctl.connectors.patience import Patience
from syncctl.connectors.shopify.answers import Answer, Reading, Unwell
from syncctl.connectors.shopify.auth import Access
from syncctl.connectors.shopify.cost import Bucket
from syncctl.connectors.shopify.documents import Document
from syncctl.connectors.shopify.refusals import ShutOut, refused, unknown
from syncctl.connectors.tokens import Tokens
from syncctl.errors import DataError, SignInNeeded, SyncctlError, Throttled
from syncctl.settings import ShopifyStoreSettings

Variables = Mapping[str, Any]
_HEADER = "X-Shopify-Access-Token"
_VERSION = "X-Shopify-API-Version"


class Admin:
    """One shop's Admin API.

    `version_answered`: the version that the last answer was made by; another than was asked for where Shopify supports
    that no more. "": none has come yet. May be asked from several threads.
    """

    def __init__(self, store: str, settings: ShopifyStoreSettings, patience: Patience, tokens: Tokens) -> None:
        self.store = store
        self.patience = patience
        self.access = Access(store, settings, tokens)
        below = f"{settings.url}/admin/api/"
        sign = in_header(_HEADER, lambda: self.access.current, below)
        self.http = Http(store, wire_of(settings), sign, patience, clock=patience.clock)
        self.bucket = Bucket(patience.clock)
        self.version_answered = ""
        self._path = f"admin/api/{settings.version}/graphql.json"
        self._people = settings.customer_data
        self._shut: ShutOut | None = None

    def read(self, document: Document, variables: Variables, *, once: bool = False) -> Answer:
        """Ask something; again where that may help, unless `once`. Errors: those of `answers`, and Again where `once`
        and another try may help."""
        return self._ask(document, variables, keyed=False, once=once)

    def write(self, document: Document, variables: Variables, *, keyed: bool = False) -> Answer:
        """Change something: once, unless it is `keyed`: each field has its key of idempotency, or is absolute.

        Its `userErrors` belong to the caller. Errors: those of `answers`; after Unreachable and DataError nobody knows
        what was done, after TooDear, NotSpoken, BatchRefused and Throttled nothing was.
        """
        return self._ask(document, variables, keyed=keyed)

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def _ask(self, document: Document, variables: Variables, *, keyed: bool, once: bool = False) -> Answer:
        if self._shut is not None:
            raise self._shut
        try:
            return self._signed(document, variables, keyed, once)
        except Rejected as error:
            raise self._refused(error, document) from None

    def _signed(self, document: Document, variables: Variables, keyed: bool, once: bool) -> Answer:
        """Asked with a token that is taken. Whoever is not let in has done nothing: a write is sent again, too."""
        self.access.prepare(self.http)
        token = self.access.current
        try:
            return self._sent(document, variables, keyed, once)
        except SignInNeeded as error:
            if not error.status:
                raise  # let in, and not allowed this
            if error.status != 401 or not self.access.replace(token, self.http):
                raise unknown(error, self.store, self.access.setting) from None
        try:
            return self._sent(document, variables, keyed, once)
        except SignInNeeded as error:
            raise unknown(error, self.store, self.access.setting) if error.status else error from None

    def _sent(self, document: Document, variables: Variables, keyed: bool, once: bool) -> Answer:
        answers: list[Answer] = []

        def judge(reply: Reply) -> None:
            answers.append(self._judged(document, variables, reply, again=keyed or not document.writes))

        body = {"query": document.text, "variables": variables}
        terms = Terms(document.label, lambda: self.bucket.delay(document), judge, once, document.alone)
        self.http.send("POST", self._path, body, keyed=keyed, reads=not document.writes, terms=terms)
        return answers[-1]

    def _judged(self, document: Document, variables: Variables, reply: Reply, *, again: bool) -> Answer:
        """Errors: those of `answers`; Again, where the same may be sent once more: turned away, or harmless."""
        self.version_answered = reply.headers.get(_VERSION, "") or self.version_answered
        reading = Reading.of(document, reply)
        if reading.cost is not None:
            self.bucket.learn(document, reading.cost)
        if reading.is_throttled:
            error = Throttled(f"{reply.what}: Shopify grants no more for the moment", hint="Run it again later.")
            raise Again(error, told=reading.cost is not None)  # then the bucket knows how long
        if reply.status == 429:
            raise DataError(f"{reply.what} was turned away")  # the transport knows what to do then
        try:
            return reading.answer(variables, self.store, people=self._people)
        except Unwell as error:
            if again:
                raise Again(error) from None
            raise

    def _refused(self, error: Rejected, document: Document) -> SyncctlError:
        found = refused(error, self.store, writes=document.writes)
        if isinstance(found, ShutOut):
            self._shut = found
        return found


def wire_of(settings: ShopifyStoreSettings) -> Wire:
    """How the shop is reached."""
    return Wire(
        url=settings.url,
        proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        ca_file=settings.ca_file,
        timeout=settings.timeout.total_seconds(),
        deadline=settings.deadline.total_seconds(),
    )
