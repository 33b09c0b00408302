"""Who of the staff is there to be told: accounts in office, as persons."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from tortoise.expressions import Q

from models.people import StaffAccount
from rules.statuses import Role

_DISTRICT = (Role.BUREAU, Role.ADMIN)


async def people(
    roles: Iterable[Role], day: date, *, town_id: int | None = None, village_id: int | None = None
) -> list[UUID]:
    """The persons whose account in one of these roles is open on this day, each once.

    A village's account counts for that village alone, a town's for that town, the bureau's everywhere.
    """
    whose = Q()
    for role in roles:
        if role in _DISTRICT:
            whose |= Q(role=role.value)
        elif role is Role.VILLAGE:
            whose |= Q(role=role.value, village_id=village_id)
        else:
            whose |= Q(role=role.value, town_id=town_id)
    if not whose.children:
        return []
    in_office = Q(Q(since=None) | Q(since__lte=day), Q(until=None) | Q(until__gte=day), ended_at=None)
    found = await StaffAccount.filter(whose, in_office).order_by("login").values_list("person_id", flat=True)
    return list(dict.fromkeys(found))
