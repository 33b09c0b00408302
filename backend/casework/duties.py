"""Separation of duties: what somebody did on a case, or is to the applicant, keeps them from other steps on it.

Near relatives do nothing on the case (57号 §11); who investigated or tallied does not decide; who investigated does not
supervise (policy-model §3.4.15). That an investigator does not vote stands in `rules.quorum` (reading A7).
"""

from datetime import datetime
from uuid import UUID, uuid4

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, Place, require
from backend.casework.panel import investigators_of
from backend.errors import InvalidInputError, NotAllowedError, NotFoundError
from models.application import Case
from models.deliberation import Deliberation, PanelMember
from models.duties import NearRelative
from models.people import Person
from rules.quorum import NEAR_RELATIVES

_ONLY_LOOKING = frozenset({Action.READ_CASE, Action.READ_MONEY, Action.READ_OWN, Action.WITHDRAW, Action.ADD_PHOTO})
_NOT_AFTER_INVESTIGATING = frozenset({Action.DETERMINE, Action.SUPERVISE})
_NOT_AFTER_TALLYING = frozenset({Action.DETERMINE})


async def check(case: Case, actor: Actor, action: Action) -> None:
    """Raises NotAllowedError where this person must leave the step to somebody else."""
    if actor.account_id is None or actor.person_id is None or action in _ONLY_LOOKING:
        return
    if actor.person_id == case.applicant_id:
        raise NotAllowedError("own_case", "这是您本人的事项, 请由同事办理。")
    if await NearRelative.exists(case_id=case.id, person_id=actor.person_id):
        raise NotAllowedError("near_relative", "您登记为申请人的近亲属, 这件事请由同事办理。")
    if action in _NOT_AFTER_INVESTIGATING and actor.person_id in await investigators_of(case.id):
        raise NotAllowedError("investigated", "您入户调查过这件事项, 这一步请由别的同事办理。")
    if action in _NOT_AFTER_TALLYING and await Deliberation.exists(case_id=case.id, closed_by=actor.person_id):
        raise NotAllowedError("tallied", "您登记过这件事项的评议票数, 认定请由别的同事登记。")


async def declare_relative(case_id: UUID, actor: Actor, *, person_id: UUID, relation: str, now: datetime) -> None:
    """Record that somebody who could act on the case is a near relative of the applicant; twice is once.

    Raises NotFoundError, NotAllowedError, InvalidInputError for what is no 近亲属.
    """
    if relation not in NEAR_RELATIVES:
        raise InvalidInputError("not_a_near_relative", "请从近亲属里选一种: 配偶、父母、子女、兄弟姐妹、祖孙。")
    async with in_transaction():
        case = await Case.get_or_none(id=case_id).select_related("village")
        if case is None:
            raise NotFoundError("case_not_found", "没有找到这个事项, 请返回列表重新选择。")
        require(actor, Action.DECLARE_RELATIVE, Place(case.village.town_id, case.village_id))
        if not await Person.exists(id=person_id) or person_id == case.applicant_id:
            raise NotFoundError("person_not_found", "没有找到这个人, 请核对后再登记。")
        await note_relative(case, person_id, relation, actor, now=now)


async def note_relative(case: Case, person_id: UUID, relation: str, actor: Actor, *, now: datetime) -> None:
    """The record itself, and out of a meeting that is convened already. Call inside a transaction."""
    _, made = await NearRelative.get_or_create(
        defaults={"id": uuid4(), "relation": relation, "declared_by": actor.label, "declared_at": now},
        case_id=case.id,
        person_id=person_id,
    )
    for seat in await PanelMember.filter(
        deliberation__case_id=case.id, deliberation__status="convened", person_id=person_id, recused_reason=None
    ):
        seat.recused_reason = relation
        await seat.save(update_fields=["recused_reason"])
    if made:
        detail = {"person": str(person_id), "relation": relation}
        await audit.record(actor, "near_relative_declared", f"case:{case.id}", now=now, detail=detail)


async def relatives_of(case_id: UUID) -> dict[UUID, str]:
    """Who is declared to be what to the applicant."""
    return dict(await NearRelative.filter(case_id=case_id).values_list("person_id", "relation"))
