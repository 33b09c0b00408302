"""Migrations whose steps are taken together: Tortoise renders every model anew for each, a tenth of a second apiece."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise.migrations.operations import CreateModel, Operation, TortoiseOperation


class Together(TortoiseOperation):
    """Several operations as one step: one new state, one transaction, each one's own change of the database."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    def describe(self) -> str:
        """All of them."""
        return "; ".join(operation.describe() for operation in self.operations)

    def state_forward(self, app_label: str, state: Any) -> None:
        """Each in turn; the models are rendered once, after the last."""
        changed: set[tuple[str, str]] = set()
        state.reload_models = changed.update
        state.reload_model = lambda app, name: changed.add((app, name))
        try:
            for operation in self.operations:
                operation.state_forward(app_label, state)
        finally:
            del state.reload_models, state.reload_model
        state.reload_models(changed)

    async def database_forward(
        self, app_label: str, old_state: Any, new_state: Any, state_editor: Any | None = None
    ) -> None:
        """Each in turn."""
        for operation in self.operations:
            await operation.database_forward(app_label, old_state, new_state, state_editor)


def together(operations: Iterable[Operation]) -> list[Operation]:
    """The operations in as few steps as keep their meaning.

    A new step begins where a field or model is touched a second time, since a step knows only what was before it and
    what is after it, and around what is not one of Tortoise's own changes (SQL, Python).
    """
    steps: list[list[Operation]] = [[]]
    touched: set[tuple[str, str]] = set()
    for operation in operations:
        mark = _touches(operation)
        if mark is None or mark in touched or (mark[0], "") in touched and not _is_constraint(operation):
            steps.append([])
            touched = set()
        steps[-1].append(operation)
        if mark is None:
            steps.append([])
        else:
            touched.add(mark)
    return [step[0] if len(step) == 1 else Together(step) for step in steps if step]


def _touches(operation: Operation) -> tuple[str, str] | None:
    """(model, field); a whole model has no field. None for what is only SQL or Python."""
    if isinstance(operation, CreateModel):
        return operation.name, ""
    model = getattr(operation, "model_name", None)
    if model is not None:
        return model, f"{type(operation).__name__ if _is_constraint(operation) else ''}{_name(operation)}"
    return None


def _is_constraint(operation: Operation) -> bool:
    return "Constraint" in type(operation).__name__ or "Index" in type(operation).__name__


def _name(operation: Any) -> str:
    constraint = getattr(operation, "constraint", None)
    name = getattr(operation, "name", None) or getattr(constraint, "name", None)
    return str(
        name or getattr(constraint, "fields", None) or getattr(operation, "fields", None) or operation.describe()
    )
