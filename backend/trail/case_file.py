"""The file of one case: a PDF for people, a bundle that anybody can check without this service."""

import asyncio
import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor
from backend.casework.view import PLAIN
from backend.clock import SHANGHAI
from backend.errors import ConflictError
from backend.trail import pdf, seal
from backend.trail.chain import GENESIS, canonical
from backend.trail.heads import Head, Heads, is_signed
from backend.trail.reading import in_order, subjects_of, supervised_case
from backend.trail.rows import ENTRY
from backend.trail.words import Names, action_of, told
from models.application import Case
from models.trail import TrailEntry, TrailSeal
from rules.disclosure import mask_name
from rules.statuses import Status

_REFUSED = "痕迹链与另存的链头不符, 案卷暂不能导出; 请系统管理员运行 trail-verify。"
_BUNDLED = Path(__file__).parent / "bundled"
_OWN = (
    f"SELECT s.position, {ENTRY} FROM trail_entry e JOIN trail_seal s ON s.entry_id = e.id"
    " WHERE e.subject = ANY($1::text[]) AND s.position <= $2 ORDER BY s.position"
)
_SEALS = "SELECT position, hash FROM trail_seal WHERE position = ANY($1::bigint[])"
_LINKS = (
    "SELECT string_agg(digest, ''::bytea ORDER BY position) AS digests FROM trail_seal WHERE position BETWEEN $1 AND $2"
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`name`: the case's number, for file names; `document`: the PDF; `bundle`: the zip, the PDF in it."""

    name: str
    document: bytes
    bundle: bytes


async def export(case_id: UUID, actor: Actor, heads: Heads, *, now: datetime, why: str | None = None) -> CaseFile:
    """The file of a case up to this moment, the entry of this export included.

    Raises NotFoundError, NotAllowedError, ConflictError where the chain does not fit the kept heads (run trail-verify),
    no Chinese font is installed, or somebody else has been sealing for more than five seconds.
    """
    case = await supervised_case(case_id, actor, Action.EXPORT_FILE)
    async with in_transaction():
        await audit.record(actor, "file_exported", f"case:{case_id}", now=now, clause="五(二)", why=why)
    try:
        await seal.seal_through()
    except TimeoutError as error:
        raise ConflictError("trail_busy", "痕迹正在封存, 请过一分钟再导出。") from error
    head = await heads.publish(now=now)
    assert head is not None  # this export's own entry is in the chain
    own = connections.get("default")
    rows = await own.execute_query_dict(_OWN, [await subjects_of(case), head.position])
    first = rows[0]["position"]
    kept, keys = await _fitting(heads, first, head.position)
    links = (await own.execute_query_dict(_LINKS, [first, head.position]))[0]["digests"]
    before = await TrailSeal.get_or_none(position=first - 1)
    entries = await TrailEntry.filter(id__in=[row["id"] for row in rows])
    readable = _readable(case, in_order(entries), await Names.of(entries), head, now)
    parts = {
        "entries.jsonl": b"".join(b"%d\t%s\n" % (row["position"], canonical(row)) for row in rows),
        "chain.json": json.dumps(
            {
                "first": first,
                "previous_hash": (before.hash if before else GENESIS).hex(),
                "last": head.position,
                "entries": len(rows),
            }
        ).encode(),
        "links.bin": links,
        "heads.jsonl": b"".join(json.dumps(one.as_json()).encode() + b"\n" for one in kept),
    } | {f"keys/{key_id}.pem": pem for key_id, pem in keys.items()}
    return await asyncio.to_thread(_assemble, case.number, parts, readable, heads, now)


async def _fitting(heads: Heads, first: int, last: int) -> tuple[list[Head], Mapping[str, bytes]]:
    """The kept heads of a stretch of the chain, and their public keys, where the chain fits every head ever kept."""
    try:
        kept = await heads.kept()
    except ValueError as error:
        raise ConflictError("trail_broken", _REFUSED, (str(error),)) from error
    seals = await connections.get("default").execute_query_dict(_SEALS, [[head.position for head in kept]])
    hashes = {row["position"]: row["hash"] for row in seals}
    keys = await heads.public_keys()
    within = [head for head in kept if first <= head.position <= last]
    fits = all(hashes.get(head.position) == head.hash for head in kept)
    if not fits or not all(is_signed(head, keys) for head in within):
        raise ConflictError("trail_broken", _REFUSED)
    return within, {key_id: keys[key_id] for key_id in {head.key_id for head in within} | {heads.signer.key_id}}


@dataclass(frozen=True, slots=True)
class _Readable:
    facts: list[tuple[str, str]]
    rows: list[dict[str, object]]
    notes: list[str]


def _readable(case: Case, entries: list[TrailEntry], names: Names, head: Head, now: datetime) -> _Readable:
    facts = [
        ("个案编号", case.number),
        ("镇(街道)", case.village.town.name),
        ("村(社区)", case.village.name),
        ("申请人", mask_name(case.applicant.name)),
        ("当前进度", PLAIN[Status(case.status)]),
        ("导出时间", _local(now)),
    ]
    rows: list[dict[str, object]] = [
        {
            "at": _local(entry.at),
            "who": names.who(entry),
            "what": action_of(entry),
            "lines": told(entry),
            "clause": entry.clause or "",
        }
        for entry in entries
    ]
    notes = [
        f"本案卷共 {len(rows)} 条痕迹, 都已封存在痕迹链里; 链核到第 {head.position} 环, 哈希 {head.hash.hex()}。",
        f"链头由钥匙 {head.key_id} 签名。钥匙编号请与区民政部门公布的比对。",
        "电子附件 (zip) 里有全部原文和核对程序: 解压后运行 python verify.py, 改动一个字节就会指出是哪一条。",
    ]
    return _Readable(facts, rows, notes)


def _local(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _assemble(number: str, parts: Mapping[str, bytes], readable: _Readable, heads: Heads, now: datetime) -> CaseFile:
    document = pdf.render(f"个案 {number}", readable.facts, readable.rows, readable.notes)
    files = dict(parts) | {"案卷.pdf": document}
    for name in ("README.txt", "verify.py"):
        files[name] = (_BUNDLED / name).read_bytes()
    manifest = json.dumps(
        {
            "case": number,
            "made_at": now.isoformat(timespec="seconds"),
            "key_id": heads.signer.key_id,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        },
        ensure_ascii=False,
        indent=1,
    ).encode()
    files["manifest.json"] = manifest
    files["manifest.sig"] = base64.b64encode(heads.signer.sign(manifest))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            # Digests do not compress: trying would cost a second for a million of them.
            how = zipfile.ZIP_STORED if name == "links.bin" else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, how)
    return CaseFile(number, document, out.getvalue())
