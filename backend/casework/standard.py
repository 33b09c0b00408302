"""The living standard in force, or none: 标准未配置."""

from datetime import date

from models.reference import LivingStandard


async def standard_on(day: date) -> LivingStandard | None:
    """The 低保标准 in force on a day; None when nothing has been entered."""
    return await LivingStandard.filter(effective_from__lte=day).order_by("-effective_from").first()
