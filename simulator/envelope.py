"""The envelope of a push: signatures and the cipher of safe mode."""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(aes_key: str, appid: str, text: str) -> str:
    """16 random bytes, length, message, appid; PKCS#7 with blocks of 32; AES-256-CBC; base64."""
    data = text.encode()
    plain = secrets.token_bytes(16) + struct.pack(">I", len(data)) + data + appid.encode()
    pad = 32 - len(plain) % 32
    worker = _cipher(aes_key).encryptor()
    return base64.b64encode(worker.update(plain + bytes([pad]) * pad) + worker.finalize()).decode()


def decrypt(aes_key: str, appid: str, encrypted: str) -> str:
    """The message of an encrypted reply. Raises ValueError or struct.error on junk and on another account's appid."""
    worker = _cipher(aes_key).decryptor()
    plain = worker.update(base64.b64decode(encrypted)) + worker.finalize()
    plain = plain[: -plain[-1]] if plain else plain
    (length,) = struct.unpack(">I", plain[16:20])
    if plain[20 + length :] != appid.encode():
        raise ValueError("another account's appid")
    return plain[20 : 20 + length].decode()
