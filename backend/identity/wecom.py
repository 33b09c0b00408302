"""By which a cadre is known in the town's WeCom: written from the roster's sheet or on the person's page."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from backend import audit
from backend.access import Actor
from backend.errors import InvalidInputError
from models.people import Person

MOST = 64
WRONG = f"企业微信账号只有字母、数字和 . _ - @, 字母或数字开头, 最多{MOST}个字; 请到企业微信通讯录里核对。"
TAKEN = "这个企业微信账号已经登记在另一个人名下, 请到企业微信通讯录里核对。"
_USERID = re.compile(rf"[a-z0-9][a-z0-9._@-]{{0,{MOST - 1}}}")


def in_one_form(text: str) -> str:
    """Half-width and in lower case: WeCom makes no difference between cases."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def is_userid(text: str) -> bool:
    """Whether WeCom could know somebody by it; in its one form."""
    return _USERID.fullmatch(text) is not None


async def write(actor: Actor, person: Person, text: str | None, *, now: datetime) -> bool:
    """Store it, or clear it for None; whether anything changed. The trail keeps digests.

    `person` is locked and whoever acts has been let in. Raises InvalidInputError; nothing is changed then.
    """
    userid = in_one_form(text) if text else None
    if userid is not None and not is_userid(userid):
        raise InvalidInputError("wecom_invalid", WRONG)
    if userid == person.wecom_userid:
        return False
    if userid and await Person.filter(wecom_userid=userid).exclude(id=person.id).exists():
        raise InvalidInputError("wecom_taken", TAKEN)
    before, person.wecom_userid = person.wecom_userid, userid
    await person.save(update_fields=["wecom_userid"])
    await audit.record(
        actor,
        "particulars_written",
        f"person:{person.id}",
        now=now,
        before=_told(before),
        after=_told(userid),
    )
    return True


def _told(userid: str | None) -> dict[str, Any]:
    return {"wecom_userid": audit.digest(f"person.wecom_userid:{userid}") if userid else None}
