"""One rule for every posted form of every page: it must come from a page of ours (docs/decisions/0015).

The JSON API is not asked: it knows a bearer token alone, which no other site can make a browser send.
"""

from urllib.parse import urlsplit

from sanic import Request, Sanic

from backend.errors import NotAllowedError

_NO_PAGES = ("/api/", "/wechat/", "/health/", "/demo/")
_RIDES_ON_A_COOKIE = "/console/"


def install(app: Sanic) -> None:
    """Forms of other sites are refused before anything is done."""

    @app.on_request
    async def look_where_it_comes_from(request: Request) -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS") and not request.path.startswith(_NO_PAGES):
            require_own(request)


def require_own(request: Request) -> None:
    """Let a form of our own pages through. Raises NotAllowedError."""
    fetched, origin = request.headers.getone("sec-fetch-site", ""), request.headers.getone("origin", "")
    # A browser that says both must say the right thing twice.
    is_own = fetched in ("", "same-origin", "none") and (not origin or urlsplit(origin).netloc == request.host)
    if is_own and not fetched and not origin and request.path.startswith(_RIDES_ON_A_COOKIE):
        # Browsers of before 2020 say neither: then the page that led here must be ours.
        is_own = urlsplit(request.headers.getone("referer", "")).netloc == request.host
    if not is_own:
        raise NotAllowedError("other_site", "请从本系统的页面提交。")
