"""Certificates for servers that speak TLS: a good one, and one for each way to be bad; made anew for each run."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme

HOST = "localhost"


@dataclass(frozen=True)
class Certificates:
    """`authority`: the file of the authority that a client must trust. The rest is for `Server`."""

    authority: Path
    good: ssl.SSLContext
    bad: dict[str, ssl.SSLContext]

    @property
    def served(self) -> dict[str, Any]:
        """What a `Server` is given to speak TLS."""
        return {"tls": self.good, "bad_tls": self.bad}


def make_certificates(folder: Path) -> Certificates:
    """All of them, of one authority; its file lies in the folder."""
    authority = trustme.CA()
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    now = datetime.now(UTC)
    return Certificates(
        authority=path,
        good=_context(authority.issue_cert(HOST, "127.0.0.1")),
        bad={
            "tls_expired": _context(
                authority.issue_cert(HOST, not_before=now - timedelta(9), not_after=now - timedelta(1))
            ),
            "tls_wrong_host": _context(authority.issue_cert("other.example")),
        },
    )


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
