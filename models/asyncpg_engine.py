"""Tortoise's client for PostgreSQL, where a transaction that is cancelled while it begins gives its connection back.

Tortoise takes a connection and then says BEGIN; whoever is cancelled in between (a phone that hangs up, an answer that
takes too long because the database does not move) would keep the connection for ever, and ten of them the whole pool.
"""

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        self.token = None
        try:
            return await super().__aenter__()
        except BaseException:
            pool, taken = self.client._parent._pool, self.client._connection
            if self.token is not None:
                get_connections().reset(self.token)
                await pool.release(taken)
            raise


class Client(AsyncpgDBClient):
    """The client that `models.tortoise_config` names."""

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
