"""What was done for somebody by another: read from the trail, shown to staff and to the person (代办)."""

from uuid import UUID

from backend.clock import SHANGHAI
from models.people import Person
from models.trail import TrailEntry
from rules.statuses import Role

_DONE = {
    "application_submitted": "提交申请",
    "photo_added": "上传照片",
    "Withdraw": "撤回申请",
}


async def done_on(case_id: UUID) -> list[dict[str, object]]:
    """Each act of an agent on a case, the first first: {"at", "what", "who": 由…代办}. Looking is no act."""
    rows = await TrailEntry.filter(subject=f"case:{case_id}", role=Role.AGENT.value, action__in=list(_DONE)).order_by(
        "id"
    )
    names = dict(
        await Person.filter(id__in={row.actor.removeprefix("person:") for row in rows}).values_list("id", "name")
    )
    return [
        {
            "at": row.at.astimezone(SHANGHAI).isoformat(),
            "what": _DONE[row.action],
            "who": f"由{names.get(UUID(row.actor.removeprefix('person:')), '他人')}代办",
        }
        for row in rows
    ]
