"""Amounts: 三(四) savings band, 三(五) caps, 四(二)b urgent relief. Integer 分 in and out, the working shown."""

from dataclasses import dataclass
from enum import StrEnum

from rules.figures import (
    CAP_MEDICAL_PERCENT,
    CAP_MONTHS,
    PROVINCIAL_SPECIAL_TIMES,
    PROVINCIAL_TIMES,
    SAVINGS_LOWER_TIMES,
    SAVINGS_UPPER_TIMES,
    URGENT_CAP_FEN,
)

_FEN = 100


class Band(StrEnum):
    """Where a bank deposit lies by 三(四)."""

    NOT_OVER = "not_over"
    """At most 4 times: no 一事一议 needed."""
    BETWEEN = "between"
    """Over 4 and below 10 times: 三(四) may apply."""
    TOO_HIGH = "too_high"
    """10 times or more: not 三(四)."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that may still be granted, in 分 (whole 元), how it was worked out, a line a step, and warnings.

    `notes` warn and decide nothing: the province's ordinary limits, which 三(五) goes beyond (§1.10.4).
    """

    allowed_fen: int
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


def savings_band(deposit_fen: int, monthly_standard_fen: int) -> Band:
    """三(四): strictly over 4 and strictly below 10 annual standards; both ends are outside.

    Raises ValueError for a negative deposit or a standard that is not positive.
    """
    if deposit_fen < 0 or monthly_standard_fen <= 0:
        raise ValueError("a deposit is not negative and a standard is positive")
    annual = 12 * monthly_standard_fen
    if deposit_fen <= SAVINGS_LOWER_TIMES * annual:
        return Band.NOT_OVER
    return Band.BETWEEN if deposit_fen < SAVINGS_UPPER_TIMES * annual else Band.TOO_HIGH


def temporary_aid_cap(
    *, household: int, monthly_standard_fen: int, remaining_medical_fen: int | None, already_granted_fen: int = 0
) -> Cap:
    """三(五): floor(min(20·S·n, 70 % of the remaining medical cost) − granted), never below 0 (§1.10.10).

    `remaining_medical_fen` None: no medical cause, the first cap alone; 0: nothing remains, so 0.
    `already_granted_fen`: grants for the same cause within the window, urgent money included.
    Raises ValueError for input that cannot be.
    """
    if household < 1 or monthly_standard_fen <= 0 or already_granted_fen < 0 or (remaining_medical_fen or 0) < 0:
        raise ValueError("household, standard, medical cost and grants must be sane")
    by_household = CAP_MONTHS * monthly_standard_fen * household
    lines = [f"家庭人数上限: {household}人×{_yuan(monthly_standard_fen)}元×{CAP_MONTHS}={_yuan(by_household)}元"]
    limit = by_household
    if remaining_medical_fen is not None:
        by_medical = remaining_medical_fen * CAP_MEDICAL_PERCENT // 100
        lines.append(f"医疗费用上限: {_yuan(remaining_medical_fen)}元×{CAP_MEDICAL_PERCENT}%={_yuan(by_medical)}元")
        limit = min(by_household, by_medical)
        lines.append(f"两个上限取低: {_yuan(limit)}元")
    if already_granted_fen:
        lines.append(f"减去同一事由已救助: {_yuan(already_granted_fen)}元")
    allowed = max(0, limit - already_granted_fen) // _FEN * _FEN
    lines.append(f"本次最高: {_yuan(allowed)}元(舍去角分)")
    return Cap(allowed, tuple(lines), _provincial_notes(household, monthly_standard_fen, allowed + already_granted_fen))


def _provincial_notes(household: int, monthly_standard_fen: int, total_fen: int) -> tuple[str, ...]:
    return tuple(
        f"超过省条例临时救助每人{times}个月标准({_yuan(times * monthly_standard_fen * household)}元)的要特别说明; "
        "只提醒, 不限制, 以条例原文为准"
        for times in (PROVINCIAL_TIMES, PROVINCIAL_SPECIAL_TIMES)
        if total_fen > times * monthly_standard_fen * household
    )


def urgent_room(delivered_fen: int) -> int:
    """What a household may still be given for one urgent event, in 分: 5000 元 in all, inclusive (四(二)b)."""
    return max(0, URGENT_CAP_FEN - delivered_fen)


def _yuan(fen: int) -> str:
    whole, rest = divmod(fen, _FEN)
    return f"{whole}.{rest:02d}" if rest else str(whole)
