"""Heads of the chain in a second place: small signed notes of how far it went and with which hash.

Whoever can write into the database can build a chain anew that checks out; not one that agrees with the heads.
"""

import asyncio
import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore
from tortoise import connections

from backend.errors import SetupError

_AT_ONCE = 32
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class SigningKeyError(SetupError):
    """The signing key cannot be used."""


@dataclass(frozen=True, slots=True)
class Head:
    """The hash of the chain at a position, when it was noted (aware), and which key signs that."""

    position: int
    hash: bytes
    at: datetime
    key_id: str
    signature: bytes = b""

    def message(self) -> bytes:
        """What is signed: JSON with sorted keys and no spaces, without the signature."""
        return _encode(self._fields()).encode()

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and as it lies in an exported bundle."""
        return self._fields() | {"signature": base64.b64encode(self.signature).decode()}

    def _fields(self) -> dict[str, Any]:
        at = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"at": at, "hash": self.hash.hex(), "key_id": self.key_id, "position": self.position}

    @classmethod
    def read(cls, data: bytes) -> "Head":
        """Raises ValueError, KeyError or TypeError for what is no head."""
        fields = json.loads(data)
        return cls(
            int(fields["position"]),
            bytes.fromhex(fields["hash"]),
            datetime.fromisoformat(fields["at"]),
            str(fields["key_id"]),
            base64.b64decode(fields["signature"], validate=True),
        )


class Signer:
    """An Ed25519 key. `key_id`: the first 16 hexadecimal digits of the SHA-256 of the raw public key."""

    def __init__(self, pem: str) -> None:
        try:
            # An environment variable often carries a line break as \n.
            key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
        except (ValueError, TypeError) as error:
            raise SigningKeyError("痕迹链头的签名私钥读不出来, 要用不加密的 PEM 格式") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyError("痕迹链头的签名私钥要用 Ed25519")
        self._key = key
        self.public = key.public_key()
        self.key_id = key_id_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)

    @property
    def public_pem(self) -> bytes:
        """For whoever checks."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id_of(public: Ed25519PublicKey) -> str:
    """The name under which a public key is exported."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def made_once(file: Path) -> str:
    """The PEM in `file`, made where it is missing, readable by its owner alone: for the local run, never production.

    Several processes may come at once: all get the key of whoever was first.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        part = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
        try:
            os.link(part, file)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return file.read_text()


class Heads:
    """The second place: `heads/<position>.json`, and the public keys beside them as `keys/<key id>.pem`."""

    def __init__(self, store: ObjectStore, signer: Signer) -> None:
        self._store = store
        self.signer = signer

    async def publish(self, *, now: datetime) -> Head | None:
        """Sign how far the chain is and keep it; None while there is no chain. What is kept is never overwritten.

        Where a head of this position is kept already, that one is returned, whatever the chain says now.
        """
        rows = await connections.get("default").execute_query_dict(
            "SELECT position, hash FROM trail_seal ORDER BY position DESC LIMIT 1"
        )
        if not rows:
            return None
        bare = Head(rows[0]["position"], rows[0]["hash"], now, self.signer.key_id)
        head = Head(bare.position, bare.hash, bare.at, bare.key_id, self.signer.sign(bare.message()))
        await self._put(f"keys/{head.key_id}.pem", self.signer.public_pem)
        name = f"heads/{head.position:015d}.json"
        if await self._put(name, json.dumps(head.as_json()).encode()):
            return head
        return Head.read(await self._get(name))

    async def kept(self) -> list[Head]:
        """Every head, by position. Raises ValueError naming a file that is no head."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> Head:
            async with gate:
                data = await self._get(name)
            try:
                return Head.read(data)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"另存的链头 {name} 读不出来: 文件被改过或损坏。") from error

        names = [meta["path"] async for batch in obstore.list(self._store, "heads/") for meta in batch]
        return sorted(await asyncio.gather(*map(one, names)), key=lambda head: head.position)

    async def public_keys(self) -> dict[str, bytes]:
        """Key id -> PEM, of every key that ever signed here, this process's own included."""
        names = [meta["path"] async for batch in obstore.list(self._store, "keys/") for meta in batch]
        found = {Path(name).stem: await self._get(name) for name in names}
        return found | {self.signer.key_id: self.signer.public_pem}

    async def _put(self, name: str, data: bytes) -> bool:
        try:
            await obstore.put_async(self._store, name, data, mode="create")
        except AlreadyExistsError:
            return False
        return True

    async def _get(self, name: str) -> bytes:
        return bytes(await (await obstore.get_async(self._store, name)).bytes_async())


def is_signed(head: Head, keys: dict[str, bytes]) -> bool:
    """Whether the signature is right, by a key whose id is that of its own bytes."""
    try:
        public = load_pem_public_key(keys[head.key_id])
        if not isinstance(public, Ed25519PublicKey) or key_id_of(public) != head.key_id:
            return False
        public.verify(head.signature, head.message())
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True
