"""签到表: the paper on which a panel signs in. Neither the applicant nor what the matter is stands on it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend import audit
from backend.access import Action, Actor
from backend.casework.convened import case_of
from backend.casework.meetings import about, place_told
from backend.casework.moves import step
from backend.casework.readings_in_force import readings_of
from backend.clock import SHANGHAI
from backend.errors import ConflictError
from models.deliberation import Deliberation, PanelMember
from notices.fields import harmless
from rules.quorum import LABELS, Capacity

_WATCHES = "纪(工)委监督人员"
_REMARKS = {"leave": "请假", "recusal": "回避"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: who, as what, and 请假 or 回避 where they said so."""

    number: int
    name: str
    capacity: str
    remark: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """`needs`: the numbers without which nothing can be concluded. `case_number` says which meeting it is."""

    case_number: str
    town: str
    village: str
    when: str
    place: str
    needs: tuple[str, ...]
    members: tuple[Row, ...]
    supervisors: tuple[Row, ...]


async def read_sheet(deliberation_id: UUID, actor: Actor, *, now: datetime) -> Sheet:
    """The sheet, for who convenes; each print leaves a trail entry. Who was replaced does not stand on it.

    Raises NotFoundError, NotAllowedError, ConflictError for a meeting that was called off.
    """
    async with step(await case_of(deliberation_id), actor, Action.CONVENE, now) as work:
        meeting = await Deliberation.get(id=deliberation_id)
        if meeting.status == "void":
            raise ConflictError("meeting_over", "这次会议已经取消, 请打印新的会议的签到表。")
        seats = await PanelMember.filter(deliberation_id=deliberation_id, replaced_by=None).select_related("person")
        place = harmless(await place_told(work.case, meeting))
        await audit.record(actor, "sheet_printed", about(meeting), now=now, clause="四(二)a")
    village, local = work.case.village, meeting.meets_at.astimezone(SHANGHAI)
    least = readings_of(work.case).minimum_panel
    needed = [LABELS[name] for name in Capacity if name is not Capacity.RESIDENT_CADRE or not village.is_community]
    members = sorted((seat for seat in seats if seat.duty != "supervisor"), key=_order)
    return Sheet(
        case_number=work.case.number,
        town=village.town.name,
        village=village.name,
        when=f"{local.year}年{local.month}月{local.day}日 星期{'一二三四五六日'[local.weekday()]} {local:%H:%M}",
        place=place,
        needs=(f"计入人数不少于{least}人", f"要有: {'、'.join(needed)}", f"要有{_WATCHES}到会, 不计入人数"),
        members=tuple(_row(number, seat) for number, seat in enumerate(members, 1)),
        supervisors=tuple(
            _row(number, seat) for number, seat in enumerate((s for s in seats if s.duty == "supervisor"), 1)
        ),
    )


def _order(seat: PanelMember) -> tuple[int, str, str]:
    held = [list(Capacity).index(Capacity(name)) for name in seat.capacities]
    return min(held, default=len(Capacity)), seat.person.name, str(seat.id)


def _row(number: int, seat: PanelMember) -> Row:
    if seat.duty == "supervisor":
        held = _WATCHES
    else:
        held = "、".join(LABELS[name] for name in Capacity if name.value in seat.capacities)
        held += " (入户调查人员, 不计入人数)" if seat.duty == "investigator" else ""
    said = "recusal" if seat.recused_reason is not None else seat.answer
    return Row(number, seat.person.name, held, _REMARKS.get(said, ""))
