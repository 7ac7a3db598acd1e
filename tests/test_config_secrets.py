"""Secrets: where they may stand, and that no error shows one. No connector has one yet: the models are this test's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from syncctl.config import load_model
from syncctl.errors import ConfigError
from tests.fakes.configs import write

HIDDEN = "hunter2-Zebra"


class Alpha(BaseModel, extra="forbid"):
    connector: Literal["alpha"]
    token: SecretStr = Field(min_length=6)
    backup: Annotated[SecretStr, Field(description="x")] | None = None
    port: int = 1

    @field_validator("token")
    @classmethod
    def _not_a_zoo(cls, value: SecretStr) -> SecretStr:
        if "Giraffe" in value.get_secret_value():
            raise ValueError(f"careless: {value.get_secret_value()} is no token")
        return value

    @model_validator(mode="after")
    def _careless(self) -> "Alpha":
        if self.port == 666:
            raise ValueError(f"port: bad luck with {self.token.get_secret_value()!r}")
        return self


class Beta(BaseModel, extra="forbid"):
    connector: Literal["beta"]
    path: Path = Path("beta.db")


class Shop(BaseModel, extra="forbid"):
    stores: dict[str, Annotated[Alpha | Beta, Field(discriminator="connector")]]
    keys: dict[str, SecretStr] = {}
    many: tuple[SecretStr, ...] = ()


def shop(folder: Path, text: str, environ: Mapping[str, str] | None = None, mode: int = 0o600) -> Shop:
    return load_model(Shop, write(folder / "shop.yaml", text, mode), environ or {})


def shop_refused(folder: Path, text: str, environ: Mapping[str, str] | None = None, mode: int = 0o600) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        shop(folder, text, environ, mode)
    told = [str(caught.value), caught.value.hint, *caught.value.problems]
    assert HIDDEN not in " ".join(told)
    assert caught.value.__cause__ is None
    return [line.removeprefix(f"{folder / 'shop.yaml'}:") for line in caught.value.problems]


ALPHA = "stores:\n  a:\n    connector: alpha\n    token: {}\n"


def token(loaded: Shop) -> str:
    (store,) = loaded.stores.values()
    assert isinstance(store, Alpha)
    return store.token.get_secret_value()


def test_a_secret_can_come_from_the_environment_even_in_a_file_that_all_can_read(tmp_path: Path) -> None:
    assert token(shop(tmp_path, ALPHA.format("${TOKEN}"), {"TOKEN": HIDDEN}, mode=0o644)) == HIDDEN


def test_a_secret_of_the_environment_is_never_taken_for_a_file_or_looked_through(tmp_path: Path) -> None:
    for value in ("file:/etc/hostname", "${HOME}/x"):
        assert token(shop(tmp_path, ALPHA.format("${TOKEN}"), {"TOKEN": value, "HOME": "y"})) == value


def test_a_secret_can_come_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write(tmp_path / "keys/token", HIDDEN + "\r\n")
    assert token(shop(tmp_path, ALPHA.format("file:keys/token"), mode=0o644)) == HIDDEN
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "keys")}
    assert token(shop(tmp_path, ALPHA.format("file:${CREDENTIALS_DIRECTORY}/token"), environ)) == HIDDEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
@pytest.mark.parametrize("written", [HIDDEN, f"${{TOKEN:-{HIDDEN}}}", f"{HIDDEN}${{TOKEN}}"])
def test_a_secret_in_a_file_that_others_can_read_is_refused_with_the_fix(
    tmp_path: Path, mode: int, written: str
) -> None:
    (problem,) = shop_refused(tmp_path, ALPHA.format(written), {"TOKEN": "abcdefgh"}, mode)
    assert problem.startswith("4: stores.a.token: ")
    assert f"chmod 600 {tmp_path / 'shop.yaml'}" in problem
    assert "${NAME}" in problem
    assert HIDDEN in token(shop(tmp_path, ALPHA.format(HIDDEN), mode=0o600))


def test_a_secret_is_found_in_optional_fields_dicts_and_lists(tmp_path: Path) -> None:
    text = ALPHA.format("${T}") + f"    backup: {HIDDEN}\nkeys: {{k: {HIDDEN}}}\nmany: [{HIDDEN}]\n"
    found = shop_refused(tmp_path, text, {"T": HIDDEN}, 0o644)
    assert [problem.split(": ")[1] for problem in found] == ["stores.a.backup", "keys.k", "many.0"]
    loaded = shop(tmp_path, text, {"T": HIDDEN})
    assert loaded.many[0].get_secret_value() == loaded.keys["k"].get_secret_value() == HIDDEN


def test_the_file_of_a_secret_must_be_private_readable_and_not_empty(tmp_path: Path) -> None:
    write(tmp_path / "open", HIDDEN, 0o644)
    write(tmp_path / "empty", "\n")
    write(tmp_path / "binary", HIDDEN.encode() + b"\xff")
    write(tmp_path / "huge", HIDDEN * 10_000)
    told = {
        "file:open": f"chmod 600 {tmp_path / 'open'}",
        "file:empty": "empty",
        "file:binary": "not UTF-8",
        "file:huge": "larger than",
        "file:none": "No such file",
        "file:.": "Is a directory",
        "'file:'": "path of a file",
        "file:~/x": "${HOME}",
        '""': "empty",
        "${EMPTY}": "empty",
        "${NONE}": "no NONE in the environment",
    }
    for written, expected in told.items():
        (problem,) = shop_refused(tmp_path, ALPHA.format(written), {"EMPTY": ""})
        assert problem.startswith("4: stores.a.token: ")
        assert expected in problem


@pytest.mark.parametrize(
    "text",
    [
        ALPHA.format(f"&{HIDDEN}"),
        ALPHA.format(f"*{HIDDEN}"),
        ALPHA.format(f"!{HIDDEN}"),
        ALPHA.format(f"!{HIDDEN}!x"),
        ALPHA.format(f"[{HIDDEN}]"),
        ALPHA.format(f"{{a: {HIDDEN}}}"),
        ALPHA.format(f'"{HIDDEN}'),
        ALPHA.format(f'"{HIDDEN}\\x"'),
        ALPHA.format(f"%{HIDDEN}"),
        ALPHA.format(f"{HIDDEN}: {HIDDEN}: {HIDDEN}"),
        ALPHA.format(f"`{HIDDEN}"),
        ALPHA.format(HIDDEN) + f"    token: {HIDDEN}\n",
        ALPHA.format(HIDDEN) + f"    tken: {HIDDEN}\n",
        ALPHA.format(HIDDEN) + "    port: 666\n",
        ALPHA.format(f"{HIDDEN}-Giraffe"),
        ALPHA.format(f"${{{HIDDEN}}}"),
        ALPHA.format(f"${{{HIDDEN}"),
        ALPHA.format(HIDDEN).replace("alpha", "gamma"),
        ALPHA.format(HIDDEN).replace("    connector: alpha\n", ""),
        f"stores:\n  a: {HIDDEN}\n",
        f"stores: {HIDDEN}\n",
        ALPHA.format("${TOKEN}") + f"keys: {HIDDEN}\nmany: {HIDDEN}\n",
    ],
)
def test_no_error_repeats_a_secret_however_it_was_miswritten(tmp_path: Path, text: str) -> None:
    assert shop_refused(tmp_path, text, {"TOKEN": HIDDEN})


def test_a_store_of_several_kinds_is_read_as_the_kind_it_names(tmp_path: Path) -> None:
    text = "stores:\n  b: {connector: beta}\n  a: {connector: alpha, token: '${T}'}\n"
    beta = shop(tmp_path, text, {"T": HIDDEN}).stores["b"]
    assert isinstance(beta, Beta)
    assert beta.path == tmp_path / "beta.db"
    assert shop_refused(tmp_path, "stores:\n  a:\n    connector: alpa\n  b:\n    path: x\n  c:\n    connector:\n") == [
        "3: stores.a.connector: 'alpa' is not known; did you mean `alpha`?",
        "4: stores.b.connector: this is required, such as `connector: alpha`.",
        '7: stores.c.connector: there is no value: write one ("" or [] for none), or take the line out',
    ]
