"""Requests are counted by the address that they come from; a person's are counted where the person is known."""

from sanic import Request, Sanic

from backend.api.http import address_of, services
from backend.edge import limits


def install(app: Sanic) -> None:
    """Too many from one address are refused before anything is done."""
    open_ones = limits.OpenCounter()

    @app.on_request
    async def count(request: Request) -> None:
        for limit in limits.of_route(request.method, request.path, "address"):
            redis, address = services(request).redis, address_of(request)
            if limit.away == "open":
                await open_ones.spend(redis, limit, address)
            else:
                await limits.spend(redis, limit.name, address)
