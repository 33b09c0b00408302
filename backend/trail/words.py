"""The trail in plain Chinese: what an action is called, who acted, what changed."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from backend.casework.view import PLAIN
from backend.trail.actions import ACTIONS
from bot.scrubbing import scrub
from models.people import Person, StaffAccount
from models.trail import TrailEntry
from rules.disclosure import mask_name
from rules.statuses import Role, Status

ROLES = {
    Role.RESIDENT: "申请人",
    Role.AGENT: "代办人",
    Role.WORKER: "救助工作人员",
    Role.VILLAGE: "村(社区)",
    Role.TOWN: "镇(街道)",
    Role.SUPERVISOR: "纪(工)委",
    Role.LEADERS: "领导班子",
    Role.BUREAU: "区民政",
    Role.ADMIN: "系统管理员",
    Role.SYSTEM: "系统",
}

_RECIPIENTS = {"applicant": "申请人", "discipline": "镇(街道)纪(工)委", "bureau": "区民政部门"}


class Names:
    """Who stands behind an entry: staff by name, everybody else with a masked name."""

    def __init__(self, staff: Mapping[UUID, str], others: Mapping[UUID, str]) -> None:
        self._staff = staff
        self._others = others

    @classmethod
    async def of(cls, entries: Iterable[TrailEntry]) -> "Names":
        """Those who appear in the entries."""
        accounts: set[UUID] = set()
        people: set[UUID] = set()
        for entry in entries:
            kind, _, name = entry.actor.partition(":")
            if name and name != "system":
                (accounts if kind == "account" else people).add(UUID(name))
            if entry.acting_for:
                people.add(entry.acting_for)
        staff = await StaffAccount.filter(id__in=accounts).values_list("id", "person__name")
        others = await Person.filter(id__in=people).values_list("id", "name")
        return cls(dict(staff), {key: mask_name(name) for key, name in others})

    def who(self, entry: TrailEntry) -> str:
        """Role and name, and for whom."""
        kind, _, name = entry.actor.partition(":")
        role = ROLES.get(Role(entry.role), entry.role)
        if name in ("", "system"):
            return role
        known = (self._staff if kind == "account" else self._others).get(UUID(name), "")
        acting = f" (代{self._others.get(entry.acting_for, '他人')}办理)" if entry.acting_for else ""
        return f"{role} {known}{acting}".replace("  ", " ").strip()


def action_of(entry: TrailEntry) -> str:
    """What was done; an action without a word of its own is shown by its name."""
    return ACTIONS.get(entry.action, f"其他操作 ({entry.action})")


def told(entry: TrailEntry) -> list[str]:
    """What else a reader may know of an entry, a line each; what could name somebody is masked once more."""
    detail = entry.detail
    lines = []
    if {"from", "to"} <= detail.keys():
        lines.append(f"进度: {_status(detail['from'])} → {_status(detail['to'])}")
    if {"clock", "before", "after"} <= detail.keys():
        lines.append(f"期限由 {detail['before']} 改为 {detail['after']}")
    if "visitors" in detail:
        lines.append(f"入户人数: {detail['visitors']}")
    if "total_fen" in detail:
        lines.append(f"累计金额: {int(detail['total_fen']) / 100:.2f} 元")
    if "recipient" in detail:
        lines.append(f"反馈给: {_RECIPIENTS.get(detail['recipient'], detail['recipient'])}")
    if entry.before:
        lines.append(f"改动前: {_values(entry.before)}")
    if entry.after:
        lines.append(f"改动后: {_values(entry.after)}")
    if entry.why:
        lines.append(f"原因: {scrub(entry.why)}")
    return lines


def _status(name: object) -> str:
    return PLAIN[Status(name)] if name in set(Status) else str(name)


def _values(values: Mapping[str, object]) -> str:
    said = (f"{name} = {'(敏感内容, 只存摘要)' if _is_digest(value) else value}" for name, value in values.items())
    return scrub("; ".join(said))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and value.startswith("hmac:")
