"""One shape for every refusal: code, message, reasons as JSON, or a page with the sentence for a browser.

Never a traceback, and never the words of an exception: they can carry what a person typed.
"""

import asyncpg
from redis.exceptions import RedisError
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse
from tortoise.exceptions import OperationalError

from backend.api.http import answer, services
from backend.edge.log import frames_of
from backend.errors import CaseworkError, TooManyError
from backend.web.pages import PRIVATE, render
from models.keyring import KeyUnknownError, NoKeyringError, SealError

_NO_PAGES = ("/api/", "/wechat/", "/sms/", "/health/", "/demo/")
_BY_STATUS = {
    404: ("not_found", "没有找到这个页面, 请返回首页。"),
    405: ("method_not_allowed", "请求方式不对, 请返回后重试。"),
    408: ("timeout", "网络太慢, 请稍后重试; 已填写的内容不会丢失。"),
    413: ("too_large", "内容太大, 请减少后再提交。"),
    503: ("busy", "系统繁忙, 请稍后再试。"),
}
_BAD = ("bad_request", "请求有误, 请返回后重试。")


def install(app: Sanic) -> None:
    """Every error of `app` is answered in the one shape."""

    @app.exception(CaseworkError)
    async def casework_error(request: Request, error: CaseworkError) -> HTTPResponse:
        response = refused(request, error.code, error.message, error.status, error.reasons)
        if isinstance(error, TooManyError):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.exception(SanicException)
    async def sanic_error(request: Request, error: SanicException) -> HTTPResponse:
        if error.status_code >= 500 and error.status_code not in _BY_STATUS:
            return _unexpected(request, error)
        code, message = _BY_STATUS.get(error.status_code, _BAD)
        response = refused(request, code, message, error.status_code)
        if error.status_code == 405:
            response.headers["Allow"] = error.headers.get("Allow", "")
        return response

    @app.exception(SealError)
    async def not_readable(request: Request, error: SealError) -> HTTPResponse:
        services(request).log.error("seal_error", error=type(error).__name__, record=str(error))
        if isinstance(error, KeyUnknownError | NoKeyringError):
            return refused(request, "keys_changing", "系统正在更换密钥, 没有保存任何改动; 请过一分钟再试。", 503)
        return refused(request, "record_damaged", "这条记录读不出来, 系统已经停下; 请联系管理员核对。", 500)

    @app.exception(RedisError)
    async def redis_is_away(request: Request, error: RedisError) -> HTTPResponse:
        services(request).log.error("redis_away", error=type(error).__name__, route=request.uri_template)
        response = refused(request, "redis_away", "系统暂时不能登录和提交, 请过几分钟再试, 急事请直接打电话。", 503)
        response.headers["Retry-After"] = "30"
        return response

    @app.exception(OperationalError)
    async def not_storable(request: Request, error: OperationalError) -> HTTPResponse:
        # A number or a text that no column holds: it was let in by a field, finds nothing and changed nothing.
        if isinstance(error.__cause__, asyncpg.DataError):
            if request.method == "GET":
                return refused(request, *_BY_STATUS[404], 404)
            return refused(request, "invalid_input", "填写的内容有误, 请改正后再提交; 已填写的内容不会丢失。", 422)
        return _unexpected(request, error)

    @app.exception(Exception)
    async def unexpected(request: Request, error: Exception) -> HTTPResponse:
        return _unexpected(request, error)


def _unexpected(request: Request, error: Exception) -> HTTPResponse:
    services(request).log.error(
        "unexpected_error", error=type(error).__name__, route=request.uri_template, frames=frames_of(error)
    )
    return refused(request, "server_error", "系统出了问题, 没有保存任何改动; 请稍后再试, 急事请直接打电话。", 500)


def refused(request: Request, code: str, message: str, status: int, reasons: tuple[str, ...] = ()) -> HTTPResponse:
    """The refusal as JSON, or as a page where a browser asks for one."""
    if "text/html" in request.headers.get("accept", "") and not request.path.startswith(_NO_PAGES):
        return render(request, "refused.html", status=status, headers=PRIVATE, message=message, reasons=reasons)
    return answer({"code": code, "message": message, "reasons": list(reasons)}, status)
