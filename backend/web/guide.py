"""The guide and the calculators as pages: no login, no JavaScript, nothing stored. Answers travel in the form."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect

from backend.api.http import services
from backend.casework.standard import standard_on
from backend.clock import local_day
from backend.web import questions
from backend.web.pages import render
from models.places import Town
from rules.caps import Band, savings_band, temporary_aid_cap
from rules.circumstances import Truth, assess_all
from rules.eligibility import assess

blueprint = Blueprint("guide_pages")

_MOST_ANSWERS = 20
_TRUTHS = {Truth.MET: "符合", Truth.UNMET: "不符合", Truth.UNKNOWN: "还不清楚"}
_BANDS = {
    Band.NOT_OVER: "没有超过4倍, 不用走“一事一议”。",
    Band.BETWEEN: "超过4倍、低于10倍, 复核时可以要求保留待遇, 由镇(街道)认定。",
    Band.TOO_HIGH: "达到或超过10倍, 不属于这一种; 有其他困难请找工作人员。",
}


@blueprint.get("/guide")
async def begin(request: Request) -> HTTPResponse:
    """家里现在最难的是哪一件?"""
    return render(request, "guide_start.html", topics=questions.TOPICS)


@blueprint.post("/guide")
async def go_on(request: Request) -> HTTPResponse:
    """The next question, the one before, or the result: whatever the form says."""
    form = request.form or {}
    topic = str(form.get("topic", ""))
    if topic == questions.EMERGENCY:
        return redirect("/urgent")
    if topic not in questions.TOPICS:
        return render(request, "guide_start.html", topics=questions.TOPICS)
    answers = _answers(form.getlist("answer") or [])
    if form.get("go") == "back":
        if not answers:
            return render(request, "guide_start.html", topics=questions.TOPICS)
        answers.pop()
    elif form.get("fact"):
        answers.append((str(form.get("fact")), str(form.get("said") or questions.UNKNOWN)))
    way = questions.asked_of(topic, answers)
    answers = [(fact, said) for (fact, said), question in zip(answers, way, strict=False) if fact == question.fact]
    if len(answers) >= len(way):
        return await _result(request, topic, answers)
    return render(
        request,
        "guide_question.html",
        topic=topic,
        question=way[len(answers)],
        answers=answers,
        **questions.progress(topic, answers),
    )


def _answers(raw: list[str]) -> list[tuple[str, str]]:
    pairs = [item.split(":", 1) for item in raw[:_MOST_ANSWERS] if ":" in item]
    return [(fact, said[:12]) for fact, said in pairs]


async def _result(request: Request, topic: str, answers: list[tuple[str, str]]) -> HTTPResponse:
    today = local_day(await services(request).clock.now())
    standard = await standard_on(today)
    facts = questions.facts_from(topic, answers, today)
    monthly = standard.monthly_fen if standard else None
    guidance = assess(facts, today, monthly)
    # What was asked about, what fits besides, and the clause that always stays open.
    about = [
        finding
        for finding in assess_all(facts, today, monthly)
        if finding.circumstance.name in (topic, "C7") or finding.truth is Truth.MET
    ]
    return render(
        request,
        "guide_result.html",
        topic=topic,
        answers=answers,
        guidance=guidance,
        findings=about,
        truths=_TRUTHS,
        anchor=questions.anchor,
        standard=standard,
    )


@blueprint.get("/urgent")
async def urgent(request: Request) -> HTTPResponse:
    """Telephone first, no form."""
    towns = await Town.all().order_by("code")
    return render(request, "urgent.html", towns=[town for town in towns if town.phone])


@blueprint.get("/calculators")
async def calculators(request: Request) -> HTTPResponse:
    """Savings and caps, empty."""
    return await _calculators(request, {})


@blueprint.post("/calculators")
async def calculate(request: Request) -> HTTPResponse:
    """With the working. Sent as a form body, so that no amount stands in an address or a log."""
    typed = {name: values[0].strip() for name, values in (request.form or {}).items() if values}
    return await _calculators(request, typed)


async def _calculators(request: Request, typed: dict[str, str]) -> HTTPResponse:
    today = local_day(await services(request).clock.now())
    standard = await standard_on(today)
    monthly = standard.monthly_fen if standard else None
    lines: list[str] = []
    wrong = ""
    if typed.get("what") == "savings":
        deposit = _whole(typed.get("deposit", ""))
        if deposit is None:
            wrong = "请填写存款, 只写数字, 例如 50000。"
        elif monthly is not None:
            lines = [
                f"年低保标准: {monthly // 100}元×12={monthly * 12 // 100}元",
                f"4倍: {monthly * 48 // 100}元; 10倍: {monthly * 120 // 100}元",
                _BANDS[savings_band(deposit * 100, monthly)],
            ]
    elif typed.get("what") == "caps":
        household, medical = _whole(typed.get("household", "")), typed.get("medical", "")
        cost = _whole(medical) if medical else None
        if not household or household > 30 or (medical and cost is None):
            wrong = "请填写家庭人数(1到30), 医疗费用只写数字, 没有就空着。"
        elif monthly is not None:
            cap = temporary_aid_cap(
                household=household,
                monthly_standard_fen=monthly,
                remaining_medical_fen=None if cost is None else cost * 100,
            )
            lines = [*cap.lines, "这是上限, 不是一定能拿到的数; 由镇(街道)认定。"]
    return render(
        request,
        "calculators.html",
        typed=typed,
        lines=lines,
        wrong=wrong,
        standard=standard,
        status=422 if wrong else 200,
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 9 else None
