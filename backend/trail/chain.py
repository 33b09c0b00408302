"""The arithmetic of the chain: what a digest is taken over, how links follow, what is wrong with a stream of them.

Pure: standard library only, no database. The verifier in an exported bundle (bundled/verify.py) needs less of it: a
bundle carries the canonical encodings themselves, and whoever checks takes SHA-256 of a line and of two joined hashes.

    digest of an entry = SHA-256(canonical encoding)
    hash 0             = SHA-256("yishiyiyi trail 1")
    hash n             = SHA-256(hash n-1 || digest n)

The canonical encoding is one JSON object in UTF-8: the keys of FIELDS sorted by code point, no space between tokens,
characters beyond ASCII as themselves. `at` is UTC with six digits after the second, closed by Z. `detail`, `before` and
`after` are read from PostgreSQL's jsonb text and encoded by the same rules: whole numbers exactly, fractions as the
nearest IEEE double in its shortest form (as RFC 8785 does). Where Python cannot read such a text (a number of thousands
of digits) the text itself stands as a string: nobody can stop the chain by writing one.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

FIELDS = (
    "acting_for",
    "action",
    "actor",
    "address",
    "after",
    "at",
    "before",
    "clause",
    "detail",
    "id",
    "request_id",
    "role",
    "subject",
    "why",
)
JSON_FIELDS = ("after", "before", "detail")
GENESIS = hashlib.sha256(b"yishiyiyi trail 1").digest()

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(entry: Mapping[str, object]) -> bytes:
    """The encoding of an entry whose JSON columns are jsonb text (or None). Raises KeyError for a missing field."""
    values = {name: entry[name] for name in FIELDS}
    for name in JSON_FIELDS:
        text = values[name]
        if isinstance(text, str):
            values[name] = _read(text)
    return _encode(values).encode()


def _read(text: str) -> object:
    try:
        value = json.loads(text)
        _encode(value)
    except (ValueError, RecursionError):
        return text
    return value


def digest_of(entry: Mapping[str, object]) -> bytes:
    """32 bytes."""
    return hashlib.sha256(canonical(entry)).digest()


def link(previous: bytes, digest: bytes) -> bytes:
    """The hash that follows `previous` by `digest`: 32 bytes."""
    return hashlib.sha256(previous + digest).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """A row of the chain as it is stored, with its entry as it stands now: `found` is None where the entry is gone."""

    position: int
    entry_id: int
    digest: bytes
    hash: bytes
    found: bytes | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link that is not right: `what` is for programs, `sentence` for people. `entry_id` None: no such row."""

    position: int
    entry_id: int | None
    what: str
    sentence: str


class Walk:
    """Checks links as they come, one behind: the link that follows tells a swap from a loss. Constant memory.

    `heads`: position -> hash of the heads that were kept elsewhere; each is compared when its position is passed.
    """

    def __init__(self, heads: Mapping[int, bytes] | None = None, *, start: int = 1, previous: bytes = GENESIS) -> None:
        self._heads = dict(heads or {})
        self._expected = start
        self._previous = previous
        self._waiting: Link | None = None
        self.seen = 0

    @property
    def position(self) -> int:
        """The last position that was checked."""
        return self._expected - 1

    def check(self, links: Iterable[Link]) -> Broken | None:
        """What is wrong with the first bad link, or None when all follow; call `finish` after the last batch."""
        for one in links:
            self.seen += 1
            if self._waiting is not None and (broken := self._one(self._waiting, one)):
                return broken
            self._waiting = one
        return None

    def finish(self) -> Broken | None:
        """Check the last link, and the heads beyond it."""
        if self._waiting is not None and (broken := self._one(self._waiting, None)):
            return broken
        self._waiting = None
        beyond = max((position for position in self._heads if position > self.position), default=None)
        if beyond is None:
            return None
        return Broken(
            self.position + 1,
            None,
            "truncated",
            f"链的末尾被截断: 另存的链头记有第{beyond}环, 现在只到第{self.position}环, "
            f"从第{self.position + 1}环起少了{beyond - self.position}环。",
        )

    def _one(self, now: Link, after: Link | None) -> Broken | None:
        broken = _gap(self._expected, now) or _swap(self._previous, now, after) or _unlike(self._previous, now, after)
        if broken:
            return broken
        head = self._heads.get(now.position)
        if head is not None and head != now.hash:
            return Broken(
                now.position,
                now.entry_id,
                "rewritten",
                f"第{now.position}环 (痕迹{now.entry_id}) 与另存的链头不符: 这一环或它之前的内容被整段改写过。",
            )
        self._previous = now.hash
        self._expected = now.position + 1
        return None


def _gap(expected: int, now: Link) -> Broken | None:
    if now.position != expected:
        return Broken(expected, None, "dropped", f"第{expected}环缺失, 后面接着的是第{now.position}环: 有一行被删除。")
    if now.found is None:
        told = f"第{now.position}环所指的痕迹{now.entry_id}已经不在: 这一行被删除。"
        return Broken(now.position, now.entry_id, "dropped", told)
    return None


def _swap(previous: bytes, now: Link, after: Link | None) -> Broken | None:
    """Two neighbours in each other's place: the entries' content, or their order in the chain."""
    if after is None or after.found is None:
        return None
    follows = link(previous, now.digest) == now.hash
    crossed = now.found != now.digest and after.found == now.digest
    turned = now.found == now.digest and not follows and link(previous, after.digest) in (now.hash, after.hash)
    if not crossed and not turned:
        return None
    told = f"第{now.position}环和第{after.position}环对调了: 痕迹{now.entry_id}和痕迹{after.entry_id}不在原来的位置。"
    return Broken(now.position, now.entry_id, "swapped", told)


def _unlike(previous: bytes, now: Link, after: Link | None) -> Broken | None:
    follows = link(previous, now.digest) == now.hash
    if now.found != now.digest:
        if not follows:
            told = f"第{now.position}环接不上前一环, 痕迹{now.entry_id}也与它的摘要不符: 这一环被换过。"
            return Broken(now.position, now.entry_id, "replaced", told)
        told = f"第{now.position}环: 痕迹{now.entry_id}的内容被改过, 与封存时的摘要不符。"
        return Broken(now.position, now.entry_id, "changed", told)
    if follows:
        return None
    if after is not None and link(now.hash, after.digest) == after.hash:
        told = f"第{now.position}环 (痕迹{now.entry_id}) 接不上前一环: 它前面有一行被删除 (或被整行换过)。"
        return Broken(now.position, now.entry_id, "dropped", told)
    told = f"第{now.position}环 (痕迹{now.entry_id}) 的哈希与前一环接不上: 哈希被改过, 或者它前面少了一行。"
    return Broken(now.position, now.entry_id, "changed", told)


def build(digests: Iterable[bytes], *, previous: bytes = GENESIS) -> Iterator[bytes]:
    """The hashes of links with these digests, in order."""
    for digest in digests:
        previous = link(previous, digest)
        yield previous
