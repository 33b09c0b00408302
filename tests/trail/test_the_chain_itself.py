"""The arithmetic of the chain by properties: what was built checks out, and no change of any kind goes unnamed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.trail import chain
from backend.trail.chain import FIELDS, GENESIS, Link, Walk, build, canonical, digest_of

digests = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
columns = st.dictionaries(words, values, max_size=4)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {name: draw(st.none() | words) for name in FIELDS}
    entry["id"] = draw(st.integers(1, 2**62))
    for name in chain.JSON_FIELDS:
        entry[name] = json.dumps(draw(columns))
    return entry


def links_of(found: list[bytes], *, start: int = 1) -> list[Link]:
    return [
        Link(position, 1000 + position, digest, hash_, digest)
        for position, (digest, hash_) in enumerate(zip(found, build(found), strict=True), start)
    ]


def verdict(links: list[Link], heads: dict[int, bytes] | None = None) -> chain.Broken | None:
    walk = Walk(heads)
    return walk.check(links) or walk.finish()


@given(entries())
def test_the_encoding_is_json_that_says_the_same_in_one_way_only(entry: dict[str, Any]) -> None:
    encoded = canonical(entry)
    read = json.loads(encoded)
    assert list(read) == sorted(FIELDS)
    assert read["detail"] == json.loads(entry["detail"])
    spaced = {name: json.dumps(json.loads(entry[name]), indent=3, ensure_ascii=True) for name in chain.JSON_FIELDS}
    assert canonical(entry | spaced) == encoded


@given(entries(), st.sampled_from([name for name in FIELDS if name not in chain.JSON_FIELDS and name != "id"]), words)
def test_any_other_word_in_any_column_is_another_digest(entry: dict[str, Any], name: str, word: str) -> None:
    assert (digest_of(entry | {name: word}) == digest_of(entry)) == (entry[name] == word)


def test_the_encoding_and_the_first_hashes_stay_what_they_were() -> None:
    entry = dict.fromkeys(FIELDS) | {"id": 7, "at": "2026-09-28T01:00:00.000000Z", "detail": '{"b": 1.50, "a": "评"}'}
    assert canonical(entry).decode() == (
        '{"acting_for":null,"action":null,"actor":null,"address":null,"after":null,"at":"2026-09-28T01:00:00.000000Z",'
        '"before":null,"clause":null,"detail":{"a":"评","b":1.5},"id":7,"request_id":null,"role":null,"subject":null,'
        '"why":null}'
    )
    assert GENESIS.hex() == "2adf31023a98832e05f2dfb6ba1dbafcfb3e453718adf86b3b47fe6dbb908c7b"
    assert digest_of(entry).hex() == "ce080e8cc2a0718da9232c0f8636b670cd1295dd19109ab7cc35e18f9409a679"


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000 + "]" * 100_000])
def test_nobody_stops_the_chain_by_writing_what_python_cannot_read(text: str) -> None:
    entry = dict.fromkeys(FIELDS) | {"id": 7, "detail": text}
    assert json.loads(canonical(entry))["detail"] == text


@given(digests, st.integers(1, 7))
def test_what_was_built_checks_out_in_batches_of_any_size(found: list[bytes], size: int) -> None:
    links = links_of(found)
    walk = Walk({links[-1].position: links[-1].hash})
    for start in range(0, len(links), size):
        assert walk.check(links[start : start + size]) is None
    assert walk.finish() is None
    assert walk.position == len(links)


@given(digests, st.data())
def test_a_changed_entry_is_named_by_position_and_number(found: list[bytes], data: st.DataObject) -> None:
    links = links_of(found)
    index = data.draw(st.integers(0, len(links) - 1))
    changed = bytearray(links[index].digest)
    changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    links[index] = replace(links[index], found=bytes(changed))
    broken = verdict(links)
    assert broken is not None
    assert (broken.position, broken.entry_id) == (index + 1, 1001 + index)
    assert broken.what == "changed"


@given(digests, st.data(), st.booleans())
def test_a_dropped_link_is_named_whether_or_not_the_rest_was_renumbered(
    found: list[bytes], data: st.DataObject, renumbered: bool
) -> None:
    links = links_of(found)
    head = {links[-1].position: links[-1].hash}
    index = data.draw(st.integers(0, len(links) - 1))
    del links[index]
    if renumbered:
        links = [replace(one, position=position) for position, one in enumerate(links, 1)]
    broken = verdict(links, head)
    assert broken is not None
    assert broken.position == index + 1
    if index == len(found) - 1:
        assert broken.what == "truncated"
    elif index < len(found) - 2 or not renumbered:
        assert broken.what == "dropped"


@given(digests, st.data(), st.sampled_from(["entry", "seal", "row"]))
def test_a_swapped_pair_is_named_however_it_was_swapped(found: list[bytes], data: st.DataObject, how: str) -> None:
    links = links_of([*found, b"x" * 32, b"y" * 32] if len(found) < 2 else found)
    index = data.draw(st.integers(0, len(links) - 2))
    one, other = links[index], links[index + 1]
    if how == "entry":  # only which entry a link points to
        links[index] = replace(one, entry_id=other.entry_id, found=other.found)
        links[index + 1] = replace(other, entry_id=one.entry_id, found=one.found)
    elif how == "seal":  # entry and digest, the hashes left in their places
        links[index] = replace(other, position=one.position, hash=one.hash)
        links[index + 1] = replace(one, position=other.position, hash=other.hash)
    else:  # whole rows
        links[index] = replace(other, position=one.position)
        links[index + 1] = replace(one, position=other.position)
    broken = verdict(links)
    assert broken is not None
    assert (broken.what, broken.position, broken.entry_id) == ("swapped", index + 1, other.entry_id)
    assert str(one.entry_id) in broken.sentence


@given(digests, st.data())
def test_a_changed_hash_is_named(found: list[bytes], data: st.DataObject) -> None:
    links = links_of(found)
    index = data.draw(st.integers(0, len(links) - 1))
    links[index] = replace(links[index], hash=bytes(byte ^ 1 for byte in links[index].hash))
    broken = verdict(links)
    assert broken is not None
    assert broken.position == index + 1


@given(digests, st.data())
def test_a_tail_that_is_gone_or_written_anew_is_told_by_a_head(found: list[bytes], data: st.DataObject) -> None:
    links = links_of(found)
    kept = {links[-1].position: links[-1].hash}
    cut = data.draw(st.integers(0, len(links) - 1))
    broken = verdict(links[:cut], kept)
    assert broken is not None
    assert (broken.what, broken.position) == ("truncated", cut + 1)
    anew = links_of([bytes(byte ^ (index >= cut) for byte in one.digest) for index, one in enumerate(links)])
    told = verdict(anew, kept)
    assert told is not None
    assert (told.what, told.position) == ("rewritten", links[-1].position)
    assert verdict(anew) is None  # without a head nobody can tell: that is what heads are for
