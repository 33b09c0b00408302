"""先行救助: the cap over tranches, the 24 hours, the paper afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.process import Refused
from rules.readings import Readings, UrgentStart
from rules.statuses import Audience, Role
from rules.urgent import (
    CompletePaperwork,
    Deliver,
    Lift,
    Refuse,
    UrgentCommand,
    UrgentMoved,
    UrgentState,
    UrgentStatus,
    advance_urgent,
    due_at,
    paperwork,
)

AT = datetime(2026, 2, 16, 15, 0, tzinfo=UTC)
REPORTED = UrgentState(UrgentStatus.REPORTED, AT)


def run(state: UrgentState, *commands: UrgentCommand) -> UrgentState:
    for command in commands:
        moved = advance_urgent(state, command, role=Role.WORKER)
        assert isinstance(moved, UrgentMoved), moved
        state = moved.state
    return state


def test_money_first_then_lifted_then_paper() -> None:
    end = run(REPORTED, Deliver(300_000, AT), Deliver(200_000, AT), Lift(), CompletePaperwork())
    assert end == UrgentState(UrgentStatus.PAPERWORK_DONE, AT, 500_000)


@pytest.mark.parametrize(("first", "second"), [(300_000, 250_000), (500_000, 1)])
def test_5000_is_over_all_tranches(first: int, second: int) -> None:
    refused = advance_urgent(run(REPORTED, Deliver(first, AT)), Deliver(second, AT), role=Role.TOWN)
    assert isinstance(refused, Refused)
    assert refused.code == "urgent_cap"


def test_a_late_delivery_is_recorded_with_its_reason() -> None:
    late = AT + timedelta(hours=24, seconds=1)
    refused = advance_urgent(REPORTED, Deliver(100, late), role=Role.WORKER)
    assert isinstance(refused, Refused)
    moved = advance_urgent(REPORTED, Deliver(100, late, "山路塌方"), role=Role.WORKER)
    assert isinstance(moved, UrgentMoved)
    assert moved.late
    on_time = advance_urgent(REPORTED, Deliver(100, AT + timedelta(hours=24)), role=Role.WORKER)
    assert isinstance(on_time, UrgentMoved)
    assert not on_time.late


@pytest.mark.parametrize(
    ("state", "command", "code"),
    [
        (REPORTED, Lift(), "move_not_possible"),
        (REPORTED, CompletePaperwork(), "move_not_possible"),
        (REPORTED, Refuse(" "), "reason_missing"),
        (REPORTED, Deliver(0, AT), "amount_missing"),
        (REPORTED, Deliver(100, AT - timedelta(seconds=1)), "before_report"),
        (UrgentState(UrgentStatus.REFUSED, AT), Deliver(100, AT), "move_not_possible"),
        (UrgentState(UrgentStatus.LIFTED, AT, 100), Deliver(100, AT), "move_not_possible"),
    ],
)
def test_a_wrong_move_is_refused(state: UrgentState, command: UrgentCommand, code: str) -> None:
    refused = advance_urgent(state, command, role=Role.WORKER)
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_a_refusal_without_a_reason_says_what_to_write() -> None:
    refused = advance_urgent(REPORTED, Refuse(""), role=Role.TOWN)
    assert refused == Refused("reason_missing", "请写明为什么不属于特别紧急, 并告诉对方可以走普通救助。")


def test_who_is_told_and_which_clock_stops_comes_with_the_move() -> None:
    moved = advance_urgent(REPORTED, Deliver(100_000, AT), role=Role.WORKER)
    assert isinstance(moved, UrgentMoved)
    assert (moved.event, moved.stops, moved.tells) == ("UrgentDelivered", ("urgent",), (Audience.BUREAU,))
    lifted = advance_urgent(moved.state, Lift(), role=Role.WORKER)
    assert isinstance(lifted, UrgentMoved)
    assert (lifted.starts, lifted.tells) == (("paperwork",), (Audience.WORKER,))


def test_the_24_hours_run_from_the_report_or_by_choice_from_the_towns_knowledge() -> None:
    informed = AT + timedelta(hours=2)
    by_town = Readings(urgent_start=UrgentStart.TOWN_INFORMED)
    assert due_at(AT, informed) == AT + timedelta(hours=24)
    assert due_at(AT, informed, by_town) == informed + timedelta(hours=24)
    assert due_at(AT, None, by_town) == AT + timedelta(hours=24)


def test_a_refusal_is_recorded_and_only_the_town_acts() -> None:
    assert run(REPORTED, Refuse("已有亲属照看")).status is UrgentStatus.REFUSED
    assert isinstance(advance_urgent(REPORTED, Lift(), role=Role.VILLAGE), Refused)


def test_whether_a_deliberation_is_asked_for_afterwards_is_the_bureaus_choice() -> None:
    always = ("登记对象、事由、金额", "补签字盖章", "领取凭证")
    assert paperwork() == (*always, "补一次民主评议")
    assert paperwork(Readings(review_after_urgent=False)) == always
