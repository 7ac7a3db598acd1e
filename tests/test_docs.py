"""The manual cannot lie: what README.md shows exists and works; docs/commands.md, config.example.yaml and the README's
tables of systems are made from the commands, the settings and the connectors themselves.

`python tests/test_docs.py` writes them anew.
"""

import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import syncctl
from syncctl import errors
from syncctl.cli import COMMANDS, EPILOG, main
from syncctl.config.sample import Sample

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "docs" / "commands.md"
EXAMPLE = ROOT / "config.example.yaml"
SAMPLE = Sample(
    header="# syncctl: every setting. "
    "It works as it stands, with a sandbox for a web store and another for a back office.\n#\n",
    values={
        "back_office": {"connector": "sandbox", "path": "sandbox/back-office.db"},
        "stores": {"shop": {"connector": "sandbox", "path": "sandbox/shop.db"}},
        "orders": {"book_from": "2010-01-01"},
    },
    notes={
        "orders.book_from": "This date suits the sandbox. For a real shop write the moment it goes live, such as "
        "2026-11-21T09:00:00Z."
    },
    further_stores={
        "woo": {
            "connector": "woocommerce",
            "url": "https://shop.example",
            "consumer_key": "${WOO_KEY}",
            "consumer_secret": "${WOO_SECRET}",
        },
        "shopify": {
            "connector": "shopify",
            "url": "https://example.myshopify.com",
            "access_token": "${SHOPIFY_TOKEN}",
        },
    },
    other_back_offices=[
        {
            "connector": "tryton",
            "url": "https://tryton.example",
            "database": "retail",
            "user": "syncctl",
            "password": "${TRYTON_PASSWORD}",
            "web_shop": "store",
        }
    ],
)


def commands(command: click.Command, parent: click.Context | None, name: str) -> Iterator[click.Context]:
    """A context for a command and, below it, for all its commands."""
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=100, max_content_width=100, **command.context_settings
    )
    yield context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from commands(found, context, child)


def reference() -> str:
    """The text of docs/commands.md."""
    parts = ["# Commands\n\nWhat `--help` says of each; written by `python tests/test_docs.py`.\n"]
    for context in commands(main, None, "syncctl"):
        text = "\n".join(line.rstrip() for line in context.command.get_help(context).splitlines())
        parts.append(f"## {context.command_path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def blocks() -> list[str]:
    """The lines of README.md's shell blocks, without their comments."""
    text = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    return [line.partition("  #")[0].strip() for line in text.splitlines() if line.strip()]


def test_the_command_reference_is_what_help_says() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "python tests/test_docs.py writes it anew"


def test_the_example_of_a_configuration_is_made_from_the_settings() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == SAMPLE.text(), "python tests/test_docs.py writes it anew"


def test_the_tables_of_systems_say_what_the_connectors_can_do_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests import systems

    def refuse(*_arguments: object) -> None:
        raise AssertionError("somebody was contacted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("sqlite3.connect", refuse)
    assert systems.tables() in README, "python tests/test_docs.py writes them anew"
    assert README.count(systems.BEGIN) == README.count(systems.END) == 1


def test_every_help_fits_a_screen() -> None:
    long = [one.command_path for one in commands(main, None, "syncctl") if one.get_help().count("\n") >= 40]
    assert long == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_and_the_command_itself_say_what_it_does(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None and command.name == name
    assert command.help and len(COMMANDS[name][1]) < 60


def test_every_command_and_option_in_the_readme_exists() -> None:
    known = {context.command_path: context.command for context in commands(main, None, "syncctl")}
    shown = [line for line in blocks() if line.startswith("syncctl ")]
    shown += [code for code in re.findall(r"`(syncctl [^`]+)`", README) if "|" not in code.replace("\\|", "")]
    assert len(shown) > 10
    for line in shown:
        words = shlex.split(line.partition(" \\|")[0])
        path, options = words[0], []
        for word in words[1:]:
            if f"{path} {word}" in known:
                path = f"{path} {word}"
            elif word.startswith("-"):
                options.append(word)
        assert path != "syncctl" or options, line
        allowed = {"-q", "-v", "--config", "--help"} | {o for p in known[path].params for o in p.opts}
        assert set(options) <= allowed, line


def test_every_link_in_the_readme_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_readme_and_help_tell_every_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    for code in {0, 1, 130, 143, *(kind.exit_code for kind in kinds)}:
        assert re.search(rf"^\| [^|]*\b{code}\b[^|]* \|", README, re.MULTILINE), code
        assert re.search(rf"\b{code}\b", EPILOG), code


def test_the_first_line_of_the_readme_sets_up_and_runs_the_main_job(tmp_path: Path) -> None:
    (line,) = [line for line in blocks() if "pip install" in line and "sync-all" in line]
    setup, _, run = line.rpartition(" && ")
    assert setup == "python3 -m venv .venv && .venv/bin/pip install -q ."  # .ci/run does this part too
    shutil.copy(ROOT / "config.example.yaml", tmp_path)
    arguments = shlex.split(run)
    assert arguments[0] == ".venv/bin/syncctl"
    done = subprocess.run(
        [sys.executable, "-m", "syncctl", *arguments[1:]],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hub.db").exists()


def test_the_change_log_and_the_package_name_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == project["version"] == syncctl.__version__


if __name__ == "__main__":
    REFERENCE.parent.mkdir(exist_ok=True)
    REFERENCE.write_text(reference(), encoding="utf-8")
    EXAMPLE.write_text(SAMPLE.text(), encoding="utf-8")
    sys.path.append(str(ROOT))
    from tests import systems

    before, _, rest = README.partition(systems.BEGIN)
    after = rest.partition(systems.END)[2]
    (ROOT / "README.md").write_text(f"{before}{systems.tables()}{after}", encoding="utf-8")
