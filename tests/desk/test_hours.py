"""When a person answers, in one sentence; no hour is promised that nobody configured."""

from datetime import time

import pytest

from backend.casework.calendar import known_days
from backend.desk.hours import Span, when_answered
from tests.moments import at

SPANS = (Span(time(8, 30), time(12, 0)), Span(time(14, 0), time(17, 30)))


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("2026-09-28 08:30", "现在是上班时间(08:30到12:00、14:00到17:30), 请等一等。"),
        ("2026-09-28 11:59", "现在是上班时间"),
        ("2026-09-28 12:00", "今天14:00上班后回复"),
        ("2026-09-28 07:00", "今天08:30上班后回复"),
        ("2026-09-28 17:30", "9月29日08:30上班后回复。"),
        ("2026-09-30 20:00", "10月8日08:30上班后回复。"),
        ("2026-10-03 10:00", "10月8日08:30上班后回复。"),
        ("2026-10-10 10:00", "现在是上班时间"),  # a Saturday that is worked
        ("2026-12-31 18:00", "1月1日08:30上班后回复(放假安排还没公布, 日子是暂定的)。"),
    ],
)
def test_the_sentence_follows_hours_weekends_and_holidays(moment: str, says: str) -> None:
    assert says in when_answered(at(moment), SPANS, known_days())


def test_without_configured_hours_none_is_promised() -> None:
    assert when_answered(at("2026-09-28 10:00"), (), known_days()) == "工作人员在工作日上班时间回复。"
