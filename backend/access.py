"""Who may do and see what: role x region x relation to the case, from two tables (policy-model §1.7).

`ALLOWED` says who acts, `SIGHT` who sees which part of a case; docs/access.md prints both. Which status allows which
move is the process's own table (`rules.process`); who may not act twice on one case stands in `casework.duties`.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from backend.errors import NotAllowedError
from rules.statuses import Role


class Action(StrEnum):
    """What can be done to a case or an urgent relief. Moves of the process are checked again by `rules.process`."""

    READ_OWN = "read_own"
    APPLY = "apply"
    DESCRIBE = "describe"
    READ_CASE = "read_case"
    REVIEW = "review"
    START = "start"
    INVESTIGATE = "investigate"
    CONFIRM = "confirm"
    CONVENE = "convene"
    SIGN_IN = "sign_in"
    TALLY = "tally"
    SUPERVISE = "supervise"
    DETERMINE = "determine"
    TELL_RESULT = "tell_result"
    PUBLISH = "publish"
    URGENT = "urgent"
    CALL = "call"
    WITHDRAW = "withdraw"
    ADD_PHOTO = "add_photo"
    SET_STANDARD = "set_standard"
    IMPORT_CALENDAR = "import_calendar"
    CLOSE = "close"
    REFER_AGAIN = "refer_again"
    RETURN_EVIDENCE = "return_evidence"
    RENEW = "renew"
    ANSWER_PERSON = "answer_person"
    EDIT_ENTRIES = "edit_entries"
    PUBLISH_ENTRIES = "publish_entries"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_ROSTER = "manage_roster"
    INVITE_RESIDENT = "invite_resident"
    RECORD_AGENT = "record_agent"
    WRITE_PARTICULARS = "write_particulars"
    READ_PARTICULARS = "read_particulars"
    UNMASK = "unmask"
    GRANT_UNMASK = "grant_unmask"
    READ_TRAIL = "read_trail"
    EXPORT_FILE = "export_file"
    ANSWER_RIGHTS = "answer_rights"
    RUN_RETENTION = "run_retention"
    DECLARE_RELATIVE = "declare_relative"
    AGREE_TO_OVERRIDE = "agree_to_override"
    RELEASE_LISTING = "release_listing"
    CONFIRM_READINGS = "confirm_readings"
    PRINT_CARD = "print_card"
    LOOK_AT_PHOTO = "look_at_photo"
    READ_MONEY = "read_money"
    READ_TOLD = "read_told"
    READ_NOTICES = "read_notices"
    OPERATE_NOTICES = "operate_notices"
    HOLD = "hold"


# Region is checked besides: a village account acts in its own village, a town account in its own town.
ALLOWED: dict[Action, frozenset[Role]] = {
    Action.READ_OWN: frozenset({Role.RESIDENT, Role.AGENT}),
    Action.APPLY: frozenset({Role.RESIDENT, Role.AGENT}),
    Action.DESCRIBE: frozenset({Role.RESIDENT, Role.AGENT}),
    Action.READ_CASE: frozenset({Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU}),
    Action.REVIEW: frozenset({Role.WORKER}),
    Action.START: frozenset({Role.VILLAGE}),
    Action.INVESTIGATE: frozenset({Role.WORKER}),
    Action.REFER_AGAIN: frozenset({Role.TOWN}),
    Action.RETURN_EVIDENCE: frozenset({Role.TOWN}),
    Action.RENEW: frozenset({Role.WORKER}),
    Action.CONFIRM: frozenset({Role.TOWN}),
    Action.CONVENE: frozenset({Role.TOWN}),
    Action.SIGN_IN: frozenset({Role.TOWN}),
    Action.TALLY: frozenset({Role.TOWN}),
    Action.SUPERVISE: frozenset({Role.SUPERVISOR}),
    Action.DETERMINE: frozenset({Role.LEADERS}),
    Action.TELL_RESULT: frozenset({Role.TOWN}),
    Action.PUBLISH: frozenset({Role.TOWN}),
    Action.URGENT: frozenset({Role.WORKER, Role.TOWN}),
    Action.CALL: frozenset({Role.TOWN, Role.WORKER, Role.BUREAU}),
    Action.WITHDRAW: frozenset({Role.RESIDENT, Role.AGENT}),
    Action.SET_STANDARD: frozenset({Role.BUREAU}),
    Action.IMPORT_CALENDAR: frozenset({Role.BUREAU}),
    Action.CLOSE: frozenset({Role.WORKER, Role.TOWN}),
    Action.ANSWER_PERSON: frozenset({Role.WORKER, Role.TOWN, Role.BUREAU}),
    Action.EDIT_ENTRIES: frozenset({Role.WORKER, Role.TOWN, Role.BUREAU}),
    Action.PUBLISH_ENTRIES: frozenset({Role.BUREAU}),
    Action.ADD_PHOTO: frozenset({Role.RESIDENT, Role.AGENT, Role.WORKER}),
    Action.MANAGE_ACCOUNTS: frozenset({Role.ADMIN, Role.TOWN}),
    Action.MANAGE_ROSTER: frozenset({Role.TOWN}),
    Action.INVITE_RESIDENT: frozenset({Role.VILLAGE, Role.WORKER}),
    Action.RECORD_AGENT: frozenset({Role.VILLAGE, Role.WORKER}),
    Action.WRITE_PARTICULARS: frozenset({Role.WORKER, Role.TOWN}),
    Action.READ_PARTICULARS: frozenset(
        {Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU}
    ),
    Action.UNMASK: frozenset({Role.WORKER, Role.TOWN, Role.SUPERVISOR, Role.BUREAU}),
    Action.GRANT_UNMASK: frozenset({Role.LEADERS, Role.BUREAU}),
    Action.READ_TRAIL: frozenset({Role.SUPERVISOR, Role.BUREAU}),
    Action.EXPORT_FILE: frozenset({Role.SUPERVISOR, Role.BUREAU}),
    Action.ANSWER_RIGHTS: frozenset({Role.WORKER, Role.TOWN, Role.BUREAU}),
    Action.RUN_RETENTION: frozenset({Role.BUREAU}),
    Action.DECLARE_RELATIVE: frozenset({Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS}),
    Action.AGREE_TO_OVERRIDE: frozenset({Role.LEADERS}),
    Action.RELEASE_LISTING: frozenset({Role.TOWN, Role.LEADERS}),
    Action.CONFIRM_READINGS: frozenset({Role.BUREAU}),
    Action.PRINT_CARD: frozenset({Role.TOWN}),
    Action.READ_MONEY: frozenset({Role.WORKER, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU}),
    Action.READ_TOLD: frozenset({Role.WORKER, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU}),
    Action.READ_NOTICES: frozenset({Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU}),
    Action.OPERATE_NOTICES: frozenset({Role.BUREAU, Role.ADMIN}),
    Action.LOOK_AT_PHOTO: frozenset({Role.RESIDENT, Role.WORKER, Role.TOWN, Role.SUPERVISOR, Role.BUREAU}),
    Action.HOLD: frozenset({Role.SUPERVISOR, Role.BUREAU}),
}


class Part(StrEnum):
    """A part of a case that somebody may see or not."""

    PROGRESS = "progress"
    APPLICANT = "applicant"
    CIRCUMSTANCE = "circumstance"
    STORY = "story"
    FINDINGS = "findings"
    PHOTOS = "photos"
    MONEY = "money"
    MEETINGS = "meetings"
    DEADLINES = "deadlines"
    RELATIVES = "relatives"


_STAFF = frozenset({Role.WORKER, Role.VILLAGE, Role.TOWN, Role.SUPERVISOR, Role.LEADERS, Role.BUREAU})
_BEYOND_THE_VILLAGE = _STAFF - {Role.VILLAGE}

# Region is checked besides. A photo can be a medical paper: whoever oversees gives a reason for each look.
SIGHT: dict[Part, frozenset[Role]] = {
    Part.PROGRESS: _STAFF | {Role.RESIDENT, Role.AGENT},
    Part.APPLICANT: _STAFF,
    Part.CIRCUMSTANCE: _STAFF | {Role.RESIDENT},
    Part.STORY: _BEYOND_THE_VILLAGE | {Role.RESIDENT},
    Part.FINDINGS: _BEYOND_THE_VILLAGE,
    Part.PHOTOS: frozenset({Role.RESIDENT, Role.WORKER, Role.TOWN}),
    Part.MONEY: _BEYOND_THE_VILLAGE,
    Part.MEETINGS: _STAFF,
    Part.DEADLINES: _STAFF,
    Part.RELATIVES: _STAFF,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a resident (no account), a staff account, or the system itself."""

    role: Role
    name: str
    person_id: UUID | None = None
    account_id: UUID | None = None
    town_id: int | None = None
    village_id: int | None = None
    request_id: str | None = None
    acting_for: UUID | None = None
    """The person on whose behalf an agent acts (代办)."""
    acting_as: str | None = None
    """The kind of agent: guardian, relative, entrusted, cadre."""
    acts: frozenset[Action] = frozenset()
    """What the agent may do for that person."""
    address: str | None = None
    """The network address that the request came from."""

    @property
    def subject_id(self) -> UUID | None:
        """Whose affairs these are: the principal's while an agent acts, one's own otherwise."""
        return self.acting_for or self.person_id

    @property
    def label(self) -> str:
        """The trail's word for this actor: stable ids, no name."""
        return f"account:{self.account_id}" if self.account_id else f"person:{self.person_id or 'system'}"


SYSTEM = Actor(role=Role.SYSTEM, name="系统")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case lives, for the region check."""

    town_id: int
    village_id: int


ANYWHERE = Place(0, 0)
"""For what is somebody's own: no region is asked about."""


def require(actor: Actor, action: Action, place: Place, *, owner_id: UUID | None = None) -> None:
    """Let the actor act, or raise NotAllowedError saying whom to turn to.

    `owner_id` is the applicant: residents may act on what is theirs, agents on what is their principal's within the
    scope that was recorded, and both on nothing else.
    """
    if actor.role is Role.SYSTEM:
        return
    if actor.role not in ALLOWED[action]:
        raise NotAllowedError("role_not_allowed", "您的岗位不能做这一步, 请联系负责这一步的同事。")
    if actor.role in (Role.RESIDENT, Role.AGENT):
        if owner_id is None or actor.subject_id != owner_id:
            raise NotAllowedError("not_your_case", "这不是您的事项, 请登录本人的微信查看。")
        if actor.role is Role.AGENT and action not in actor.acts:
            raise NotAllowedError("not_in_scope", "登记的代办范围里没有这一项, 请由本人办理, 或到村(社区)改代办登记。")
        return
    if actor.role in (Role.BUREAU, Role.ADMIN):
        return
    in_region = actor.village_id == place.village_id if actor.role is Role.VILLAGE else actor.town_id == place.town_id
    if not in_region:
        raise NotAllowedError("not_your_region", "这个事项不在您负责的镇街或村社, 请联系当地办理。")


def sees(actor: Actor, part: Part) -> bool:
    """Whether a person of this role, where the region allows it, sees this part of a case."""
    return actor.role in SIGHT[part]


def require_district(actor: Actor, action: Action) -> None:
    """Let the actor do what concerns the whole district, or raise NotAllowedError."""
    if actor.role is not Role.SYSTEM and actor.role not in ALLOWED[action]:
        raise NotAllowedError("role_not_allowed", "这一步由区民政部门办理, 请联系区民政。")
