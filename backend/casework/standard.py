"""低保标准: entered by one person of the bureau, confirmed by another, in force from a date; none: 标准未配置."""

from datetime import date, datetime

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, require_district
from backend.errors import ConflictError, NotFoundError
from models.reference import LivingStandard


async def standard_on(day: date) -> LivingStandard | None:
    """The confirmed standard in force on a day; None when there is none."""
    return (
        await LivingStandard.filter(effective_from__lte=day, confirmed_at__isnull=False)
        .order_by("-effective_from")
        .first()
    )


async def enter(
    actor: Actor, *, monthly_fen: int, effective_from: date, document: str, now: datetime
) -> LivingStandard:
    """Write down a standard with its document number; it is in force only when somebody else has confirmed it.

    A second entry for the same first day replaces one that nobody has confirmed. Raises ConflictError.
    """
    require_district(actor, Action.SET_STANDARD)
    async with in_transaction():
        known = await LivingStandard.filter(effective_from=effective_from).select_for_update().first()
        if known is not None and known.confirmed_at is not None:
            raise ConflictError("standard_confirmed", "这一天的低保标准已经确认生效, 不能改写; 新标准请另填生效日期。")
        if known is not None:
            await known.delete()
        standard = await LivingStandard.create(
            monthly_fen=monthly_fen,
            effective_from=effective_from,
            document=document,
            entered_by=actor.label,
            entered_at=now,
        )
        await audit.record(
            actor,
            "standard_entered",
            f"standard:{effective_from}",
            now=now,
            clause="三(四);三(五)",
            detail={"monthly_fen": monthly_fen, "document": document},
        )
    return standard


async def confirm(actor: Actor, *, effective_from: date, monthly_fen: int, now: datetime) -> LivingStandard:
    """A second person repeats the figure. Raises ConflictError for the same person or another figure."""
    require_district(actor, Action.SET_STANDARD)
    async with in_transaction():
        standard = await LivingStandard.filter(effective_from=effective_from).select_for_update().first()
        if standard is None:
            raise NotFoundError("standard_not_found", "没有找到这一天的低保标准, 请先录入。")
        if standard.confirmed_at is not None:
            return standard
        if standard.entered_by == actor.label:
            raise ConflictError("same_person", "录入和确认要由两个人做, 请换一位同事确认。")
        if standard.monthly_fen != monthly_fen:
            raise ConflictError("standard_differs", "两次填写的金额不一样, 请核对文件后重新录入或确认。")
        standard.confirmed_by, standard.confirmed_at = actor.label, now
        await standard.save()
        await audit.record(
            actor, "standard_confirmed", f"standard:{effective_from}", now=now, detail={"monthly_fen": monthly_fen}
        )
    return standard
