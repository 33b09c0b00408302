"""A gateway over Tencent Cloud's SendSms (2021-01-11), in plain HTTP. Never checked against the live service.

A number stands in the body alone: in no address, log or error.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from backend.outgoing import Outgoing, UnansweredError
from backend.sms import codes, tc3
from notices.delivery import Outcome, Receipt
from notices.sms_texts import NO_MOBILE

NO_TEMPLATE = "这条短信还没有在平台报备"
"""What staff read: these never left."""
_VERSION = "2021-01-11"
_CONTENT_TYPE = "application/json; charset=utf-8"
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CODE = re.compile(r"[A-Za-z]{1,40}(\.[A-Za-z]{1,60})?")
_MOST_CONTEXT = 64


@dataclass(frozen=True, slots=True)
class Account:
    """What the gateway gave us. `templates`: our key of a text -> the account's id of it."""

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    sign: str
    region: str
    templates: Mapping[str, str]


class TencentGateway:
    """`wall` tells the real time: a signature is good for five minutes."""

    def __init__(self, account: Account, *, base_url: str, wall: Callable[[], datetime]) -> None:
        self._account = account
        self._url = base_url.rstrip("/") + "/"
        self._host = urlsplit(base_url).netloc
        self._wall = wall
        self._outgoing = Outgoing(connections=32)

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def send(self, phone: str, template: str, params: Sequence[str], *, key: str) -> Receipt:
        """One text to one mobile number of the mainland; says what happened, raises nothing of the gateway's."""
        if not _MOBILE.fullmatch(phone):
            return Receipt(Outcome.NOT_SENT, None, NO_MOBILE)
        if template not in self._account.templates:
            return Receipt(Outcome.NOT_SENT, None, NO_TEMPLATE)
        body = {
            "PhoneNumberSet": [f"+86{phone}"],
            "SmsSdkAppId": self._account.app_id,
            "SignName": self._account.sign,
            "TemplateId": self._account.templates[template],
            "TemplateParamSet": list(params),
            "SessionContext": key[:_MOST_CONTEXT],
        }
        return await self._post(json.dumps(body, ensure_ascii=False).encode())

    async def _post(self, payload: bytes) -> Receipt:
        try:
            answer = await self._outgoing.call("POST", self._url, data=payload, headers=self._headers(payload))
        except UnansweredError as error:
            return Receipt(Outcome.UNKNOWN if error.left else Outcome.NOT_SENT_RETRY, None, str(error))
        if answer.status >= 400:
            return Receipt(Outcome.UNKNOWN if answer.status >= 500 else Outcome.NOT_SENT, None, f"HTTP {answer.status}")
        return _receipt(answer.content)

    def _headers(self, payload: bytes) -> dict[str, str]:
        moment, account = self._wall(), self._account
        signed = {"content-type": _CONTENT_TYPE, "host": self._host, "x-tc-action": "SendSms"}
        return {
            "Authorization": tc3.authorization(
                signed,
                payload,
                secret_id=account.secret_id,
                secret_key=account.secret_key,
                service="sms",
                moment=moment,
            ),
            "Content-Type": _CONTENT_TYPE,
            "Host": self._host,
            "X-TC-Action": "SendSms",
            "X-TC-Version": _VERSION,
            "X-TC-Timestamp": str(int(moment.timestamp())),
            "X-TC-Region": account.region,
        }


def _receipt(content: bytes) -> Receipt:
    """A code may stand for the whole call or for the number; the gateway's words are not kept, they repeat numbers."""
    try:
        answer: dict[str, Any] = json.loads(content)["Response"]
        status = answer.get("Error") or answer["SendStatusSet"][0]
        code = str(status["Code"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return Receipt(Outcome.UNKNOWN, None, "answer is not the gateway's")
    if code == "Ok":
        return Receipt(Outcome.SENT, 0, None, str(status.get("SerialNo") or "") or None)
    said = code if _CODE.fullmatch(code) else "code not readable"
    return Receipt(codes.outcome_of(code), None, said, then=codes.then_of(code))
