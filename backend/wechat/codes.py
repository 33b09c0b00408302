"""Ways into the mini-program from outside: its code on paper, and links for text messages."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from backend.wechat.errors import WeChatError

_PICTURES = (b"\xff\xd8", b"\x89PNG")
URL_LINK_DAYS = 30
"""The longest that the platform lets a link live."""


class Codes(BaseWeChatAPI):
    """`client.codes`."""

    API_BASE_URL = "https://api.weixin.qq.com/"

    async def picture(
        self,
        scene: str,
        *,
        page: str = "",
        check_path: bool = True,
        env_version: str = "release",
        width: int = 430,
        is_hyaline: bool = False,
    ) -> bytes:
        """The mini-program's code (getwxacodeunlimit): JPEG, PNG where transparent.

        `scene`: 1..32 of digits, letters and !#$'()*+,/:;=?@-._~ (no '&': refused in practice), an opaque number and
        never anything about a person. `check_path` off for pages that are not released yet; `env_version`: release,
        trial, develop; `width` 280..1280 pixels. Raises WeChatError (40129 scene, 40169 its length, 41030 page, ...).
        """
        body: dict[str, Any] = {
            "scene": scene,
            "check_path": check_path,
            "env_version": env_version,
            "width": width,
            "is_hyaline": is_hyaline,
        }
        answer = await self._post("wxa/getwxacodeunlimit", data=body | ({"page": page} if page else {}))
        if not isinstance(answer, bytes) or not answer.startswith(_PICTURES):
            raise WeChatError(0, "answer is no picture", sent=True)
        return answer

    async def url_link(self, path: str, query: str = "", *, days: int, env_version: str = "release") -> str:
        """A link for text messages that opens a page of the mini-program (generate_urllink).

        `days` 1..URL_LINK_DAYS. Raises WeChatError (40165 path, 85079 not released, 85401 days, 44990, 44993, ...).
        """
        body = {
            "path": path,
            "query": query,
            "expire_type": 1,
            "expire_interval": days,
            "env_version": env_version,
        }
        return str((await self._post("wxa/generate_urllink", data=body))["url_link"])
