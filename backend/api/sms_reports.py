"""What the SMS gateway reports: whether what it took has reached the phone."""

import hmac
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from backend.api.contract import push as pushed_to
from backend.api.http import services
from notices import receipts

blueprint = Blueprint("sms_reports", url_prefix="/sms")
MOST_ROWS = 500


class Row(BaseModel):
    """One status. The number and the gateway's words are read past: neither is kept."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sid: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9:_-]+$")
    report_status: Literal["SUCCESS", "FAIL"]


_ROWS: TypeAdapter[list[Row]] = TypeAdapter(list[Row])


@blueprint.post("/reports/<secret:str>")
@pushed_to
async def receive(request: Request, secret: str) -> HTTPResponse:
    """Statuses, several at once; one of a message that we do not know changes nothing and is not an error."""
    live = services(request)
    # Without a secret in the settings nothing is taken, whatever is sent.
    if not live.sms_report_secret or not hmac.compare_digest(secret.encode(), live.sms_report_secret.encode()):
        return _answer(404, 1, "not found")
    try:
        rows = _ROWS.validate_json(request.body or b"null")
    except ValidationError:
        return _answer(400, 1, "not a list of statuses")
    if len(rows) > MOST_ROWS:
        return _answer(400, 1, "too many statuses")
    now = await live.clock.now()
    for row in rows:
        await receipts.sms_report(row.sid, row.report_status == "SUCCESS", now=now)
    return _answer(200, 0, "OK")


def _answer(status: int, result: int, words: str) -> HTTPResponse:
    """As the gateway expects it: anything but result 0 is sent again."""
    body = json.dumps({"result": result, "errmsg": words})
    return HTTPResponse(body, status=status, content_type="application/json", headers={"Cache-Control": "no-store"})
