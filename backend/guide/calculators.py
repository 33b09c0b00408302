"""The calculators for savings 三(四) and caps 三(五) with their working, for pages and mini-program alike. Pure."""

from dataclasses import dataclass

from backend.guide.amounts import fen_of
from rules.caps import Band, savings_band, temporary_aid_cap
from rules.figures import CAP_MEDICAL_PERCENT, CAP_MONTHS, SAVINGS_LOWER_TIMES, SAVINGS_UPPER_TIMES

NOT_SET = "标准未配置: 本区低保标准还没有录入, 现在只能看公式。"
SAVINGS_FORMULA = (
    f"{SAVINGS_LOWER_TIMES}倍 = 月标准×12×{SAVINGS_LOWER_TIMES}; "
    f"{SAVINGS_UPPER_TIMES}倍 = 月标准×12×{SAVINGS_UPPER_TIMES}; 两头的数本身都不算在内。"
)
CAPS_FORMULA = (
    f"家庭人数×月标准×{CAP_MONTHS}; 有医疗费用的, 还不能超过剩余医疗费用的{CAP_MEDICAL_PERCENT}%; 两个取低, 舍到元。"
)
_BANDS = {
    Band.NOT_OVER: f"没有超过{SAVINGS_LOWER_TIMES}倍, 不用走“一事一议”。",
    Band.BETWEEN: f"超过{SAVINGS_LOWER_TIMES}倍、低于{SAVINGS_UPPER_TIMES}倍, 复核时可以要求保留待遇, 由镇(街道)认定。",
    Band.TOO_HIGH: f"达到或超过{SAVINGS_UPPER_TIMES}倍, 不在这一种里; 有其他困难请找工作人员。",
}
_MOST_PEOPLE = 30


@dataclass(frozen=True, slots=True)
class Worked:
    """The working line by line, or what is wrong with what was typed; `formula` always."""

    formula: str
    lines: tuple[str, ...] = ()
    wrong: str = ""


def savings(deposit: str, monthly_fen: int | None) -> Worked:
    """Where a deposit lies. `monthly_fen` None: 标准未配置, the formula alone."""
    fen = fen_of(deposit)
    if fen is None:
        return Worked(SAVINGS_FORMULA, wrong="请填写存款, 例如 50000 或 5万。")
    if monthly_fen is None:
        return Worked(SAVINGS_FORMULA, (NOT_SET,))
    annual = 12 * monthly_fen
    return Worked(
        SAVINGS_FORMULA,
        (
            f"年低保标准: {_yuan(monthly_fen)}元×12={_yuan(annual)}元",
            f"{SAVINGS_LOWER_TIMES}倍: {_yuan(SAVINGS_LOWER_TIMES * annual)}元; "
            f"{SAVINGS_UPPER_TIMES}倍: {_yuan(SAVINGS_UPPER_TIMES * annual)}元",
            f"存款: {_yuan(fen)}元",
            _BANDS[savings_band(fen, monthly_fen)],
        ),
    )


def caps(household: str, medical: str, granted: str, monthly_fen: int | None) -> Worked:
    """The most that may be granted. `medical` empty: no medical cause; `granted` empty: nothing before."""
    people = int(household) if household.isdecimal() and len(household) <= 2 else 0
    cost, before = fen_of(medical) if medical else None, fen_of(granted) if granted else 0
    if not 1 <= people <= _MOST_PEOPLE:
        return Worked(CAPS_FORMULA, wrong=f"请填写共同生活的家庭人数, 1到{_MOST_PEOPLE}。")
    if medical and cost is None:
        return Worked(CAPS_FORMULA, wrong="医疗费用请只写金额, 例如 80000 或 8万; 没有就空着。")
    if before is None:
        return Worked(CAPS_FORMULA, wrong="已经给过的救助请只写金额, 例如 3000; 没有就空着。")
    if monthly_fen is None:
        return Worked(CAPS_FORMULA, (NOT_SET,))
    cap = temporary_aid_cap(
        household=people, monthly_standard_fen=monthly_fen, remaining_medical_fen=cost, already_granted_fen=before
    )
    return Worked(CAPS_FORMULA, (*cap.lines, "这是上限, 不是一定能拿到的数; 由镇(街道)认定。"))


def _yuan(fen: int) -> str:
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)
