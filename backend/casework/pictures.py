"""Reading supporting photos: by whom the table lets, marked with who looked and when, each look in the trail."""

from datetime import datetime
from uuid import UUID

from obstore.store import ObjectStore

from backend import audit, photos
from backend.access import Action, Actor, Part, Place, require, sees
from backend.clock import SHANGHAI
from backend.errors import InvalidInputError, NotFoundError
from models.application import Photo
from rules.statuses import Role

LEAST_REASON = 4


async def look_at(
    case_id: UUID, photo_id: UUID, actor: Actor, *, reason: str, store: ObjectStore, now: datetime
) -> bytes:
    """One photo as a JPEG with a watermark; one's own is not marked.

    Whoever oversees (Action.LOOK_AT_PHOTO without Part.PHOTOS) gives a reason. Raises NotFoundError, NotAllowedError,
    InvalidInputError.
    """
    photo = await Photo.get_or_none(id=photo_id, case_id=case_id).select_related("case__village")
    if photo is None:
        raise NotFoundError("photo_not_found", "没有找到这张照片, 请刷新后再看。")
    place = Place(photo.case.village.town_id, photo.case.village_id)
    require(actor, Action.LOOK_AT_PHOTO, place, owner_id=photo.case.applicant_id)
    if actor.role is Role.RESIDENT:
        return await _bytes(store, photo)
    if not sees(actor, Part.PHOTOS) and len(reason.strip()) < LEAST_REASON:
        raise InvalidInputError("reason_missing", "请写明为什么要看这张照片, 至少4个字。")
    picture = await _bytes(store, photo)
    await audit.record(
        actor, "photo_read", f"case:{case_id}", now=now, why=reason.strip() or None, detail={"photo": str(photo_id)}
    )
    mark = f"{str(actor.account_id)[:8]}  {now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return await photos.watermarked(picture, mark)


async def _bytes(store: ObjectStore, photo: Photo) -> bytes:
    try:
        return await photos.read(store, photo.key)
    except FileNotFoundError as error:
        raise NotFoundError("photo_gone", "这张照片已经按期限删除。") from error
