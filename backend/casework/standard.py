"""低保标准: entered by one person of the bureau, confirmed by another, in force from a date; none: 标准未配置."""

from datetime import date, datetime

from tortoise.transactions import in_transaction

from backend import audit
from backend.access import Action, Actor, require_district
from backend.errors import ConflictError, NotFoundError
from models.reference import DISTRICT, LivingStandard


async def standard_on(day: date) -> LivingStandard | None:
    """The district's confirmed standard in force on a day; None when there is none."""
    return (
        await LivingStandard.filter(
            region=DISTRICT, effective_from__lte=day, confirmed_at__isnull=False, superseded_at=None
        )
        .order_by("-effective_from")
        .first()
    )


async def history() -> list[LivingStandard]:
    """Every row of the district, those waiting and those superseded too, the newest first."""
    return await LivingStandard.filter(region=DISTRICT).order_by("-effective_from", "-id")


async def enter(
    actor: Actor, *, monthly_fen: int, effective_from: date, document: str, source_url: str = "", now: datetime
) -> LivingStandard:
    """Write down a standard with its document number; it is in force only when somebody else has confirmed it.

    A second entry for the same first day replaces one that nobody has confirmed. One that was confirmed stays in force
    until the correction is confirmed as well; cases keep the figure that was pinned to them.
    """
    require_district(actor, Action.SET_STANDARD)
    async with in_transaction():
        await LivingStandard.filter(region=DISTRICT, effective_from=effective_from, confirmed_at=None).delete()
        standard = await LivingStandard.create(
            monthly_fen=monthly_fen,
            effective_from=effective_from,
            document=document,
            source_url=source_url,
            entered_by=_who(actor),
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
    """A second person repeats the figure. Raises NotFoundError; ConflictError for the same person or another figure."""
    require_district(actor, Action.SET_STANDARD)
    async with in_transaction():
        mine = LivingStandard.filter(region=DISTRICT, effective_from=effective_from)
        standard = await mine.filter(confirmed_at=None).select_for_update().first()
        if standard is None:
            raise NotFoundError("standard_not_found", "没有找到这一天等待确认的低保标准, 请先录入。")
        if standard.entered_by == _who(actor):
            raise ConflictError("same_person", "录入和确认要由两个人做, 请换一位同事确认。")
        if standard.monthly_fen != monthly_fen:
            raise ConflictError("standard_differs", "两次填写的金额不一样, 请核对文件后重新录入或确认。")
        replaced = await mine.filter(confirmed_at__isnull=False, superseded_at=None).update(superseded_at=now)
        standard.confirmed_by, standard.confirmed_at = _who(actor), now
        await standard.save()
        await audit.record(
            actor,
            "standard_confirmed",
            f"standard:{effective_from}",
            now=now,
            clause="三(四);三(五)",
            detail={"monthly_fen": monthly_fen, "replaced": bool(replaced)},
        )
    return standard


def _who(actor: Actor) -> str:
    """The human being: two accounts of one person are one person."""
    return f"person:{actor.person_id}"
