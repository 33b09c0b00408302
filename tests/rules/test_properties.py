"""What holds for every input, not for examples."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.casework.calendar import known_days
from rules.caps import temporary_aid_cap, urgent_room
from rules.circumstances import Truth, assess_all
from rules.deadlines import Calendar, add_working_days, one_year_term, urgent_due
from rules.disclosure import mask_name
from rules.facts import HouseholdFacts
from rules.process import TRANSITIONS, advance, allowed_commands
from rules.quorum import Attendee, Capacity, Duty, Tally, count, counted_members
from rules.readings import PassRule, Readings
from rules.statuses import TERMINAL, Role, Status
from rules.urgent import Deliver, UrgentMoved, UrgentState, UrgentStatus, advance_urgent
from tests.rules.walk import any_command

DAYS = st.dates(date(1930, 1, 1), date(2040, 12, 31))
ON = date(2026, 9, 28)
KNOWN = known_days()
MONEY = st.integers(0, 10_000_000_00)


def _values(name: str, annotation: str) -> st.SearchStrategy[object]:
    if "date" in annotation:
        return st.none() | DAYS
    return st.none() | (MONEY if "int" in annotation else st.booleans())


FACTS = st.builds(HouseholdFacts, **{f.name: _values(f.name, str(f.type)) for f in fields(HouseholdFacts)})
PEOPLE = st.lists(
    st.builds(
        Attendee,
        person_id=st.sampled_from([f"p{n}" for n in range(20)]),
        capacities=st.frozensets(st.sampled_from(list(Capacity))),
        duty=st.sampled_from(list(Duty)),
        present=st.booleans(),
        recused=st.booleans(),
    ),
    max_size=40,
)


@given(
    household=st.integers(1, 12),
    standard=st.integers(1, 300_000),
    medical=st.none() | MONEY,
    granted=MONEY,
)
def test_no_grant_ever_goes_over_either_cap(household: int, standard: int, medical: int | None, granted: int) -> None:
    cap = temporary_aid_cap(
        household=household,
        monthly_standard_fen=standard,
        remaining_medical_fen=medical,
        already_granted_fen=granted,
    ).allowed_fen
    assert cap >= 0
    assert cap % 100 == 0
    if cap:
        assert cap + granted <= 20 * standard * household
        assert medical is None or 100 * (cap + granted) <= 70 * medical


@given(st.lists(st.integers(-100, 600_000), max_size=12))
def test_no_order_of_tranches_gives_a_household_more_than_5000(amounts: list[int]) -> None:
    at = datetime(2026, 10, 1, tzinfo=UTC)
    state = UrgentState(UrgentStatus.REPORTED, at)
    for amount in amounts:
        moved = advance_urgent(state, Deliver(amount, at), role=Role.WORKER)
        if isinstance(moved, UrgentMoved):
            state = moved.state
        assert 0 <= state.delivered_fen <= 500_000
        assert urgent_room(state.delivered_fen) == 500_000 - state.delivered_fen


@given(facts=FACTS, data=st.data())
def test_answering_what_was_unknown_never_changes_a_condition_already_decided(
    facts: HouseholdFacts, data: st.DataObject
) -> None:
    unknown = [field for field in fields(HouseholdFacts) if getattr(facts, field.name) is None]
    if not unknown:
        return
    field = data.draw(st.sampled_from(unknown))
    value = data.draw(_values(field.name, str(field.type)))
    answered = replace(facts, **{field.name: value})
    before = {(f.circumstance, c.name): c.truth for f in assess_all(facts, ON, 100_000) for c in f.conditions}
    after = {(f.circumstance, c.name): c.truth for f in assess_all(answered, ON, 100_000) for c in f.conditions}
    for key, truth in before.items():
        assert truth is Truth.UNKNOWN or after[key] is truth


@given(facts=FACTS)
def test_a_finding_is_the_conjunction_of_its_conditions(facts: HouseholdFacts) -> None:
    for finding in assess_all(facts, ON, None):
        truths = [condition.truth for condition in finding.conditions]
        if Truth.UNMET in truths:
            assert finding.truth is Truth.UNMET
        elif Truth.UNKNOWN in truths:
            assert finding.truth is Truth.UNKNOWN
        else:
            assert finding.truth is Truth.MET


@given(start=st.dates(date(2025, 1, 1), date(2027, 12, 31)), number=st.integers(1, 30))
def test_the_nth_working_day_is_a_working_day_and_the_count_is_exact(start: date, number: int) -> None:
    found = add_working_days(start, number, KNOWN)
    counted = [day for day in found.days if day.counted]
    assert len(counted) == number
    assert counted[-1].date == found.due == found.days[-1].date
    assert [day.date for day in found.days] == [start + timedelta(days=n + 1) for n in range(len(found.days))]
    for day in found.days:
        assert day.counted == KNOWN.days.get(day.date, day.date.weekday() < 5)
    assert found.provisional == any(day.date not in KNOWN.days for day in found.days)
    assert found.alarm_on == (max(found.due - timedelta(days=2), start) if found.provisional else found.due)


@given(start=st.dates(date(2025, 1, 1), date(2026, 12, 1)), number=st.integers(1, 10))
def test_more_days_never_end_earlier(start: date, number: int) -> None:
    assert add_working_days(start, number, KNOWN).due < add_working_days(start, number + 1, KNOWN).due
    assert not add_working_days(start, 1, Calendar({start + timedelta(days=1): True})).provisional


@given(DAYS)
def test_a_term_is_a_year_and_a_day_counted_inclusively(day: date) -> None:
    term = one_year_term(day)
    assert term.first_day == day
    assert 365 <= (term.last_day - day).days <= 366


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_24_hours_are_24_hours_whatever_the_day(reported: datetime) -> None:
    assert urgent_due(reported) - reported == timedelta(hours=24)


@given(people=PEOPLE, in_village=st.booleans(), data=st.data())
def test_the_order_of_signing_in_does_not_matter_and_who_is_recused_counts_nowhere(
    people: list[Attendee], in_village: bool, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    assert count(people, in_village=in_village) == count(shuffled, in_village=in_village)
    counted = {member.person_id for member in counted_members(people)}
    for person in people:
        if person.recused or person.duty is not Duty.MEMBER:
            assert person.person_id not in counted


@given(people=PEOPLE, agree=st.integers(0, 20), against=st.integers(0, 20), abstain=st.integers(0, 20))
def test_passing_needs_more_than_half_of_those_counted(
    people: list[Attendee], agree: int, against: int, abstain: int
) -> None:
    members = len(counted_members(people))
    if agree + against + abstain > members:
        return
    finding = count(people, in_village=True, tally=Tally(agree, against, abstain))
    assert finding.passed is (2 * agree > members)
    strict = count(
        people, in_village=True, tally=Tally(agree, against, abstain), readings=Readings(pass_rule=PassRule.TWO_THIRDS)
    )
    assert not strict.passed or finding.passed, "the stricter reading never passes what the other does not"


@given(st.text(alphabet="陈林欧阳安宁·A b", min_size=1, max_size=8))
def test_a_mask_never_shows_a_given_name(name: str) -> None:
    if not name.strip():
        return
    masked = mask_name(name)
    bare = "".join(name.split())
    assert "*" in masked
    assert len(masked) == len(bare)
    assert masked.rstrip("*") == bare[: len(masked.rstrip("*"))]
    assert len(masked.rstrip("*")) <= 2


@given(status=st.sampled_from(sorted(TERMINAL)), role=st.sampled_from(list(Role)), data=st.data())
def test_no_move_leaves_a_terminal_status(status: Status, role: Role, data: st.DataObject) -> None:
    case, command, now = any_command(data, status)
    moved = advance(case, command, role=role, now=now)
    assert not hasattr(moved, "status")
    assert allowed_commands(status, role) == ()


def test_terminal_statuses_are_these_and_every_other_reachable_one_can_reach_one_of_them() -> None:
    assert {status.value for status in TERMINAL} == {
        "resolved",
        "rejected",
        "expired",
        "terminated",
        "withdrawn",
        "closed",
    }
    ways: dict[Status, set[Status]] = {}
    for row in TRANSITIONS:
        for frm in row.frm:
            ways.setdefault(frm, set()).add(row.to)
    reachable, frontier = {Status.SUBMITTED}, [Status.SUBMITTED]
    while frontier:
        for to in ways.get(frontier.pop(), ()):
            if to not in reachable:
                reachable.add(to)
                frontier.append(to)
    assert reachable == set(Status)
    ending = set(TERMINAL)
    for _ in Status:
        ending |= {status for status, to in ways.items() if to & ending}
    assert ending == set(Status)
