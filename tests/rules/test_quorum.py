"""Who counts, who is missing, what passes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.quorum import Attendee, Capacity, Duty, Override, Tally, count, counted_members, missing_capacities

T, C, K, R = (
    Capacity.TOWN_STAFF,
    Capacity.VILLAGE_COMMITTEE,
    Capacity.RESIDENT_CADRE,
    Capacity.VILLAGE_REPRESENTATIVE,
)
SUPERVISOR = Attendee("s", duty=Duty.SUPERVISOR)


def panel(members: int = 12) -> list[Attendee]:
    kinds = [T, C, K] + [R] * (members - 3)
    return [Attendee(str(n), frozenset({kind})) for n, kind in enumerate(kinds)]


def test_twelve_with_a_supervisor_may_conclude() -> None:
    finding = count([*panel(), SUPERVISOR], in_village=True, tally=Tally(7, 3, 2))
    assert finding.met
    assert finding.passed
    assert finding.counted == 12


def test_eleven_and_a_supervisor_are_not_twelve() -> None:
    finding = count([*panel(11), SUPERVISOR], in_village=True)
    assert finding.missing == ("1人",)
    assert finding.sentence == "已确认11人,还差1人"


def test_a_reasoned_override_replaces_the_number_and_nothing_else() -> None:
    override = Override("村里能到的只有11人", "镇长", "同意")
    assert count([*panel(11), SUPERVISOR], in_village=True, override=override).overridden
    assert count(panel(11), in_village=True, override=override).missing == ("纪(工)委",)
    assert not count([*panel(11), SUPERVISOR], in_village=True, override=Override("", "镇长", "同意")).met


@pytest.mark.parametrize("capacity", [T, C, R])
def test_each_group_needs_one_person(capacity: Capacity) -> None:
    everyone = [Attendee(str(n), frozenset({k})) for n, k in enumerate([T, C, K, R] * 4) if k is not capacity]
    assert len(count([*everyone, SUPERVISOR], in_village=True).missing) == 1


def test_a_resident_cadre_is_required_in_a_village_and_a_warning_in_a_community() -> None:
    everyone = [Attendee(str(n), frozenset({k})) for n, k in enumerate([T, C, R] * 4)]
    assert count([*everyone, SUPERVISOR], in_village=True).missing == ("驻村干部",)
    assert count([*everyone, SUPERVISOR], in_village=False).warnings == ("驻村干部",)


def test_one_person_with_two_capacities_counts_once_and_serves_both() -> None:
    twice = [Attendee("0", frozenset({T})), Attendee("0", frozenset({C}))]
    members = counted_members(twice)
    assert [m.capacities for m in members] == [frozenset({T, C})]


@pytest.mark.parametrize("duty", [Duty.SUPERVISOR, Duty.RECORDER, Duty.INVESTIGATOR, Duty.APPLICANT])
def test_only_members_count(duty: Duty) -> None:
    assert not counted_members([Attendee("x", frozenset({T}), duty)])


def test_a_recused_supervisor_does_not_supervise() -> None:
    recused = Attendee("s", duty=Duty.SUPERVISOR, recused=True)
    assert count([*panel(), recused], in_village=True).missing == ("纪(工)委",)


def test_exactly_half_does_not_pass_and_abstentions_are_in_the_denominator() -> None:
    everyone = [*panel(), SUPERVISOR]
    assert count(everyone, in_village=True, tally=Tally(6, 0, 6)).passed is False
    assert count(everyone, in_village=True, tally=Tally(7, 0, 0)).passed is True


def test_more_votes_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match="more votes"):
        count([*panel(), SUPERVISOR], in_village=True, tally=Tally(13, 0, 0))


attendees = st.lists(
    st.builds(
        Attendee,
        st.sampled_from("abcdefgh"),
        st.frozensets(st.sampled_from(Capacity)),
        st.sampled_from(Duty),
        st.booleans(),
        st.booleans(),
    )
)


@given(attendees)
def test_a_recused_person_counts_nowhere(people: list[Attendee]) -> None:
    recused = {p.person_id for p in people if p.recused}
    assert recused.isdisjoint(member.person_id for member in counted_members(people))


@given(attendees, st.randoms())
def test_the_order_of_check_ins_does_not_matter(people: list[Attendee], rng: random.Random) -> None:
    shuffled = rng.sample(people, len(people))
    assert count(shuffled, in_village=True) == count(people, in_village=True)


def test_the_capacities_that_nobody_present_holds_are_the_missing_ones() -> None:
    seats = [
        Attendee("a", frozenset({Capacity.TOWN_STAFF})),
        Attendee("b", frozenset({Capacity.VILLAGE_COMMITTEE, Capacity.VILLAGE_REPRESENTATIVE})),
        Attendee("c", frozenset({Capacity.RESIDENT_CADRE}), present=False),
    ]
    assert missing_capacities(seats, in_village=True) == {Capacity.RESIDENT_CADRE}
    assert missing_capacities(seats, in_village=False) == frozenset(), "a 社区 does without its 驻村干部"
    assert missing_capacities(seats[1:], in_village=False) == {Capacity.TOWN_STAFF}
    recused = [Attendee("b", frozenset({Capacity.VILLAGE_COMMITTEE}), recused=True)]
    assert missing_capacities(recused, in_village=True) == set(Capacity)
