"""The command `init`: takes what the flags say, or asks a person, and writes the first configuration."""

import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from syncctl.cli.app import App
from syncctl.errors import ConfigError, SyncctlError

if TYPE_CHECKING:
    from pathlib import Path

    from syncctl.config.first import First
    from syncctl.settings import StoreSettings

_SECONDS = 30.0  # that a shop may ask us to wait, while somebody sits before the screen
CRON = "*/15 * * * * cd {folder} && syncctl{option} -q sync-all --if-busy wait:600"


@click.command("init")
@click.option("--store", "stores", multiple=True, metavar="NAME=KIND", help="A web store and its kind; repeatable.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Where it is; one for each store that has one.")
@click.option("--consumer-key-env", "keys", multiple=True, metavar="NAME", help="The variable that has its key.")
@click.option("--consumer-secret-env", "secrets", multiple=True, metavar="NAME", help="... and the key's secret.")
@click.option("--access-token-env", "tokens", multiple=True, metavar="NAME", help="The variable that has its token.")
@click.option("--client-id", "ids", multiple=True, metavar="ID", help="Or the app's client id ...")
@click.option(
    "--client-secret-env", "client_secrets", multiple=True, metavar="NAME", help="... and its secret's variable."
)
@click.option("--location", "locations", multiple=True, metavar="ID", help="The location whose stock is kept in step.")
@click.option("--sandbox", is_flag=True, help="A shop to try things out on: the same as --store shop=sandbox.")
@click.option("--book-from", metavar="TIME", help="Older orders are in your books already. Default: now.")
@click.option("--country", metavar="CC", help="Of phone numbers without a country code. Default: US.")
@click.option("--output", metavar="PATH", help="The file to write. Default: syncctl.yaml.")
@click.option("--force", is_flag=True, help="Replace what is there; it is kept as PATH.old.")
@click.option("--no-input", is_flag=True, help="Ask nothing, even on a terminal.")
@click.pass_obj
def init(
    app: App,
    stores: tuple[str, ...],
    urls: tuple[str, ...],
    keys: tuple[str, ...],
    secrets: tuple[str, ...],
    tokens: tuple[str, ...],
    ids: tuple[str, ...],
    client_secrets: tuple[str, ...],
    locations: tuple[str, ...],
    sandbox: bool,
    book_from: str | None,
    country: str | None,
    output: str | None,
    force: bool,
    no_input: bool,
) -> None:
    """Write a commented configuration with every setting in it. Asks for what it needs, unless flags say it.

    \b
    syncctl init
    syncctl init --sandbox
    syncctl init --store shop=woocommerce --url https://shop.example
    syncctl init --store shop=shopify --url https://example.myshopify.com

    A secret never stands in the file: it comes from the environment, or, if you type it, from a file of its own.
    A store that has locations is asked for them, if its secret is known by then.
    """
    from pathlib import Path

    from syncctl.config.first import First, put, refuse_existing

    target = Path(output or app.explicit_config or "syncctl.yaml")
    refuse_existing(target, replace=force)
    first = First(book_from=book_from or _now(), country=(country or "US").upper())
    wanted = [*stores, *(["shop=sandbox"] if sandbox else [])]
    said = {"url": urls, "consumer_key": keys, "consumer_secret": secrets, "access_token": tokens}
    said |= {"client_id": ids, "client_secret": client_secrets, "location": locations}
    if wanted:
        first.take(wanted, said)
    elif no_input or not _somebody_is_there():
        hint = "Say which store: --sandbox, or --store shop=woocommerce --url https://shop.example"
        raise ConfigError("nobody is there to ask; nothing was written", hint=hint)
    else:
        _ask(app, first, ask_time=book_from is None, ask_country=country is None)
    for name in first.stores:
        _choose_location(app, first, name, ask=not (wanted or no_input))
    put(first, target, app.environ, replace=force)
    app.show_line(str(target))
    _say_next(app, first, target)


def _now() -> str:
    from syncctl import times

    return f"{times.to_text(times.now())[:19]}Z"


def _somebody_is_there() -> bool:
    from syncctl.render import is_terminal

    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def _ask(app: App, first: "First", *, ask_time: bool, ask_country: bool) -> None:
    """The wizard. Each answer is checked at once, and asked for again if it will not do."""
    from syncctl.config import first as rules

    app.say("A few questions; the answer in brackets is taken if you press Enter. Ctrl-C leaves without writing.")
    while True:
        kind = click.prompt("Kind of web store", type=click.Choice(rules.store_kinds()), default="sandbox", err=True)
        name = _prompt("A short name for it", lambda text: rules.name_problem(first, text), "shop")
        _ask_store(first, name, kind)
        if not click.confirm("Another web store?", default=False, err=True):
            break
    if ask_time:
        question = "Orders placed before this moment are in your books already"
        first.book_from = _prompt(question, rules.time_problem, first.book_from)
    if ask_country:
        question = "Country of phone numbers that are written without a country code"
        first.country = _prompt(question, rules.country_problem, first.country)


def _ask_store(first: "First", name: str, kind: str) -> None:
    from syncctl.config import first as rules

    first.stores[name] = {"connector": kind}
    ways = {one[0]: one for one in rules.ways_in(kind) if one}
    way = ways[_one_of("It lets us in by", ways)] if ways else ()
    for setting, part in rules.needed(kind, way).items():
        if rules.is_path(part):
            first.stores[name][setting] = rules.proposed_path(part, name)
            continue
        secret = rules.is_secret(part)
        question = (part.description or setting).partition(". ")[0]
        if secret:
            file = rules.secret_file(name, setting)
            question += f" Type it (it is kept in {file}), or $NAME for a variable"
        answer = _prompt(question, partial(rules.problem, kind, way, setting), None, secret)
        first.answer(name, setting, answer, secret=secret)


def _one_of(question: str, answers: Iterable[str]) -> str:
    """The only one of these answers, or the one that a person gives."""
    known = list(answers)
    if len(known) == 1:
        return known[0]
    chosen: str = click.prompt(question, type=click.Choice(known), default=known[0], err=True)
    return chosen


def _choose_location(app: App, first: "First", name: str, *, ask: bool) -> None:
    """Ask a store that has locations for them, where its secrets are known: the only one is taken, of several one is
    chosen. What cannot be known now, `doctor` tells."""
    found = _locations(app, first, name)
    if not found:
        return
    app.say(f"Locations of {name}: " + ", ".join(f"{number} ({title})" for number, title in found.items()))
    if len(found) == 1 or ask:
        first.stores[name]["location"] = _one_of("Whose stock is kept in step?", found)
    else:
        app.say(f"Set stores.{name}.location to the one whose stock is kept in step, or no level is written.")


def _locations(app: App, first: "First", name: str) -> dict[str, str]:
    from pydantic import TypeAdapter, ValidationError

    from syncctl.connectors import open_store
    from syncctl.connectors.patience import Patience
    from syncctl.settings import StoreSettings

    given = first.resolved(name, app.environ)
    if given is None or given.get("location"):
        return {}
    try:
        settings = _hurried(TypeAdapter(StoreSettings).validate_python(given))
        with closing(open_store(name, settings, Patience(_SECONDS, say=app.say))) as store:
            return store.fetch_locations() if store.abilities.locations else {}
    except ValidationError:
        return {}  # it is tried out as a whole, and told there
    except SyncctlError as error:
        app.say(f"Its locations cannot be seen now: {error}")
        return {}


def _hurried(settings: "StoreSettings") -> "StoreSettings":
    """The same store, asked by somebody who waits for the answer."""
    known = type(settings).model_fields
    waits: dict[str, object] = {one: timedelta(seconds=_SECONDS / 3) for one in ("timeout", "deadline") if one in known}
    return settings.model_copy(update=waits)


def _prompt(question: str, problem: Callable[[str], str], default: str | None, hidden: bool = False) -> str:
    def checked(text: str) -> str:
        text = text.strip()
        if found := problem(text):
            raise click.BadParameter(found)
        return text

    answer: str = click.prompt(question.rstrip("."), default=default, value_proc=checked, hide_input=hidden, err=True)
    return answer


def _say_next(app: App, first: "First", target: "Path") -> None:
    """What to type now, in this order."""
    usual = str(target) == "syncctl.yaml"
    option = "" if usual else f" --config {target}"
    app.say(f"{target} is written; only you can read it. Next:")
    missing = [name for name in first.variables if name not in app.environ]
    steps = [f"export {name}=…" for name in missing]
    steps += [f"syncctl{option} {command}" for command in ("doctor", "plan", "sync-all")]
    for step in steps:
        app.say(f"  {step}")
    if any(store["connector"] != "sandbox" for store in first.stores.values()):
        app.say("(the back office is a sandbox so far, a local file: nothing reaches real books)")
    app.say("and once it does what you want, for every 15 minutes, by `crontab -e`:")
    app.say(f"  {CRON.format(folder=target.absolute().parent, option=option and f' --config {target.absolute()}')}")
    if first.variables:
        app.say(f"  (cron has an environment of its own: set {' and '.join(first.variables)} there, too)")
