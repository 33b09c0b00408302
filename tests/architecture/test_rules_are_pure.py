"""`rules` imports itself and a safe part of the standard library, nothing else."""

import ast
import sys
from pathlib import Path

RULES = Path(__file__).parents[2] / "rules"
BANNED = {"os", "pathlib", "time", "logging", "asyncio", "io", "socket", "subprocess", "random"}


def imports(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_rules_import_the_standard_library_only() -> None:
    files = list(RULES.glob("*.py"))
    assert len(files) > 8
    for file in files:
        assert imports(file) <= (sys.stdlib_module_names - BANNED) | {"rules"}, file.name
