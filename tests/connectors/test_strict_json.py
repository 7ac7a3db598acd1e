"""JSON is read strictly: nothing twice, nothing expanded, and every row with the text that it came from."""

import json
import threading
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.strict_json import parse_object, parse_parts, parse_reply, parse_rows
from syncctl.errors import DataError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
ROWS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=5)


@given(rows=ROWS, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_rows_come_whole_and_with_their_own_text(
    rows: list[dict[str, object]], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii_only)
    assert parse_reply(text) == rows
    found = parse_rows(text)
    assert [row for row, _ in found] == rows
    assert [json.loads(piece) for _, piece in found] == rows
    assert all(piece in text for _, piece in found)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[{"id":1,"id":2}]', "the key 'id' stands twice"),
        ('[{"id" : 1, "id" : 2}]', "the key 'id' stands twice"),
        ('[{"a":"\\":","id":1,"id":2}]', "the key 'id' stands twice"),
        ('[{"a":{"id":1,"id":1}}]', "the key 'id' stands twice"),
        ('[{"id":NaN}]', "NaN is no number"),
        ('[{"id":-Infinity}]', "-Infinity is no number"),
        ('[{"id":1}', "no , at character 9"),
        ('[{"id":1}]x', "more follows at character 10"),
        ('[{"id":1} {"id":2}]', "no , at character 10"),
        ('[{"id":1},]', "there is none at character 10"),
        ('[{"id":1},3]', "there is none at character 10"),
        ("[3]", "there is none at character 1"),
        ('[{"id":1},null]', "there is null in it"),
        ('[{"id":1', "no readable JSON"),
        ('{"id":1}', "is no list"),
        ("", "is no list"),
        ("<html>", "is no list"),
        ('[{"a":' + "[" * 50_000, "no readable JSON"),
    ],
)
def test_what_is_no_list_of_objects_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        parse_rows(text)


@given(rows=ROWS, beside=VALUES, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_the_items_of_a_list_within_come_with_their_own_text_and_all_else_besides(
    rows: list[dict[str, object]], beside: object, indent: int | None, ascii_only: bool
) -> None:
    body = {"a": beside, "data": {"b": beside, "orders": {"nodes": [*rows, None], "nodes2": [1]}, "c": 1}, "orders": 2}
    text = json.dumps(body, indent=indent, ensure_ascii=ascii_only)
    found, items = parse_parts(text, ("data", "orders", "nodes"))
    assert found == parse_reply(text) == body
    assert [row for row, _ in items] == [*rows, None]
    assert [json.loads(piece) for _, piece in items] == [*rows, None]
    assert all(piece in text for _, piece in items)


@pytest.mark.parametrize("text", ['{"data":null}', '{"data":{"orders":null}}', '{"data":{"nodes":3}}', "[]", "3", "{}"])
def test_where_there_is_no_list_within_there_are_no_items(text: str) -> None:
    assert parse_parts(text, ("data", "orders", "nodes")) == (json.loads(text), [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"data":{"nodes":[{}]}',
        '{"data":{"nodes":[{}]}}x',
        '{"data":{"nodes":[{}],"nodes":[]}}',
        '{"data":{"nodes":[{}],"a":1,"a":2}}',
        '{"data":{"nodes":[3]}}',
        '{"data":{"nodes":[{"a":1,"a":1}]}}',
        '{"data":{"nodes":[{}],}}',
        '{"data":{,"nodes":[{}]}}',
        '{"data":{"nodes":[nope]}}',
        '{3:1,"data":{}}',
        '{"data" 1}',
    ],
)
def test_a_reply_that_is_not_sound_all_around_its_list_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_parts(text, ("data", "nodes"))


@pytest.mark.parametrize("text", ["", " ", "<html>", '"a', "[1,]", "{'a':1}", "01", "NaN", "[1] [2]", '{"a":1,"a":1}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_reply(text)


def test_a_number_that_may_be_huge_comes_as_its_text() -> None:
    began = time.process_time()
    row = parse_rows('[{"a":1e1000000,"b":0.1,"c":-1E5,"d":12}]')[0][0]
    assert row == {"a": "1e1000000", "b": "0.1", "c": "-1E5", "d": 12}
    assert parse_reply('{"a": ' + "9" * 5000 + "}") == {"a": "9" * 5000}
    assert time.process_time() - began < 0.5


def test_what_is_kept_may_hold_words_that_are_no_numbers() -> None:
    assert parse_object('{"a":NaN,"b":-Infinity}') == {"a": "NaN", "b": "-Infinity"}


def test_half_a_letter_is_replaced() -> None:
    assert parse_rows('[{"a":"x\\ud800y"},{"b":"\\ud83d\\ude42"}]')[0][0] == {"a": "x\ufffdy"}
    assert parse_rows('[{"b":"\\ud83d\\ude42"}]')[0][0] == {"b": "🙂"}


@pytest.mark.parametrize("text", ["[" + "[]," * 1_100_000 + "[]]", "[" + "1," * 11_000_000 + "1]"])
def test_a_text_of_nothing_but_parts_is_refused_before_it_fills_the_memory(text: str) -> None:
    with pytest.raises(DataError, match="far too many parts"):
        parse_reply(text)


def test_threads_do_not_count_each_others_keys() -> None:
    text = json.dumps([{"a": {"b": {"c": number}}} for number in range(200)], separators=(",", ":"))
    wrong: list[object] = []

    def read() -> None:
        for _ in range(60):
            try:
                if len(parse_rows(text)) != 200:
                    wrong.append("short")
                parse_object('{"k":{"k":{"k":1}}}')
            except DataError as error:
                wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 900, 5000])
def test_half_a_letter_deep_in_lists_is_read_or_is_an_error_of_the_text(depth: int) -> None:
    with suppress(DataError):
        assert str(parse_reply("[" * depth + '"\\ud800"' + "]" * depth)).count("\ufffd") == 1
