"""Who the other side is, is proved or nothing is sent; and each way to fail has its own sentence."""

import ssl
from pathlib import Path

import pytest
import trustme

from syncctl.connectors.http import in_query
from syncctl.errors import ConfigError, Unreachable
from tests.fakes.certificates import Certificates
from tests.fakes.wire import names
from tests.transport.kit import ROWS, Rows, ask

pytestmark = pytest.mark.wire


def test_a_server_of_a_known_authority_is_asked(secure: Rows, certificates: Certificates) -> None:
    http = ask(secure, ca_file=certificates.authority)
    assert [http.get("orders").body, http.send("POST", "orders", {}).body] == [ROWS, ROWS]
    assert secure.connections == 1
    http.close()


def test_a_server_of_an_unknown_authority_is_told_nothing(secure: Rows) -> None:
    with pytest.raises(Unreachable, match="from an authority that is not known here") as caught:
        ask(secure, sign=in_query("ck_canary", "cs_canary")).get("orders")
    assert "ca_file" in caught.value.hint
    assert (secure.log, secure.connections) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "sentence", "fix"),
    [
        ("tls_expired", "the certificate of localhost has expired", "renewed"),
        ("tls_wrong_host", "the certificate of localhost is for another host", "url"),
    ],
)
def test_a_bad_certificate_is_named_and_not_tried_again(
    secure: Rows, certificates: Certificates, kind: str, sentence: str, fix: str
) -> None:
    http = ask(secure, ca_file=certificates.authority)
    assert http.get("orders").body == ROWS
    secure.fail(kind)
    with pytest.raises(Unreachable, match=sentence) as caught:
        http.get("orders")
    assert fix in caught.value.hint
    assert (secure.count, secure.work) == (2, 1)
    assert http.get("orders").body == ROWS, "the fault has passed"


def test_an_address_that_its_certificate_does_not_name(secure: Rows, certificates: Certificates) -> None:
    with names(), pytest.raises(Unreachable, match=r"the certificate of shop\.test is for another host"):
        ask(secure, ca_file=certificates.authority, url=f"https://shop.test:{secure.port}").get("orders")
    assert secure.log == []


def test_a_server_that_speaks_no_tls(server: Rows) -> None:
    with pytest.raises(Unreachable, match="does not speak TLS at port") as caught:
        ask(server, url=f"https://127.0.0.1:{server.port}").get("orders")
    assert "port" in caught.value.hint


def test_a_certificate_that_vouches_for_itself(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = tmp_path / "own.pem"
    path.write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    context.load_cert_chain(path)
    with Rows(tls=context) as server, pytest.raises(Unreachable, match="the certificate of localhost"):
        ask(server).get("orders")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_the_environment_is_not_trusted(
    secure: Rows, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(certificates.authority))
    with pytest.raises(Unreachable, match="not known here"):
        ask(secure).get("orders")


def test_an_authority_of_the_environment_does_not_stand_in_for_ours(
    secure: Rows, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere.pem")
    assert ask(secure, ca_file=certificates.authority).get("orders").body == ROWS


def test_the_keys_of_a_connection_are_written_nowhere(
    secure: Rows, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    assert ask(secure, ca_file=certificates.authority).get("orders").body == ROWS
    assert not (tmp_path / "keys.log").exists()


@pytest.mark.parametrize("text", [None, "this is no certificate"])
def test_a_ca_file_that_is_none_is_a_wrong_setting(secure: Rows, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    with pytest.raises(ConfigError, match="ca_file"):
        ask(secure, ca_file=path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_not_spoken(certificates: Certificates) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Rows(tls=context) as server, pytest.raises(Unreachable, match="agree on no encryption"):
        ask(server, ca_file=certificates.authority).get("orders")
