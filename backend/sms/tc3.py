"""Tencent Cloud's TC3-HMAC-SHA256: the Authorization header of one POST. Pure, standard library only."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

_ALGORITHM = "TC3-HMAC-SHA256"


def authorization(
    headers: Mapping[str, str], payload: bytes, *, secret_id: str, secret_key: str, service: str, moment: datetime
) -> str:
    """Over these headers (lower-case names; content-type and host are a must) and this body.

    `moment`: aware, the one whose whole seconds stand in X-TC-Timestamp.
    """
    stamp, day = str(int(moment.timestamp())), f"{moment.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{sha256(payload).hexdigest()}"
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = _hmac(key, part)
    return f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={_hmac(key, to_sign).hex()}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), sha256).digest()
