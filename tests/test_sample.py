"""What is written as a configuration is read back as it was meant, whatever stands in it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.config import load_config
from syncctl.config.sample import Sample
from syncctl.settings import Settings

VALUES: dict[str, Any] = {
    "back_office": {"connector": "sandbox", "path": "books.db"},
    "stores": {"a": {"connector": "sandbox", "path": "a.db"}},
    "orders": {"book_from": "2026-11-21"},
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda text: "${" not in text)


def loaded(folder: Path, **more: Any) -> Settings:
    path = folder / "syncctl.yaml"
    path.write_text(Sample(header="# For a test.\n", values=VALUES | more).text(), encoding="utf-8")
    return load_config(path, {})


def test_what_is_not_given_has_its_default(tmp_path: Path) -> None:
    stores = {"a": {"connector": "sandbox", "path": "a.db"}, "b-2": {"connector": "sandbox", "path": "b.db"}}
    found = loaded(tmp_path, stores=stores, stock={"max_age": timedelta(minutes=90), "locations": ["main", "no"]})
    assert list(found.stores) == ["a", "b-2"] and found.stores["b-2"].path == tmp_path / "b.db"
    assert found.stock.max_age == timedelta(minutes=90) and found.stock.locations == ("main", "no")
    plain = Settings.model_validate({**VALUES, "stores": stores})
    assert found.model_copy(update={"stock": plain.stock}).model_dump(exclude={"back_office", "stores", "hub"}) == (
        plain.model_dump(exclude={"back_office", "stores", "hub"})
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(text=TEXTS, words=st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_any_text_comes_back(tmp_path: Path, text: str, words: dict[str, str]) -> None:
    found = loaded(tmp_path, orders={"book_from": "2026-11-21", "default_tender": text, "tenders": words})
    assert found.orders.default_tender == text
    assert found.orders.tenders == words


@pytest.mark.parametrize(
    "word", ["no", "Off", "null", "~", "1.5", "0123", "12:30", "1e5", "- a", "a: b", "a #b", "", "-"]
)
def test_a_text_that_looks_like_something_else_is_a_text_for_any_reader(tmp_path: Path, word: str) -> None:
    loaded(tmp_path, products={"price_list": word})
    plain = yaml.safe_load((tmp_path / "syncctl.yaml").read_text(encoding="utf-8"))
    assert plain["products"]["price_list"] == word


def test_what_is_taken_from_the_environment_stays_a_reference(tmp_path: Path) -> None:
    text = Sample(header="", values=VALUES | {"products": {"price_list": "${LIST}"}}).text()
    assert "  price_list: ${LIST}\n" in text
    path = tmp_path / "syncctl.yaml"
    path.write_text(text)
    assert load_config(path, {"LIST": "web"}).products.price_list == "web"
