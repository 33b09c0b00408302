"""Sealing of single values: AES-256-GCM or SM4-GCM under data keys, each bound to where it stands.

A sealed value is `0x01 | key number (4 bytes) | nonce (12) | ciphertext with its tag (16)`. The place
(`person.phone:<id>`) is authenticated with it: a value that was moved to another row or column does not open.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_HEADER = 1 + 4
ALGORITHMS = {"aes-256-gcm": 32, "sm4-gcm": 16}
"""Algorithm -> bytes of its key."""


class SealError(Exception):
    """Why a value cannot be sealed or opened. Its words carry the place, never the value."""


class NoKeyringError(SealError):
    """The keys were not loaded: the process must not touch sealed columns."""


class KeyUnknownError(SealError):
    """Sealed with a key that this process has not loaded (yet)."""


class DamagedError(SealError):
    """Changed, or moved from another row or column."""


class NotSealedError(SealError):
    """A plain value in a sealed column: written before sealing, or past it."""


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """GCM over SM4 in the shape of `AESGCM`; the library has no such class."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        body, tag = data[:-_TAG], data[-_TAG:]
        decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(body) + decryptor.finalize()


def _aead(algorithm: str, key: bytes) -> _Aead:
    return AESGCM(key) if algorithm == "aes-256-gcm" else _Sm4Gcm(key)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that wraps the data keys: 32 bytes from a file or the environment, never from the database."""

    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "MasterKey":
        """From 32 bytes in Base64. Raises ValueError."""
        try:
            secret = base64.b64decode(text.strip(), validate=True)
        except ValueError as error:
            raise ValueError("主密钥要是32字节的Base64") from error
        if len(secret) != 32:
            raise ValueError("主密钥要是32字节的Base64")
        return cls(secret)

    @staticmethod
    def generate() -> str:
        """A new one, as text."""
        return base64.b64encode(secrets.token_bytes(32)).decode()

    def _wrapping(self, algorithm: str) -> _Aead:
        kdf = HKDF(SHA256(), ALGORITHMS[algorithm], salt=None, info=b"yishiyiyi wrap " + algorithm.encode())
        return _aead(algorithm, kdf.derive(self.secret))

    def wrap(self, number: int, purpose: str, algorithm: str, secret: bytes) -> bytes:
        """A data key as the database keeps it."""
        nonce = secrets.token_bytes(_NONCE)
        bound = f"{number}:{purpose}:{algorithm}".encode()
        return nonce + self._wrapping(algorithm).encrypt(nonce, secret, bound)

    def unwrap(self, number: int, purpose: str, algorithm: str, wrapped: bytes) -> bytes:
        """The data key again. Raises DamagedError: another master key, or a changed row."""
        bound = f"{number}:{purpose}:{algorithm}".encode()
        try:
            return self._wrapping(algorithm).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound)
        except InvalidTag as error:
            raise DamagedError(f"data key {number}") from error


@dataclass(frozen=True, slots=True)
class DataKey:
    """One unwrapped key. `purpose`: rows (seals values) or index (searches and digests)."""

    number: int
    purpose: str
    algorithm: str
    secret: bytes = field(repr=False)


class Keyring:
    """The data keys of this process; `writing` is the number of the one that seals."""

    def __init__(self, keys: Iterable[DataKey], *, writing: int) -> None:
        keys = list(keys)
        self.writing = writing
        self._ciphers = {key.number: _aead(key.algorithm, key.secret) for key in keys if key.purpose == "rows"}
        self._index = next((key.secret for key in keys if key.purpose == "index"), b"")
        if writing not in self._ciphers or not self._index:
            raise NoKeyringError("no key to write with")

    @property
    def numbers(self) -> frozenset[int]:
        """The keys that this process can open with."""
        return frozenset(self._ciphers)

    def seal(self, plain: bytes, place: str) -> bytes:
        """The value as it is kept at this place."""
        nonce = secrets.token_bytes(_NONCE)
        header = VERSION + self.writing.to_bytes(4, "big")
        return header + nonce + self._ciphers[self.writing].encrypt(nonce, plain, header + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value again. Raises NotSealedError, KeyUnknownError, DamagedError."""
        number = key_number(sealed)
        if number is None:
            raise NotSealedError(place)
        if (cipher := self._ciphers.get(number)) is None:
            raise KeyUnknownError(place)
        header, nonce, body = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, header + place.encode())
        except InvalidTag as error:
            raise DamagedError(place) from error

    def blind(self, purpose: str, text: str) -> str:
        """What stands for a value where equal ones must be found: 32 hex digits, keyed, other for every purpose."""
        return hmac.new(self._index, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:32]

    def derived(self, purpose: str) -> bytes:
        """32 bytes for another use of the index key, such as the trail's digests."""
        return hmac.new(self._index, b"derived\0" + purpose.encode(), hashlib.sha256).digest()


def key_number(stored: bytes) -> int | None:
    """The number of the key that a value is sealed with; None for a plain one (no text begins with 0x01)."""
    if stored[:1] != VERSION or len(stored) < _HEADER + _NONCE + _TAG:
        return None
    return int.from_bytes(stored[1:_HEADER], "big")


_held: Keyring | None = None


def hold(keyring: Keyring | None) -> None:
    """From now on this process seals and opens with these keys."""
    global _held  # noqa: PLW0603 (one keyring a process, like its connections)
    _held = keyring


def held() -> Keyring:
    """The keys of this process. Raises NoKeyringError."""
    if _held is None:
        raise NoKeyringError("keys are not loaded")
    return _held
