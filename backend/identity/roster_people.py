"""Who a line of a roster's sheet is: somebody whom the town knows already, or somebody new."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from tortoise.expressions import Q

from backend.identity.roster_sheet import NAME, PHONE, Fault, Line
from models.people import Person, RosterEntry, StaffAccount


class KnownPeople:
    """The people whom the town knows by its own rosters, accounts and writing.

    What residents say of themselves in WeChat is checked by nobody: it neither leads onto a panel nor blocks an import.
    """

    def __init__(
        self, serving: Iterable[Person], written_down: Iterable[Person], here: dict[int, set[UUID]], lines: list[Line]
    ) -> None:
        self._by_phone: dict[str, list[Person]] = defaultdict(list)
        self._by_name: dict[tuple[int, str], list[Person]] = defaultdict(list)
        for person in serving:
            if person.phone:
                self._by_phone[person.phone].append(person)
            for village_id, ids in here.items():
                if person.id in ids:
                    self._by_name[village_id, person.name].append(person)
        self._written_down = {(person.name, person.phone): person for person in written_down if person.phone}
        self._namesakes = Counter((village, name) for village, name, _ in _told_apart(lines))

    @classmethod
    async def load(cls, town_id: int, lines: list[Line]) -> "KnownPeople":
        """From the rows of one town."""
        served = await RosterEntry.filter(village__town_id=town_id).values_list("village_id", "person_id")
        accounts = await StaffAccount.filter(town_id=town_id).values_list("person_id", flat=True)
        here: dict[int, set[UUID]] = defaultdict(set)
        for village_id, person_id in served:
            here[village_id].add(person_id)
        ids = {person_id for _, person_id in served} | set(accounts)
        serving = await Person.filter(id__in=list(ids)).order_by("created_at", "id")
        named = Q(name__in=list({line.name for line in lines}), village__town_id=town_id, openid=None)
        return cls(serving, await Person.filter(named).order_by("created_at", "id"), here, lines)

    def match(self, line: Line, village_id: int) -> tuple[Person | None, Fault | None]:
        """The person of a line (None: somebody new), or why it cannot be told."""
        here = self._by_name[village_id, line.name]
        if line.phone is None:
            if len(here) > 1:
                return None, Fault(line.number, NAME, f"名册里本村有{len(here)}个人叫这个名字, 请写手机")
            return (here[0] if here else None), None
        if owners := self._by_phone[line.phone]:
            mine = next((person for person in owners if person.name == line.name), None)
            return mine, None if mine else Fault(line.number, PHONE, "名册里这个手机是另一个人的, 请核对姓名和手机")
        nameless = [person for person in here if not person.phone]
        if nameless and (len(nameless) > 1 or self._namesakes[line.village, line.name] > 1):
            return None, Fault(line.number, NAME, "名册里有同名的人没有手机, 分不清是谁; 请先单独导入他, 补上手机")
        if nameless:
            return nameless[0], None
        return self._written_down.get((line.name, line.phone)), None

    def has_namesake(self, line: Line, village_id: int) -> bool:
        """Whether the roster has somebody of this name in the village."""
        return bool(self._by_name[village_id, line.name])


def _told_apart(lines: list[Line]) -> set[tuple[str, str, str | None]]:
    return {(line.village, line.name, line.phone) for line in lines}
