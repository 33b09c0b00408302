"""The check of a TC3-HMAC-SHA256 signature as Tencent Cloud describes it, over the request that really arrived."""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from simulator.ends import Refusal

WINDOW_SECONDS = 300
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/\s]+)/(\d{4}-\d\d-\d\d)/([a-z0-9]+)/tc3_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"content-type", "host"}


def verify(
    headers: Mapping[str, str], payload: bytes, *, service: str, secret_of: Callable[[str], str | None], now: float
) -> None:
    """Raises Refusal AuthFailure.*: who signs, for which day and service, over which headers, when, and how."""
    found = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if found is None:
        raise Refusal("AuthFailure.InvalidAuthorization")
    secret_id, day, scope, names, given = found.groups()
    secret = secret_of(secret_id)
    if secret is None:
        raise Refusal("AuthFailure.SecretIdNotFound")
    stamp = headers.get("X-TC-Timestamp", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW_SECONDS:
        raise Refusal("AuthFailure.SignatureExpire")
    signed = names.split(";")
    if not set(signed) >= _MUST_BE_SIGNED or signed != sorted(signed):
        raise Refusal("AuthFailure.SignatureFailure")
    if scope != service or day != f"{datetime.fromtimestamp(int(stamp), UTC):%Y-%m-%d}":
        raise Refusal("AuthFailure.SignatureFailure")
    lines = ["POST", "/", ""]
    lines += [f"{name}:{headers.get(name, '').strip().lower()}" for name in signed]
    lines += ["", names, sha256(payload).hexdigest()]
    digest = sha256("\n".join(lines).encode()).hexdigest()
    text = "\n".join(("TC3-HMAC-SHA256", stamp, f"{day}/{scope}/tc3_request", digest))
    key = f"TC3{secret}".encode()
    for part in (day, scope, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), given):
        raise Refusal("AuthFailure.SignatureFailure")
