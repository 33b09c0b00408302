"""The platform's error answers: HTTP 200, errcode, errmsg that ends with a request id."""

import secrets

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40029: "invalid code",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40163: "code been used",
    40226: "code blocked",
    41001: "access_token missing",
    41030: "invalid page",
    42001: "access_token expired",
    43002: "require POST method",
    43101: "user refuse to accept the msg",
    43108: "Cannot make concurrent calls to the same OpenID, please try again",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45168: "sensitive words",
    47001: "data format error",
    47003: "argument invalid!",
}


class PlatformError(Exception):
    """An error that the platform answers with."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.detail = detail

    def body(self) -> dict[str, object]:
        """The JSON answer."""
        rid = "-".join(secrets.token_hex(4) for _ in range(3))
        words = " ".join(filter(None, (MESSAGES.get(self.errcode, "error"), self.detail)))
        return {"errcode": self.errcode, "errmsg": f"{words} rid: {rid}"}
