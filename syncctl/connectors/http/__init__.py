"""The one transport: how every connector speaks HTTP. Only here are requests, urllib3, tenacity and oauthlib used."""

from syncctl.connectors.http.replies import Rejected, Reply, foreign
from syncctl.connectors.http.retrying import Again, retried
from syncctl.connectors.http.signing import Sign, basic, in_header, in_query, oauth1, unsigned
from syncctl.connectors.http.transport import Http, Terms
from syncctl.connectors.http.wire import Wire

__all__ = [
    "Again",
    "Http",
    "Rejected",
    "Reply",
    "Sign",
    "Terms",
    "Wire",
    "basic",
    "foreign",
    "in_header",
    "in_query",
    "oauth1",
    "retried",
    "unsigned",
]
