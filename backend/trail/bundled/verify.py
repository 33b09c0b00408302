"""核对一份案卷: python verify.py [案卷的文件夹或 zip]. 只需要 Python 3.9 以上; 装有 cryptography 时还核对签名。

退出代码: 0 完整, 1 不完整。
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

SIZE = 32


class Bundle:
    """The files of a folder or of a zip."""

    def __init__(self, place: str | Path) -> None:
        self.folder = Path(place)
        self.archive = zipfile.ZipFile(place) if self.folder.is_file() else None

    def read(self, name: str) -> bytes:
        return self.archive.read(name) if self.archive else (self.folder / name).read_bytes()


def entry_faults(bundle: Bundle, chain: dict[str, Any], digests: bytes) -> tuple[list[str], int]:
    """Entries whose bytes are not those that were sealed. Returns (faults, how many entries)."""
    faults, count, seen = [], 0, set()
    for number, line in enumerate(bundle.read("entries.jsonl").split(b"\n")[:-1], 1):
        count += 1
        position, _, entry = line.partition(b"\t")
        try:
            found = int(position)
            index = found - chain["first"]
            right = index >= 0 and digests[index * SIZE : (index + 1) * SIZE] == hashlib.sha256(entry).digest()
        except ValueError:
            found, right = None, False
        if not right:
            place = f"第{found}环" if found is not None else f"第{number}行"
            faults.append(f"{place} ({name_of(entry)}) 的内容与封存时的摘要不符: 被改过。")
        elif found in seen:
            faults.append(f"第{found}环重复出现。")
        seen.add(found)
    if count != chain["entries"]:
        faults.append(f"应有 {chain['entries']} 条痕迹, 现有 {count} 条: 有的被删除或添加。")
    return faults, count


def name_of(entry: bytes) -> str:
    try:
        return f"痕迹{json.loads(entry)['id']}"
    except (ValueError, KeyError, TypeError):
        return "编号读不出来"


def chain_faults(chain: dict[str, Any], digests: bytes, heads: list[dict[str, Any]]) -> list[str]:
    """Where the chain does not lead to the hashes that the heads name."""
    count = chain["last"] - chain["first"] + 1
    if len(digests) != count * SIZE:
        return [f"links.bin 应有 {count} 环, 现有 {len(digests) / SIZE:g} 环: 有的被删除或添加。"]
    wanted = {head["position"]: head["hash"] for head in heads}
    if chain["last"] not in wanted:
        return [f"没有第{chain['last']}环的链头, 链的末尾无从核对。"]
    known, previous = chain["first"], bytes.fromhex(chain["previous_hash"])
    for index in range(count):
        previous = hashlib.sha256(previous + digests[index * SIZE : (index + 1) * SIZE]).digest()
        position = chain["first"] + index
        if position in wanted:
            if wanted[position] != previous.hex():
                return [f"第{known}环到第{position}环之间与链头不符: 有一环被改过、删除或调换, 或者链头被改过。"]
            known = position
    return []


def signature_faults(
    bundle: Bundle, heads: list[dict[str, Any]], manifest: bytes, signature: bytes
) -> list[str] | None:
    """None where signatures cannot be checked here."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
    except ImportError:
        return None

    def is_right(key_id: str, signed: str | bytes, message: bytes) -> bool:
        try:
            key = load_pem_public_key(bundle.read(f"keys/{key_id}.pem"))
            raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
            if hashlib.sha256(raw).hexdigest()[:16] != key_id:
                return False
            key.verify(base64.b64decode(signed), message)
        except (InvalidSignature, ValueError, KeyError, OSError):
            return False
        return True

    faults = []
    for head in heads:
        fields = {name: value for name, value in head.items() if name != "signature"}
        message = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
        if not is_right(head["key_id"], head["signature"], message):
            faults.append(f"第{head['position']}环的链头签名不对。")
    if not is_right(json.loads(manifest)["key_id"], signature, manifest):
        faults.append("manifest.json 的签名不对。")
    return faults


def file_faults(bundle: Bundle, manifest: bytes) -> list[str]:
    """Files that are not those of the manifest."""
    faults = []
    for name, digest in json.loads(manifest)["files"].items():
        try:
            if hashlib.sha256(bundle.read(name)).hexdigest() != digest:
                faults.append(f"文件 {name} 被改过。")
        except (KeyError, OSError):
            faults.append(f"文件 {name} 缺失。")
    return faults


def main() -> int:
    """Print what was found; the exit code."""
    place = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        bundle = Bundle(place)
        chain, digests = json.loads(bundle.read("chain.json")), bundle.read("links.bin")
        heads = [json.loads(line) for line in bundle.read("heads.jsonl").splitlines()]
        manifest, signature = bundle.read("manifest.json"), bundle.read("manifest.sig")
        faults, entries = entry_faults(bundle, chain, digests)
        faults += chain_faults(chain, digests, heads)
        signed = signature_faults(bundle, heads, manifest, signature)
        faults += (signed or []) + file_faults(bundle, manifest)
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        print(f"不完整: 案卷读不出来, 文件被改过或缺失 ({type(error).__name__}: {error})")
        return 1
    for fault in faults:
        print(f"不完整: {fault}")
    if not faults:
        print(f"完整: {entries} 条痕迹, 第{chain['first']}环到第{chain['last']}环, {len(heads)} 个链头。")
    if signed is None:
        print("签名没有核对: 这台机器没有 cryptography (python -m pip install cryptography)。")
    else:
        names = ", ".join(sorted({head["key_id"] for head in heads}))
        print(f"签名已核对, 钥匙 {names}; 请与区民政部门公布的钥匙编号比对。")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
