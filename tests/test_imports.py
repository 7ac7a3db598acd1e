"""The house: who may import whom, one home for each library, and nothing too long to read at a sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "syncctl"

MAY_IMPORT = {
    "errors": "",
    "times": "",
    "money": "errors",
    "units": "errors",
    "model": "money",
    "settings": "errors money model",
    "rules": "errors money model settings",
    "hub": "errors money model settings rules",
    "connectors": "errors money units model settings",
    "config": "errors settings",
    "steps": "errors money model settings rules hub connectors",
    "lock": "errors",
    "running": "errors hub",
    "cycle": "errors lock running model settings hub connectors steps backup",
    "by_hand": "errors cycle model settings steps",
    "backup": "errors hub",
    "doctor": "errors lock model settings hub connectors backup",
    "render": "errors money model",
    "cli": "errors config settings rules lock cycle by_hand doctor backup hub connectors render",
    "__init__": "",
    "__main__": "cli",
}

# Library -> the only places that may import it (folders or modules below syncctl/).
HOMES = {
    "click": ("cli",),
    "rich": ("render",),
    "sqlite_utils": ("hub",),
    "yaml": ("config",),
    "requests": ("connectors.http",),
    "urllib3": ("connectors.http",),
    "tenacity": ("connectors.http",),
    "oauthlib": ("connectors.http",),
    "certifi": ("connectors.http",),
    "filelock": ("lock",),
    "platformdirs": ("config",),
    "phonenumbers": ("rules.matching",),
    "email_validator": ("rules.matching",),
}

MODULES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    """The module's dotted name below syncctl: `hub.orders`, `cli`, `money`."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Every module that is imported in it, at the top or inside, as a full dotted name."""
    package = ["syncctl", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, node.module or ""]).strip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def broken_rules(path: Path) -> Iterator[str]:
    """What this module imports and may not."""
    name = name_of(path)
    layer = name.partition(".")[0]
    allowed = {layer, "times", "__version__", *MAY_IMPORT[layer].split()}
    for imported in imports_of(path):
        library, _, rest = imported.partition(".")
        if library == "syncctl" and rest.partition(".")[0] not in allowed:
            yield f"{name} imports {imported}"
        if library in HOMES and not any(f"{name}.".startswith(f"{home}.") for home in HOMES[library]):
            yield f"{name} imports {imported}, whose home is {' or '.join(HOMES[library])}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    assert list(broken_rules(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_and_no_function_is_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    longest = 400
    assert len(text.splitlines()) <= longest, f"{path.name} has more than {longest} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, f"{node.name} has more than 50 lines"


def test_a_connector_sees_no_other_connector() -> None:
    for path in MODULES:
        layer, _, rest = name_of(path).partition(".")
        if layer == "connectors" and rest:
            system = rest.partition(".")[0]
            others = {name_of(other).split(".")[1] for other in MODULES if name_of(other).startswith("connectors.")}
            shared = set("base wrapped checked paging dryrun http patience ahead reading strict_json tokens".split())
            seen = {name.split(".")[2] for name in imports_of(path) if name.startswith("syncctl.connectors.")}
            assert seen & (others - shared - {system}) == set(), path


def test_a_forbidden_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "rules").mkdir()
    module = tmp_path / "rules" / "bad.py"
    module.write_text("import requests\ndef f():\n    from syncctl.hub import Hub\n    from ..steps import x\n")
    assert [line.split(",")[0] for line in broken_rules(module)] == [
        "rules.bad imports requests",
        "rules.bad imports syncctl.hub.Hub",
        "rules.bad imports syncctl.steps.x",
    ]
