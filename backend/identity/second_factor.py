"""动态码 (TOTP, RFC 6238) and recovery codes: each counts once."""

import hmac
import re
import secrets
import unicodedata
from datetime import datetime
from uuid import UUID, uuid4

import pyotp
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Actor
from backend.errors import ConflictError, InvalidInputError
from backend.identity import tickets
from models.keyring import held
from models.people import StaffAccount
from models.staff import SecondFactor

ISSUER = "鹿城一事一议"
STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A phone's clock may be this many steps early or late."""
RECOVERY_CODES = 10
SETUP_SECONDS = 900
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SETUP = "factor-setup"


async def has_one(account_id: object) -> bool:
    """Whether codes are asked for this account."""
    return await SecondFactor.exists(account_id=account_id)


async def begin(redis: Redis, account: StaffAccount) -> tuple[str, str]:
    """(secret, otpauth address for the QR) to be confirmed; the same while they wait: a page can be reloaded."""
    name = str(account.id)
    waiting = await tickets.read(redis, _SETUP, name)
    if waiting is None:
        waiting = pyotp.random_base32()
        if await tickets.put(redis, _SETUP, waiting, seconds=SETUP_SECONDS, token=name) is None:
            waiting = await tickets.read(redis, _SETUP, name)
    return waiting, pyotp.TOTP(waiting).provisioning_uri(name=account.login, issuer_name=ISSUER)


async def confirm(redis: Redis, actor: Actor, code: str, *, renewing: bool, now: datetime, wall: datetime) -> list[str]:
    """The first code of the new secret: it counts from now on, an earlier one no more. Returns the recovery codes.

    `renewing`: whoever asks has shown the present factor; without it an account that has one keeps it.
    Raises InvalidInputError for a wrong code, ConflictError when the set-up has to begin again.
    """
    name = str(actor.account_id)
    secret = await tickets.read(redis, _SETUP, name)
    if secret is None:
        raise ConflictError("setup_expired", "二维码已过期, 请重新扫描新的二维码。")
    step = _step_of(secret, digits(code), wall)
    if step is None:
        raise InvalidInputError("code_wrong", "动态码不对, 请看手机上最新的6位数字再填; 手机时间要准。")
    codes = _new_codes()
    async with in_transaction():
        await StaffAccount.filter(id=actor.account_id).select_for_update().get()
        if not renewing and await has_one(actor.account_id):
            raise ConflictError("has_second_factor", "这个账号已经有动态码, 请返回登录, 用动态码登录。")
        await SecondFactor.filter(account_id=actor.account_id).delete()
        await SecondFactor.create(
            id=uuid4(),
            account_id=actor.account_id,
            secret=secret,
            last_step=step,
            recovery=[_digest(actor.account_id, one) for one in codes],
            confirmed_at=now,
        )
        await audit.record(actor, "second_factor_set", f"account:{actor.account_id}", now=now)
    await tickets.drop(redis, _SETUP, name)
    return codes


async def new_recovery_codes(actor: Actor, *, now: datetime) -> list[str]:
    """Ten new ones; the old ones are void. Raises ConflictError without a second factor."""
    codes = _new_codes()
    async with in_transaction():
        factor = await SecondFactor.filter(account_id=actor.account_id).select_for_update().first()
        if factor is None:
            raise ConflictError("no_second_factor", "还没有设置动态码, 请先设置。")
        factor.recovery = [_digest(actor.account_id, one) for one in codes]
        await factor.save(update_fields=["recovery"])
        await audit.record(actor, "recovery_codes_renewed", f"account:{actor.account_id}", now=now)
    return codes


async def use(actor: Actor, code: str, *, now: datetime, wall: datetime) -> bool:
    """Whether the code is right and was not used before; from now on it is used. A recovery code does as well.

    `wall`: the unshifted time, since an authenticator lives in it.
    """
    async with in_transaction():
        factor = await SecondFactor.filter(account_id=actor.account_id).select_for_update().first()
        if factor is None:
            return False
        step = _step_of(factor.secret, digits(code), wall)
        if step is not None:
            if step <= factor.last_step:
                return False
            factor.last_step = step
            await factor.save(update_fields=["last_step"])
            await audit.record(actor, "code_used", f"account:{actor.account_id}", now=now)
            return True
        found = _digest(actor.account_id, code)
        if not is_recovery_code(code) or found not in factor.recovery:
            return False
        factor.recovery = [one for one in factor.recovery if one != found]
        await factor.save(update_fields=["recovery"])
        await audit.record(
            actor, "recovery_code_used", f"account:{actor.account_id}", now=now, detail={"left": len(factor.recovery)}
        )
        return True


def digits(code: str) -> str:
    """Without what people put between digits."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", code))


def is_recovery_code(code: str) -> bool:
    """Whether it has the form of one: too long to be guessed, so it is not counted with the guesses."""
    return len(_bare(code)) == 16


def _step_of(secret: str, code: str, wall: datetime) -> int | None:
    """The time step that the code belongs to, the newest of those in reach; None for a wrong one."""
    totp, at = pyotp.TOTP(secret), int(wall.timestamp()) // STEP_SECONDS
    right = [
        step
        for step in range(at - DRIFT_STEPS, at + DRIFT_STEPS + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(right, default=None)


def _new_codes() -> list[str]:
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]


def _bare(code: str) -> str:
    return digits(code).upper()


def _digest(account_id: UUID | None, code: str) -> str:
    # Keyed besides: 80 random bits that the database alone does not give away.
    return held().blind(f"recovery:{account_id}", _bare(code))
