"""docs/notices.md prints whom the code tells, how, and in which words."""

from tests.architecture.notices_document import printed, tables


def test_the_document_prints_the_kinds_of_the_code() -> None:
    assert printed() == tables(), "python -m tests.architecture.notices_document"
