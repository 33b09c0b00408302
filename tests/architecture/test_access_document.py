"""docs/access.md prints the tables that the code decides by."""

from tests.architecture.access_document import printed, tables


def test_the_document_prints_the_tables_of_the_code() -> None:
    assert printed() == tables(), "python -m tests.architecture.access_document"
