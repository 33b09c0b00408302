"""Who counts at a 民主评议, and whether the meeting may conclude (四(二)a; policy-model §1.6, §1.10.11, §1.10.16)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rules.readings import DEFAULT, PassRule, Readings


class Capacity(StrEnum):
    """名额类别: why a person sits on the panel. One person may hold several and counts once."""

    TOWN_STAFF = "town_staff"
    VILLAGE_COMMITTEE = "village_committee"
    RESIDENT_CADRE = "resident_cadre"
    VILLAGE_REPRESENTATIVE = "village_representative"


LABELS = {
    Capacity.TOWN_STAFF: "镇(街道)工作人员",
    Capacity.VILLAGE_COMMITTEE: "村(居)民委员会成员",
    Capacity.RESIDENT_CADRE: "驻村干部",
    Capacity.VILLAGE_REPRESENTATIVE: "村(居)民代表",
}
_ALWAYS_NEEDED = (Capacity.TOWN_STAFF, Capacity.VILLAGE_COMMITTEE, Capacity.VILLAGE_REPRESENTATIVE)


class Duty(StrEnum):
    """What a person is there for. Only a member counts and votes."""

    MEMBER = "member"
    SUPERVISOR = "supervisor"
    RECORDER = "recorder"
    INVESTIGATOR = "investigator"
    APPLICANT = "applicant"


NEAR_RELATIVES = frozenset(
    (
        *("配偶", "丈夫", "妻子"),
        *("父母", "父亲", "母亲"),
        *("子女", "儿子", "女儿"),
        *("兄弟姐妹", "哥哥", "弟弟", "姐姐", "妹妹"),
        *("祖父母", "祖父", "祖母"),
        *("外祖父母", "外祖父", "外祖母"),
        *("孙子女", "孙子", "孙女"),
        *("外孙子女", "外孙", "外孙女"),
    )
)
"""近亲属 of the applicant (民发〔2012〕220号 as the measure, §1.10.16): out before anything is counted."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person at the meeting (or expected at it). `relation` to the applicant, where there is one."""

    person_id: str
    capacities: frozenset[Capacity] = frozenset()
    duty: Duty = Duty.MEMBER
    present: bool = True
    recused: bool = False
    relation: str | None = None

    @property
    def out(self) -> bool:
        """Recused, or a near relative: neither counts, votes nor supervises."""
        return self.recused or self.relation in NEAR_RELATIVES


@dataclass(frozen=True, slots=True)
class Tally:
    """表决结果: counts only; who voted what is never stored."""

    agree: int
    against: int
    abstain: int

    @property
    def total(self) -> int:
        """All votes, abstentions included."""
        return self.agree + self.against + self.abstain


@dataclass(frozen=True, slots=True)
class Override:
    """Fewer than 12 for a reason: “一般” leaves room for it, and for nothing else."""

    reason: str
    town_leader: str
    supervisor_note: str

    @property
    def complete(self) -> bool:
        """Whether all three are there."""
        return all(part.strip() for part in (self.reason, self.town_leader, self.supervisor_note))


@dataclass(frozen=True, slots=True)
class QuorumFinding:
    """`counted` people; what is `missing` in Chinese, empty when the meeting may conclude; warnings that never block.

    `passed` is None without a tally: more than half of those counted agreed.
    """

    counted: int
    short_of: int
    missing: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    overridden: bool = False
    passed: bool | None = None

    @property
    def met(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def sentence(self) -> str:
        """As a convener reads it: 已确认9人,还差3人,缺纪(工)委."""
        parts = [f"已确认{self.counted}人"]
        if self.short_of:
            parts.append(f"还差{self.short_of}人")
        parts.extend(f"缺{name}" for name in self.missing if name != f"{self.short_of}人")
        return ",".join(parts)


def counted_members(attendees: Iterable[Attendee], readings: Readings = DEFAULT) -> tuple[Attendee, ...]:
    """Those who count: present, not recused, members; each person once with every capacity held.

    By reading A7 the case's own investigator may count, by reading A4 the supervisor. Who is recused in one capacity
    is recused in all.
    """
    attendees = tuple(attendees)
    counting = {Duty.MEMBER}
    if readings.investigator_votes:
        counting.add(Duty.INVESTIGATOR)
    if readings.supervisor_counts:
        counting.add(Duty.SUPERVISOR)
    merged: dict[str, Attendee] = {}
    barred = {a.person_id for a in attendees if a.out or a.duty not in counting}
    for attendee in attendees:
        if not attendee.present or attendee.person_id in barred:
            continue
        known = merged.get(attendee.person_id)
        capacities = attendee.capacities | (known.capacities if known else frozenset())
        merged[attendee.person_id] = Attendee(attendee.person_id, capacities)
    return tuple(merged.values())


def voters(attendees: Iterable[Attendee], readings: Readings = DEFAULT) -> tuple[Attendee, ...]:
    """Those who may vote: who counts, without the supervisor, who may be counted by reading A4 and never votes."""
    return counted_members(attendees, replace(readings, supervisor_counts=False))


def count(
    attendees: Sequence[Attendee],
    *,
    in_village: bool,
    tally: Tally | None = None,
    override: Override | None = None,
    readings: Readings = DEFAULT,
) -> QuorumFinding:
    """Whether this meeting may conclude.

    `in_village`: 村 needs its 驻村干部, a 社区 is warned only. The override can replace the number and nothing else.
    Raises ValueError when there are more votes than people counted, or a negative count.
    """
    members = counted_members(attendees, readings)
    held = frozenset(capacity for member in members for capacity in member.capacities)
    short_of = max(0, readings.minimum_panel - len(members))
    overridden = bool(readings.quorum_override and short_of and override and override.complete)
    missing = [f"{short_of}人"] if short_of and not overridden else []
    missing += [LABELS[capacity] for capacity in _ALWAYS_NEEDED if capacity not in held]
    warnings: list[str] = []
    if Capacity.RESIDENT_CADRE not in held:
        (missing if in_village else warnings).append(LABELS[Capacity.RESIDENT_CADRE])
    # A word that is not on the list bars nobody, and is said: a misspelt son must not be counted unseen.
    warnings += [f"“{a.relation}”不在近亲属名单里, 请核对" for a in attendees if a.relation and not a.out]
    barred = {a.person_id for a in attendees if a.out or a.duty is Duty.APPLICANT}
    if not any(a.duty is Duty.SUPERVISOR and a.present and a.person_id not in barred for a in attendees):
        missing.append("纪(工)委")
    passed = None
    if tally is not None:
        may_vote = len(voters(attendees, readings))
        if min(tally.agree, tally.against, tally.abstain) < 0 or tally.total > may_vote:
            raise ValueError("the tally has more votes than people who may vote")
        passed = _passed(tally.agree, may_vote, readings)
    return QuorumFinding(len(members), short_of, tuple(missing), tuple(warnings), overridden, passed)


def missing_capacities(
    attendees: Iterable[Attendee], *, in_village: bool, readings: Readings = DEFAULT
) -> frozenset[Capacity]:
    """The 名额类别 that nobody who counts holds and that this meeting needs: whom a substitute is looked for among."""
    held = {capacity for member in counted_members(attendees, readings) for capacity in member.capacities}
    needed = (*_ALWAYS_NEEDED, Capacity.RESIDENT_CADRE) if in_village else _ALWAYS_NEEDED
    return frozenset(needed) - held


def _passed(agree: int, may_vote: int, readings: Readings) -> bool:
    if readings.pass_rule is PassRule.TWO_THIRDS:
        return 3 * agree >= 2 * may_vote and agree > 0
    return 2 * agree > may_vote
