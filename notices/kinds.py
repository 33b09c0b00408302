"""What can be told: each kind with whom it is for, its wording's template, its channels and its patience. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What happened. Persisted: these names are for ever."""

    MEETING_CONVENED = "meeting_convened"
    MEETING_CHANGED = "meeting_changed"
    MEETING_VOIDED = "meeting_voided"
    MEETING_REMINDER = "meeting_reminder"
    ANSWER_WANTED = "answer_wanted"
    QUORUM_AT_RISK = "quorum_at_risk"
    CASE_MOVED = "case_moved"
    MATERIAL_WANTED = "material_wanted"
    CASE_DECIDED = "case_decided"
    CASE_LISTED = "case_listed"
    LIST_CHANGED = "list_changed"
    URGENT_REPORTED = "urgent_reported"
    TERM_ENDING = "term_ending"
    TERM_ENDING_HERE = "term_ending_here"
    CLOCK_AT_RISK = "clock_at_risk"
    CLOCK_OVERDUE = "clock_overdue"
    DEADLINE_MOVED = "deadline_moved"
    OBJECTION_ANSWERED = "objection_answered"
    URGENT_DUE = "urgent_due"
    URGENT_PAPERWORK = "urgent_paperwork"


class Channel(StrEnum):
    """A way to a person. Persisted."""

    SUBSCRIBE_MESSAGE = "subscribe_message"
    SERVICE_ACCOUNT = "service_account"
    WECOM = "wecom"
    SMS = "sms"
    CALL_LIST = "call_list"


PASSES_ONCE = {Channel.SERVICE_ACCOUNT: timedelta(minutes=9), Channel.WECOM: timedelta(minutes=30)}
"""How long a channel shows the same letter once however often it is handed over: it may be sent again when unsure."""


class Lane(IntEnum):
    """Who goes first. Persisted."""

    URGENT = 0
    """Also at night."""
    MEETING = 1
    CASE = 2
    LIST = 3


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

_PHONE_SCREEN = (Channel.SUBSCRIBE_MESSAGE, Channel.SERVICE_ACCOUNT)
_CADRES = (*_PHONE_SCREEN, Channel.WECOM, Channel.SMS, Channel.CALL_LIST)
_RESIDENTS = (*_PHONE_SCREEN, Channel.SMS, Channel.CALL_LIST)
_AT_THE_DESK = (*_PHONE_SCREEN, Channel.WECOM)
_VILLAGERS = _PHONE_SCREEN


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind is told. `confirm_within`: after this without a sign from the person the next channel is tried."""

    audience: str
    clause: str
    lane: Lane
    template: Template
    page: str
    ladder: tuple[Channel, ...]
    patience: timedelta
    """How long one channel is tried before the next."""
    confirm_within: timedelta | None
    spares_the_last_credit: bool = False
    """Whether a higher notice of the same template keeps the last one-time consent."""


_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MEETING_PAGE, _CASE_PAGE = "pages/meeting/index", "pages/case/index"
_PROGRESS_PAGE, _URGENT_PAGE = "pages/progress/index", "pages/urgent/index"


def _emergency(audience: str) -> Policy:
    return Policy(audience, "四(二)b", Lane.URGENT, URGENT, _URGENT_PAGE, _CADRES, 2 * _MINUTE, 10 * _MINUTE)


POLICIES: dict[Kind, Policy] = {
    Kind.MEETING_CONVENED: Policy(
        "评议人员和监督人员", "四(二)a", Lane.MEETING, MEETING, _MEETING_PAGE, _CADRES, 10 * _MINUTE, 12 * _HOUR
    ),
    Kind.MEETING_CHANGED: Policy(
        "评议人员和监督人员", "四(二)a", Lane.MEETING, MEETING, _MEETING_PAGE, _CADRES, 10 * _MINUTE, 4 * _HOUR
    ),
    Kind.MEETING_VOIDED: Policy(
        "评议人员和监督人员", "四(二)a", Lane.MEETING, MEETING, _MEETING_PAGE, _CADRES, 10 * _MINUTE, 4 * _HOUR
    ),
    Kind.MEETING_REMINDER: Policy(
        "没有请假或回避的评议人员和监督人员",
        "四(二)a",
        Lane.MEETING,
        MEETING,
        _MEETING_PAGE,
        _AT_THE_DESK,
        10 * _MINUTE,
        None,
        spares_the_last_credit=True,
    ),
    Kind.ANSWER_WANTED: Policy(
        "还没有回复的评议人员和监督人员",
        "四(二)a",
        Lane.MEETING,
        MEETING,
        _MEETING_PAGE,
        _CADRES,
        10 * _MINUTE,
        4 * _HOUR,
    ),
    Kind.QUORUM_AT_RISK: Policy(
        "会议召集人", "四(二)a", Lane.MEETING, MEETING, _CASE_PAGE, _CADRES, 10 * _MINUTE, 2 * _HOUR
    ),
    Kind.CASE_MOVED: Policy(
        "申请人",
        "四(一)",
        Lane.CASE,
        PROGRESS,
        _PROGRESS_PAGE,
        _PHONE_SCREEN,
        _HOUR,
        None,
        spares_the_last_credit=True,
    ),
    Kind.MATERIAL_WANTED: Policy("申请人", "三", Lane.CASE, PROGRESS, _PROGRESS_PAGE, _RESIDENTS, _HOUR, 2 * _DAY),
    Kind.CASE_DECIDED: Policy("申请人", "四(三)", Lane.CASE, PROGRESS, _PROGRESS_PAGE, _RESIDENTS, _HOUR, 2 * _DAY),
    Kind.CASE_LISTED: Policy("申请人", "四(四)a", Lane.CASE, PROGRESS, _PROGRESS_PAGE, _RESIDENTS, _HOUR, 3 * _DAY),
    Kind.LIST_CHANGED: Policy(
        "订阅了本村(社区)名单的居民", "四(四)a", Lane.LIST, LIST, "pages/list/index", _VILLAGERS, _DAY, None
    ),
    Kind.URGENT_REPORTED: _emergency("值班工作人员和区民政"),
    Kind.TERM_ENDING: Policy("申请人", "四(四)a", Lane.CASE, PROGRESS, _PROGRESS_PAGE, _RESIDENTS, _HOUR, 7 * _DAY),
    # Staff open the case itself, and nobody telephones them about it: it stands in their list too.
    Kind.TERM_ENDING_HERE: Policy(
        "所在村(社区)和镇街的工作人员", "四(四)a", Lane.CASE, PROGRESS, _CASE_PAGE, _AT_THE_DESK, _HOUR, None
    ),
    Kind.CLOCK_AT_RISK: Policy(
        "这一步的经办人", "四(二)、四(三)", Lane.CASE, PROGRESS, _CASE_PAGE, _AT_THE_DESK, _HOUR, 4 * _HOUR
    ),
    Kind.CLOCK_OVERDUE: Policy(
        "这一步的经办人和镇(街道)",
        "四(二)、四(三)",
        Lane.CASE,
        PROGRESS,
        _CASE_PAGE,
        _AT_THE_DESK,
        _HOUR,
        4 * _HOUR,
    ),
    Kind.DEADLINE_MOVED: Policy(
        "这一步的经办人", "四(二)、四(三)", Lane.CASE, PROGRESS, _CASE_PAGE, _CADRES, _HOUR, _DAY
    ),
    Kind.OBJECTION_ANSWERED: Policy(
        "提出异议的人", "四(四)b", Lane.CASE, PROGRESS, _PROGRESS_PAGE, _RESIDENTS, _HOUR, 2 * _DAY
    ),
    Kind.URGENT_DUE: _emergency("值班工作人员, 过了时限还有区民政"),
    # No kind of a clock: their page opens a case, and an urgent relief is none.
    Kind.URGENT_PAPERWORK: Policy(
        "值班工作人员", "四(二)b", Lane.CASE, PROGRESS, _URGENT_PAGE, _AT_THE_DESK, _HOUR, 4 * _HOUR
    ),
}

TEMPLATE_OF = {kind: policy.template for kind, policy in POLICIES.items()}
PAGE_OF = {kind: policy.page for kind, policy in POLICIES.items()}

LABELS: dict[Kind, str] = {
    Kind.MEETING_CONVENED: "会议通知",
    Kind.MEETING_CHANGED: "会议有变",
    Kind.MEETING_VOIDED: "会议取消",
    Kind.MEETING_REMINDER: "会议提醒",
    Kind.ANSWER_WANTED: "请回复是否到会",
    Kind.QUORUM_AT_RISK: "到会人数可能不够",
    Kind.CASE_MOVED: "办理进度",
    Kind.MATERIAL_WANTED: "需要补材料",
    Kind.CASE_DECIDED: "办理结果",
    Kind.CASE_LISTED: "已经公布",
    Kind.LIST_CHANGED: "名单更新",
    Kind.URGENT_REPORTED: "紧急事项",
    Kind.TERM_ENDING: "快要到期",
    Kind.TERM_ENDING_HERE: "有事项快要到期",
    Kind.CLOCK_AT_RISK: "期限快到",
    Kind.CLOCK_OVERDUE: "已经超期",
    Kind.DEADLINE_MOVED: "期限有变",
    Kind.OBJECTION_ANSWERED: "异议已答复",
    Kind.URGENT_DUE: "紧急事项还没办到",
    Kind.URGENT_PAPERWORK: "紧急事项要补手续",
}
"""What staff read."""
