"""The way to a real Tryton: signing in, what is refused, and what a session that ended means."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens
from syncctl.connectors.tryton.books import TrytonBooks
from syncctl.connectors.tryton.rpc import Declined, Rpc
from syncctl.errors import ConfigError, SignInNeeded, Unreachable
from syncctl.settings import TrytonBooksSettings
from tests.tryton.client import Client
from tests.tryton.conftest import settings_for
from tests.tryton.server import TrytonServer


def rpc(settings: TrytonBooksSettings, tokens: Tokens | None = None) -> Rpc:
    return Rpc("back-office", settings, Patience(), tokens or Tokens())


def test_values_come_back_as_they_were_sent(settings: TrytonBooksSettings) -> None:
    way = rpc(settings)
    [party] = way.write("party.party", "create", [{"name": "Ann [/foo] é"}], context={"company": 1})
    [found] = way.read("party.party", "read", [party], ["name", "create_date"])
    assert found["name"] == "Ann [/foo] é"
    assert isinstance(found["create_date"], datetime) and found["create_date"].tzinfo is UTC
    assert abs((found["create_date"] - datetime.now(UTC)).total_seconds()) < 60
    [rate] = way.read("currency.currency.rate", "search_read", [], 0, None, None, ["date", "rate"])
    assert (rate["date"], rate["rate"]) == (date(2000, 1, 1), Decimal(1))


def test_somebody_whom_tryton_does_not_know_needs_a_person(server: TrytonServer) -> None:
    with pytest.raises(SignInNeeded, match="does not let 'somebody' into the database 'retail'"):
        rpc(settings_for(server, user="somebody")).read("party.party", "search", [])


def test_a_database_that_is_not_there_is_named(server: TrytonServer) -> None:
    with pytest.raises((Unreachable, SignInNeeded)) as caught:
        rpc(settings_for(server, database="nobodys")).read("party.party", "search", [])
    assert "nobodys" in f"{caught.value}{caught.value.hint}"


def test_what_a_user_may_not_call_is_named(settings: TrytonBooksSettings) -> None:
    with pytest.raises(SignInNeeded, match=r"may not call model\.ir\.configuration") as caught:
        rpc(settings).read("ir.configuration", "search_read", [], 0, None, None, ["language"])
    assert caught.value.status == 403


def test_a_refusal_is_tryton_s_own_sentence_without_what_we_had_sent(settings: TrytonBooksSettings) -> None:
    way = rpc(settings)
    way.write("party.party", "create", [{"name": "Ann", "code": "A-1"}])
    with pytest.raises(Declined) as caught:
        way.write("party.party", "create", [{"name": "Bob", "code": "A-1"}])
    assert caught.value.kind == "UserError" and "must be unique" in caught.value.said


def test_a_session_that_ended_is_opened_anew_and_the_call_is_made_once(
    settings: TrytonBooksSettings, server: TrytonServer, people: Client
) -> None:
    tokens = Tokens()
    rpc(settings, tokens).read("party.party", "search", [])
    server.reset()  # sessions are rows of the database too
    again = rpc(settings, tokens)
    again.write("party.party", "create", [{"name": "Once"}])
    assert len(people.rows("party.party", [["name", "=", "Once"]])) == 1


def test_a_second_run_uses_the_session_of_the_first(settings: TrytonBooksSettings) -> None:
    tokens = Tokens()
    first, second = rpc(settings, tokens), rpc(settings, tokens)
    first.read("party.party", "search", [])
    third = rpc(settings, tokens)
    assert third._session == first._session and second._session == ""


def test_it_says_which_company_it_keeps_books_of(settings: TrytonBooksSettings) -> None:
    about = TrytonBooks("back-office", settings).about()
    assert about.name == "Example Retail" and about.currency == "GBP"
    assert about.identity == TrytonBooks("back-office", settings).about().identity


def test_a_web_shop_that_is_not_there_is_a_matter_of_settings(server: TrytonServer) -> None:
    with pytest.raises(ConfigError, match="no web shop 'other'"):
        TrytonBooks("back-office", settings_for(server, web_shop="other")).about()
