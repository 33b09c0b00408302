"""The table of docs/notices.md from `notices.kinds`; `python -m tests.architecture.notices_document` writes it."""

from datetime import timedelta
from pathlib import Path

from notices.kinds import LABELS, POLICIES, Channel, Kind, Lane
from notices.sms_texts import TEXT_OF
from notices.wording import ORDINARY, compose, plain

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "notices.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
_CHANNELS = {
    Channel.SUBSCRIBE_MESSAGE: "订阅消息",
    Channel.SERVICE_ACCOUNT: "服务号",
    Channel.WECOM: "企业微信",
    Channel.SMS: "短信",
    Channel.CALL_LIST: "电话",
}
_LANES = {Lane.URGENT: "urgent", Lane.MEETING: "meeting", Lane.CASE: "case", Lane.LIST: "list"}


def _while(span: timedelta | None) -> str:
    if span is None:
        return "–"
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((24 * 60, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def tables() -> str:
    """Who is told how, and in which words."""
    lines = [
        "| kind | 名称 | to | clause | lane | channels | tried for | sign wanted within |",
        "|---" * 8 + "|",
    ]
    for kind in Kind:
        policy = POLICIES[kind]
        ladder = " → ".join(_CHANNELS[channel] for channel in policy.ladder)
        lines.append(
            f"| `{kind}` | {LABELS[kind]} | {policy.audience} | {policy.clause} | {_LANES[policy.lane]} | {ladder} "
            f"| {_while(policy.patience)} | {_while(policy.confirm_within)} |"
        )
    lines += ["", "| kind | 模板 | 字段 | 一行文字 | 短信 |", "|---" * 5 + "|"]
    for kind in Kind:
        fields = "<br>".join(
            f"{POLICIES[kind].template.fields[name]}: {value}" for name, value in compose(kind, ORDINARY).fields.items()
        )
        title = POLICIES[kind].template.title
        lines.append(f"| `{kind}` | {title} | {fields} | {plain(kind, ORDINARY)} | {TEXT_OF[kind].words} |")
    return "\n".join(lines)


def printed() -> str:
    """What stands in the document."""
    return DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip()


if __name__ == "__main__":
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}", "utf-8")
