"""Sealed columns: written and read like any other, encrypted in the database, and not to be searched or mass-updated.

A model with such columns derives from `SealedModel`: only a row knows its key, and the row is part of what a value is
bound to. `values()` and raw SQL see ciphertext.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Self

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from models.keyring import held


class _Stored(bytes):
    """A value as the database keeps it, until its row opens it."""


def place(model: Model | type[Model], column: str, row: object) -> str:
    """What a value is bound to."""
    return f"{model._meta.db_table}.{column}:{row}"


class _Sealed(fields.Field[Any]):
    SQL_TYPE = "BYTEA"
    indexable = False

    def encode(self, value: Any) -> bytes:
        """The plain bytes of a value."""
        raise NotImplementedError

    def decode(self, plain: bytes) -> Any:
        """The value of the plain bytes."""
        raise NotImplementedError

    def to_db_value(self, value: Any, instance: Any) -> bytes | None:
        """Sealed for this row. Raises TypeError for a search or a mass update: they have no row."""
        if value is None:
            return None
        if isinstance(value, _Stored):
            return bytes(value)
        if not isinstance(instance, Model) or instance.pk is None:
            raise TypeError(f"{self.model_field_name} is sealed: save its row, or search by its blind index")
        return held().seal(self.encode(value), place(instance, self.model_field_name, instance.pk))

    def to_python_value(self, value: Any) -> Any:
        """Still sealed when it comes from the database; `SealedModel` opens it."""
        return _Stored(value) if isinstance(value, (bytes, memoryview)) else value


class SealedText(_Sealed, fields.Field[str]):
    """Text, encrypted."""

    field_type = str

    def encode(self, value: str) -> bytes:
        return value.encode()

    def decode(self, plain: bytes) -> str:
        return plain.decode()


class SealedJSON(_Sealed, fields.Field[Any]):
    """Whatever JSON can say (a number too), encrypted."""

    field_type = object  # type: ignore[assignment]

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, plain: bytes) -> Any:
        return json.loads(plain)


class SealedBytes(_Sealed, fields.Field[bytes]):
    """Raw bytes, encrypted."""

    field_type = bytes

    def encode(self, value: bytes) -> bytes:
        return value

    def decode(self, plain: bytes) -> bytes:
        return plain


class BlindIndex(fields.CharField):
    """Finds rows by the exact value of a sealed column beside it, which it follows by itself.

    Search with the plain value: `Person.filter(phone_index="138 0000 0000")`.
    """

    def __init__(self, source: str, **options: Any) -> None:
        super().__init__(**{"max_length": 32, "null": True} | options)
        self.source = source

    def to_db_value(self, value: Any, instance: Any) -> str | None:
        """The keyed digest: of the row's own value when it is written, of the searched value otherwise."""
        if isinstance(instance, Model):
            value = getattr(instance, self.source)
            if isinstance(value, _Stored):
                raise TypeError(f"{self.source} is sealed and not opened")
        if value is None or not (text := searchable(str(value))):
            return None
        table = (instance if isinstance(instance, Model) else self.model)._meta.db_table
        return held().blind(f"{table}.{self.source}", text)


def searchable(text: str) -> str:
    """One form for what people write in many: full-width digits, spaces, dashes, a small x, +86."""
    bare = re.sub(r"[\s\-‐-―]", "", unicodedata.normalize("NFKC", text)).upper()
    return re.sub(r"^(\+|00)86(?=1\d{10}$)", "", bare)


class SealedModel(Model):
    """A row that opens its sealed columns when it is loaded, and keeps their blind indexes when it is saved."""

    class Meta:
        abstract = True

    @classmethod
    def sealed_columns(cls) -> dict[str, _Sealed]:
        """By name."""
        return {name: found for name, found in cls._meta.fields_map.items() if isinstance(found, _Sealed)}

    @classmethod
    def blind_indexes(cls) -> dict[str, BlindIndex]:
        """By name."""
        return {name: found for name, found in cls._meta.fields_map.items() if isinstance(found, BlindIndex)}

    @classmethod
    def _init_from_db(cls, **kwargs: Any) -> Self:
        row = super()._init_from_db(**kwargs)
        row._open()
        return row

    def _open(self) -> None:
        for name, column in self.sealed_columns().items():
            stored = self.__dict__.get(name)
            if isinstance(stored, _Stored):
                plain = held().open(bytes(stored), place(self, name, self.pk))
                object.__setattr__(self, name, column.decode(plain))

    async def save(
        self,
        using_db: BaseDBAsyncClient | None = None,
        update_fields: Iterable[str] | None = None,
        force_create: bool = False,
        force_update: bool = False,
    ) -> None:
        """As ever; a blind index is written whenever its column is."""
        if update_fields is not None:
            named = set(update_fields)
            update_fields = named | {name for name, index in self.blind_indexes().items() if index.source in named}
        await super().save(using_db, update_fields, force_create, force_update)

    async def refresh_from_db(
        self, fields: Iterable[str] | None = None, using_db: BaseDBAsyncClient | None = None
    ) -> None:
        """As ever, opened."""
        await super().refresh_from_db(fields, using_db)
        self._open()
