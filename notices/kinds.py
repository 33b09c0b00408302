"""What can be told: each kind with its template and the page that it opens. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happened. Persisted: these names are for ever."""

    MEETING_CONVENED = "meeting_convened"
    MEETING_VOIDED = "meeting_voided"
    CASE_DECIDED = "case_decided"
    LIST_CHANGED = "list_changed"
    URGENT_REPORTED = "urgent_reported"
    DEADLINE_MOVED = "deadline_moved"


@dataclass(frozen=True, slots=True)
class Template:
    """A subscribe-message template: our key for it, its title on the phone, its fields (name -> label)."""

    key: str
    title: str
    fields: dict[str, str]


# Field names carry WeChat's field types (thing, date, phrase, ...): wording.py keeps to each type's limits.
MEETING = Template(
    "tmpl-meeting", "会议通知", {"thing1": "会议事项", "date2": "会议时间", "thing3": "会议地点", "thing4": "温馨提示"}
)
PROGRESS = Template(
    "tmpl-progress", "办理进度提醒", {"character_string1": "编号", "phrase2": "进度", "thing3": "温馨提示"}
)
LIST = Template("tmpl-list", "公布名单更新提醒", {"thing1": "村(社区)", "thing2": "温馨提示"})
URGENT = Template(
    "tmpl-urgent", "紧急事项提醒", {"character_string1": "编号", "thing2": "报告单位", "thing3": "温馨提示"}
)
TEMPLATES = (MEETING, PROGRESS, LIST, URGENT)

TEMPLATE_OF = {
    Kind.MEETING_CONVENED: MEETING,
    Kind.MEETING_VOIDED: MEETING,
    Kind.CASE_DECIDED: PROGRESS,
    Kind.LIST_CHANGED: LIST,
    Kind.URGENT_REPORTED: URGENT,
    Kind.DEADLINE_MOVED: PROGRESS,
}
PAGE_OF = {
    Kind.MEETING_CONVENED: "pages/meeting/index",
    Kind.MEETING_VOIDED: "pages/meeting/index",
    Kind.CASE_DECIDED: "pages/progress/index",
    Kind.LIST_CHANGED: "pages/list/index",
    Kind.URGENT_REPORTED: "pages/urgent/index",
    Kind.DEADLINE_MOVED: "pages/case/index",
}
