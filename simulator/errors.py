"""The platform's error answers: HTTP 200, errcode, errmsg that ends with a request id."""

import secrets

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, "
    "more details at https://mmbizurl.cn/s/JtxxFh33r",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40036: "invalid template_id size",
    40037: "invalid template_id",
    40039: "invalid url size",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used,",
    40164: "invalid ip",
    40165: "invalid weapp pagepath",
    40169: "invalid length for scene, or the data is not json string",
    40226: "code blocked",
    40247: "template is not from the category library",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    43107: "subscribe message is banned",
    43108: "Cannot make concurrent calls to the same OpenID, please try again",
    43116: "template is restricted",
    44002: "empty post data",
    44004: "empty content",
    44990: "out of api frequency limit",
    44993: "reach max count of url link",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45168: "sensitive words",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    61010: "code is expired",
    85079: "miniprogram has no online release",
    85401: "invalid expire time or interval",
    87007: "session_key is not existd or expired",
    87008: "invalid sig_method",
    87009: "invalid signature",
    87014: "risky content",
    200012: "template count reaches the limit",
    200014: "template tid error",
    200020: "template keyword list error",
    200021: "template scene description error",
}


class PlatformError(Exception):
    """An error that the platform answers with."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.detail = detail

    def body(self) -> dict[str, object]:
        """The JSON answer."""
        rid = secrets.token_hex(12)
        words = " ".join(filter(None, (MESSAGES.get(self.errcode, "error"), self.detail)))
        return {"errcode": self.errcode, "errmsg": f"{words} rid: {rid[:8]}-{rid[8:16]}-{rid[16:]}"}
