"""Everything that is kept about one person, in plain Chinese, for that person: a document and a page to print."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor
from backend.casework import view
from backend.casework.notice_words import CHANNELS, HOW, STATES
from backend.clock import SHANGHAI
from backend.errors import InvalidInputError
from backend.guide.questions import told
from backend.identity.acting import NAMES, AgentKind
from backend.privacy import consents, corrections, particulars, persons
from models.agents import Agency
from models.application import Application, Case, Photo
from models.desk import Handover, HandoverReply
from models.disclosure import Listing, ListSubscription
from models.identities import PlatformIdentity
from models.outbox import Consent, Delivery, Reached
from models.people import Person
from models.urgent_relief import UrgentDelivery, UrgentRelief
from notices.kinds import LABELS, TEMPLATES, Kind
from rules.statuses import Role

IDENTITY_CHECKED = {
    "id_card": "看了身份证原件",
    "household_book": "看了户口簿原件",
    "agent_papers": "看了委托书和双方证件",
}

FACTS = {
    "ordinary_aid_refused": "普通救助已审核、不能解决",
    "member_left_on": "家人离开的日子",
    "member_lived_together_before": "以前一起生活",
    "member_lives_apart": "现在不一起生活",
    "applicant_declares_absence": "声明家人失去联系",
    "member_cannot_be_reached": "联系不上家人",
    "others_ask_for_aid": "其他家人申请救助",
    "applicant_born_on": "出生日期",
    "first_parent_unable": "父母一方不能履行监护",
    "first_parent_out_of_touch_since": "父母一方从哪天起失去联系",
    "other_parent_left_on": "父母另一方离开的日子",
    "other_parent_does_not_care": "父母另一方不履行抚养",
    "other_parent_registered_elsewhere": "父母另一方户口在外市",
    "lives_with_other_relatives": "和其他亲属生活",
    "asks_for_child_alone": "只为孩子申请",
    "was_married_with_children": "结过婚、有子女",
    "marriage_broke_lived_alone": "婚姻破裂后独自生活",
    "did_not_raise_children": "没有抚养子女",
    "children_out_of_touch": "子女失去联系",
    "no_income": "没有收入",
    "rights_cannot_be_enforced_soon": "短期内难以追索",
    "home_visit_confirms": "入户了解属实",
    "holds_special_support": "正在享受特困供养",
    "at_economic_review": "正在经济状况复核",
    "only_own_bank_deposits": "只有自己的银行存款",
    "deposit_fen": "银行存款(元)",
    "asks_to_keep_aid": "希望保留救助",
    "receives_temporary_aid": "得过临时救助",
    "same_cause_again": "同样的原因又有困难",
    "needs_more_than_maximum": "需要超过最高额",
    "severe_illness_or_disability": "重病或重残",
    "asks_for_aid": "申请救助",
    "in_emergency": "情况紧急",
}
_URGENT = {
    "reported": "已报告",
    "delivered": "钱物已送到",
    "lifted": "紧急情况已过去",
    "paperwork_done": "手续已补齐",
    "refused": "没有救助",
}
_ACCOUNTS = {"mini_program": "小程序", "service_account": "公众号"}
_SAID_BY = {"asker": "您", "bot": "自动回答", "staff": "工作人员"}


async def own(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """The document of the person who asks, or of the child whose guardian asks; that it was asked for is in the trail.

    Raises NotAllowedError for another agent.
    """
    async with in_transaction():
        person = await Person.get(id=persons.subject_of(actor))
        document = await _document(person, now, whole=actor.role is not Role.AGENT)
        await audit.record(actor, "own_data_read", f"person:{person.id}", now=now)
    return document


async def handed_over(actor: Actor, person_id: UUID, *, checked: str, now: datetime) -> dict[str, Any]:
    """The same, printed by staff for somebody without a phone whose papers were looked at.

    Raises NotFoundError, NotAllowedError, InvalidInputError.
    """
    if checked not in IDENTITY_CHECKED:
        raise InvalidInputError("identity_not_checked", "请先核对本人身份, 再选怎样核对的。")
    async with in_transaction():
        person = await persons.found(person_id, actor, Action.ANSWER_RIGHTS)
        document = await _document(person, now)
        await audit.record(actor, "own_data_printed", f"person:{person.id}", now=now, detail={"checked": checked})
    return document


async def _document(person: Person, now: datetime, *, whole: bool = True) -> dict[str, Any]:
    """`whole` False: numbers masked, for a guardian's phone; the whole ones are at the window."""
    seen = await particulars.masked(person)
    town, village = await persons.home(person)
    standing = await consents.standing(person.id)
    myself = Actor(Role.RESIDENT, person.name, person_id=person.id)
    return {
        "说明": "这是本系统保存的、关于您的信息, 没有别人的信息。代办登记和登录过的设备在“我的”里看; "
        "操作记录(谁在什么时候看过、改过)另外保存, 可以到镇(街道)救助窗口查询。",
        "导出时间": _moment(now),
        "本人": {
            "姓名": person.name,
            "出生日期": person.born_on and person.born_on.isoformat(),
            "镇(街道)": town,
            "村(社区)": village,
            "电话": person.phone if whole else seen["phone"],
            "身份证号": person.id_number if whole else seen["id_number"],
            "银行账号": person.bank_account if whole else seen["bank_account"],
            "住址": person.address if whole else seen["address"],
            "绑定的微信": [
                {"账号": _ACCOUNTS[row.account], "从": _moment(row.since)}
                for row in await PlatformIdentity.filter(person_id=person.id).order_by("since")
            ],
            "企业微信账号": person.wecom_userid,
            "登记时间": _moment(person.created_at),
        },
        "事项": [await _case(case, myself, now) for case in await _cases(person)],
        "紧急救助": [
            await _urgent(row) for row in await UrgentRelief.filter(person_id=person.id).order_by("reported_at")
        ],
        "消息": await _messages(person),
        "还能收几条消息": await _credits(person),
        "订阅了哪些村(社区)的名单": [
            row.village.name for row in await ListSubscription.filter(person_id=person.id).select_related("village")
        ],
        "看过的告知书": [
            {"版本": row["version"], "方式": _how(row["how"]), "时间": _moment(row["at"])}
            for row in standing["acknowledgements"]
        ],
        "同意和授权": [
            {
                "事情": row["title"],
                "文书版本": row["version"],
                "谁同意的": consents.GIVERS[row["given_by"]] + (f"({row['relation']})" if row["relation"] else ""),
                "方式": _how(row["how"]),
                "时间": _moment(row["given_at"]),
                "撤回时间": row["withdrawn_at"] and _moment(row["withdrawn_at"]),
            }
            for row in standing["consents"]
        ],
        "谁能替您办": await _agents(person),
        "更正请求": [
            {
                "哪一项": row["title"],
                "应该是": row["wanted"],
                "时间": _moment(row["asked_at"]),
                "结果": row["plain"],
                "答复": row["answer"],
            }
            for row in await corrections.own(myself)
        ],
        "和工作人员的对话": await _conversations(person),
    }


async def _cases(person: Person) -> list[Case]:
    return await Case.filter(applicant_id=person.id).order_by("created_at").select_related("village")


async def _case(case: Case, myself: Actor, now: datetime) -> dict[str, Any]:
    """As the person's own progress page shows it: no panel, no staff's words to one another."""
    seen: Mapping[str, Any] = await view.read_case(case.id, myself, now=now)
    application = await Application.get_or_none(case_id=case.id)
    photos = await Photo.filter(case_id=case.id).order_by("stored_at")
    listing = await Listing.get_or_none(case_id=case.id, published_at__not_isnull=True)
    result = seen["result"]
    return {
        "编号": case.number,
        "村(社区)": case.village.name,
        "进度": seen["plain"],
        "原因": seen["reason"],
        "家庭人数": case.household_size,
        "开始时间": _moment(case.created_at),
        "结果": result
        and {
            "认定": {"approved": "同意", "rejected": "没有通过"}[result["outcome"]],
            "认定日期": result["decided_on"].isoformat(),
            "救助类型": result["aid_type"],
            "金额(元)": _yuan(result["amount_fen"]),
            "从": result["valid_from"] and result["valid_from"].isoformat(),
            "到": result["valid_to"] and result["valid_to"].isoformat(),
            "理由": result["reason"] or None,
        },
        "申请": application and _application(application),
        "照片": [
            {"编号": str(photo.id), "上传时间": _moment(photo.stored_at), "大小(KB)": -(-photo.size // 1024)}
            for photo in photos
        ],
        "公布": listing
        and {
            "公布的姓名": listing.masked_name,
            "公布时间": _moment(listing.published_at),
            "撤下时间": listing.withdrawn_at and _moment(listing.withdrawn_at),
            "网上能看到": listing.online and listing.withdrawn_at is None,
        },
    }


def _application(application: Application) -> dict[str, Any]:
    facts = dict(application.facts)
    guide = facts.pop("guide", None)
    asked = told(guide["topic"], guide["answers"]) if guide else []
    return {
        "您写的情况": application.story,
        "提交时间": _moment(application.submitted_at),
        "您填的": {FACTS.get(name, name): _said(name, value) for name, value in facts.items() if value is not None},
        "导办的问答": [{"问": question.text, "答": said} for question, said in asked],
    }


def _said(name: str, value: object) -> object:
    if isinstance(value, bool):
        return "是" if value else "不是"
    return _yuan(int(value)) if name.endswith("_fen") else value  # type: ignore[call-overload]


async def _urgent(relief: UrgentRelief) -> dict[str, Any]:
    given = await UrgentDelivery.filter(relief_id=relief.id).order_by("delivered_at")
    return {
        "编号": relief.number,
        "情况": relief.what_happened,
        "进度": _URGENT[relief.status],
        "报告时间": _moment(relief.reported_at),
        "没有救助的理由": relief.refused_reason,
        "送到的钱物": [
            {"时间": _moment(row.delivered_at), "金额(元)": _yuan(row.amount_fen), "形式": row.form} for row in given
        ],
    }


async def _messages(person: Person) -> list[dict[str, Any]]:
    rows = await Delivery.filter(person_id=person.id).order_by("due_at").select_related("notice")
    known = {row.notice_id: row for row in await Reached.filter(person_id=person.id)}
    return [
        {
            "事由": LABELS[Kind(row.notice.kind)],
            "方式": CHANNELS[row.channel],
            "结果": STATES[row.status],
            "送出时间": row.sent_at and _moment(row.sent_at),
            "本人知道": HOW[known[row.notice_id].how] if row.notice_id in known else None,
        }
        for row in rows
    ]


async def _credits(person: Person) -> dict[str, int]:
    titles = {template.key: template.title for template in TEMPLATES}
    rows = await Consent.filter(person_id=person.id)
    return {titles.get(row.template_id, row.template_id): row.credits for row in rows}


async def _conversations(person: Person) -> list[dict[str, Any]]:
    whose = persons.talks_of(person, await persons.openids_of(person))
    found = []
    for row in await Handover.filter(whose).order_by("opened_at"):
        replies = await HandoverReply.filter(handover_id=row.id).order_by("made_at")
        found.append(
            {
                "开始时间": _moment(row.opened_at),
                "结束时间": row.closed_at and _moment(row.closed_at),
                "说了什么": [{"谁": _SAID_BY[turn["who"]], "话": turn["text"]} for turn in row.conversation],
                "回复": [{"时间": _moment(reply.made_at), "话": reply.text} for reply in replies],
            }
        )
    return found


async def _agents(person: Person) -> list[dict[str, Any]]:
    """What they may do and how long; who they are is another's data, and the person's phone names them."""
    rows = await Agency.filter(principal_id=person.id).order_by("recorded_at")
    return [
        {
            "身份": NAMES[AgentKind(row.kind)],
            "从": row.from_day.isoformat(),
            "到": row.to_day and row.to_day.isoformat(),
            "依据": row.authority,
            "您的意思": row.wish,
            "已核对": row.confirmed_at is not None,
            "结束": row.ended_at and _moment(row.ended_at),
        }
        for row in rows
    ]


def _how(how: str) -> str:
    return consents.OFF_THE_PHONE.get(how, "手机上")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen / 100:.2f}"
