"""Every rung of the ladder has somebody on it: half of a village's representatives have no subscribe message left.

Only where the local run has all channels; elsewhere everybody has plenty of subscribe messages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from backend.demo import district
from backend.identity.platforms import SERVICE_ACCOUNT
from backend.settings import Settings
from models.identities import PlatformIdentity
from models.outbox import Consent
from models.people import Person, RosterEntry
from notices.kinds import Channel

_RUNGS = (Channel.SERVICE_ACCOUNT, Channel.WECOM, Channel.SMS, Channel.CALL_LIST)
_INVENTED_MOBILE = "169"
"""As far as we know no number in use begins so; these are sent to the simulated gateway alone."""


async def chosen(settings: Settings) -> Mapping[UUID, Channel]:
    """Person -> the first rung on which they can be reached; the same people on every start."""
    if not (settings.service_templates and settings.wecom_is_on and settings.sms_is_on):
        return {}
    village = {"village__name": district.LARGE_VILLAGE, "village__town__name": district.VILLAGE_TOWN}
    representatives = RosterEntry.filter(**village, capacity="village_representative")
    people = await Person.filter(id__in=await representatives.values_list("person_id", flat=True)).order_by(
        "name", "id"
    )
    others = [person.id for person in people if person.openid != district.MEMBER_OPENID]
    places = {person: place % (2 * len(_RUNGS)) for place, person in enumerate(others)}
    return {person: _RUNGS[place] for person, place in places.items() if place < len(_RUNGS)}


async def spread(chosen: Mapping[UUID, Channel]) -> None:
    """Once: they have used their subscribe messages up, and who gets a text has a mobile number."""
    await Consent.filter(person_id__in=list(chosen)).update(credits=0)
    for person in await Person.filter(id__in=[who for who, rung in chosen.items() if rung is Channel.SMS]):
        person.phone = f"{_INVENTED_MOBILE}{person.id.int % 10**8:08d}"
        await person.save(update_fields=["phone"])


async def know_followers(
    people: Sequence[Person], openids: Mapping[str, str], chosen: Mapping[UUID, Channel], *, now: datetime
) -> None:
    """Who follows the simulated service account: all but those whom it is not to reach. `openids`: ours -> its."""
    known = set(await PlatformIdentity.filter(account=SERVICE_ACCOUNT).values_list("openid", flat=True))
    await PlatformIdentity.bulk_create(
        [
            PlatformIdentity(
                id=uuid4(),
                account=SERVICE_ACCOUNT,
                openid=openids[person.openid],
                unionid=person.unionid,
                person_id=person.id,
                since=now,
            )
            for person in people
            if person.openid and follows(person.id, chosen) and openids[person.openid] not in known
        ]
    )


def follows(person: UUID, chosen: Mapping[UUID, Channel]) -> bool:
    """Whether the service account reaches them."""
    return chosen.get(person, Channel.SERVICE_ACCOUNT) is Channel.SERVICE_ACCOUNT


def has_wecom(person: UUID, chosen: Mapping[UUID, Channel]) -> bool:
    """Whether they are a member of the simulated WeCom."""
    return chosen.get(person, Channel.WECOM) in (Channel.SERVICE_ACCOUNT, Channel.WECOM)
