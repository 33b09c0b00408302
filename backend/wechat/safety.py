"""The platform's opinion of words and pictures. Whatever is not a clear yes is looked at by a person."""

from dataclasses import dataclass
from enum import Enum

from wechatpy.client.api.base import BaseWeChatAPI

from backend.wechat.errors import WeChatError

MOST_TEXT = 2500


class Verdict(Enum):
    """What to do with it."""

    PASS = "pass"
    RISKY = "risky"
    BY_HAND = "by_hand"
    """The platform is unsure, or could not be asked: never a pass."""


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A verdict with the platform's label (100: nothing found) and trace; `errcode` where it gave no opinion."""

    verdict: Verdict
    label: int | None = None
    trace_id: str | None = None
    errcode: int | None = None


_VERDICTS = {"pass": Verdict.PASS, "risky": Verdict.RISKY}


class Safety(BaseWeChatAPI):
    """`client.safety`. `scene`: 1 profile, 2 comment, 3 forum, 4 log."""

    API_BASE_URL = "https://api.weixin.qq.com/"

    async def check_text(self, openid: str, text: str, *, scene: int = 2) -> TextCheck:
        """msg_sec_check v2 of what a person just wrote; raises nothing of WeChat's.

        By hand: an unsure answer, any error, above all 61010 (the person was not in the mini-program in the last two
        hours: check at submission, not later) and -1; and a text longer than MOST_TEXT characters, unasked.
        """
        if len(text) > MOST_TEXT:
            return TextCheck(Verdict.BY_HAND)
        body = {"version": 2, "openid": openid, "scene": scene, "content": text}
        try:
            answer = await self._post("wxa/msg_sec_check", data=body)
        except WeChatError as error:
            return TextCheck(Verdict.BY_HAND, errcode=error.errcode)
        result = answer.get("result") or {}
        verdict = _VERDICTS.get(str(result.get("suggest")), Verdict.BY_HAND)
        return TextCheck(verdict, result.get("label"), answer.get("trace_id"))

    async def check_picture(self, openid: str, url: str, *, scene: int = 2) -> str:
        """media_check_async v2: the trace_id under which the result is pushed within 30 minutes (wxa_media_check).

        `url` must be readable from the Internet: for pictures that are public anyway, never for papers of a person.
        Raises WeChatError (61010, 40003, ...): then it is looked at by hand.
        """
        body = {"version": 2, "openid": openid, "scene": scene, "media_url": url, "media_type": 2}
        return str((await self._post("wxa/media_check_async", data=body))["trace_id"])
