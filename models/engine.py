"""Tortoise's asyncpg backend, whose transactions let go of connection and task whatever the database does.

Tortoise 1.1 leaves both behind where the database dies at the wrong moment: a connection that was taken and could not
begin is never given back, so that a pool runs dry over a few restarts; and where giving back fails, the dead
transaction stays in the context of its task, so that a loop which goes on in that task works on it for ever.
"""

from types import TracebackType
from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


class SafeTransactionContext(TransactionContextPooled):
    """A transaction on a pooled connection. What `begin`, `commit` and `rollback` raise comes out."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        client: Any = self.client
        client._connection = await client._parent._pool.acquire()
        self.token = get_connections().set(self.connection_name, client)
        try:
            await client.begin()
        except BaseException:
            await self._let_go()
            raise
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        client: Any = self.client
        try:
            if not client._finalized:
                if kind is None:
                    await client.commit()
                elif kind is not TransactionManagementError:
                    await client.rollback()
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        client: Any = self.client
        get_connections().reset(self.token)
        try:
            if client._parent._pool:
                await client._parent._pool.release(client._connection)
        except Exception:  # the connection is dead, and its pool has ended it
            pass


class Client(AsyncpgDBClient):
    """What Tortoise connects with."""

    def _in_transaction(self) -> TransactionContext:
        return SafeTransactionContext(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
