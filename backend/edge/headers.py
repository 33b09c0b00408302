"""What every answer says to the browser. A page or a file that says otherwise itself keeps its own words."""

from sanic import Request, Sanic
from sanic.response import HTTPResponse

BASE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # A list that was taken down, or somebody's case, must not stay in a cache: what may be kept says so itself.
    "Cache-Control": "no-store",
}
HSTS = "max-age=31536000"


def install(app: Sanic, *, is_production: bool) -> None:
    """Every answer of `app` carries them, errors included."""
    wanted = BASE | ({"Strict-Transport-Security": HSTS} if is_production else {})

    @app.on_response
    async def add(_request: Request, response: HTTPResponse) -> None:
        for name, value in wanted.items():
            response.headers.setdefault(name, value)
