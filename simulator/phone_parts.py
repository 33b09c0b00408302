"""What a phone's page is made of: what arrived, what its owner allows, and the chats."""

from html import escape
from typing import Any

from simulator.accounts import User
from simulator.page import button, clock_time, section
from simulator.platform import Platform

_TITLES = {"service": "和公众号的对话", "mini": "和小程序客服的对话"}
_LABELS = {"service": ("问一问", "发送"), "mini": ("写给小程序客服", "发给客服")}
_NO_POPUP = {
    "10001": "没有选模板, 弹窗没有打开。请给至少一个模板选“允许”或“拒绝”。",
    "20002": "弹窗没有打开: 一次性的和长期的不能一起问(20002)。请分开问。",
    "20003": "弹窗没有打开: 一次最多问五个模板(20003)。请少选几个。",
    "20004": "弹窗没有打开: 这部手机关了“接收订阅消息”的主开关(20004)。请先打开。",
}
_WORDS = {"accept": "允许", "reject": "拒绝"}


def messages(user: User) -> str:
    """The service messages, the newest first."""
    cards = "".join(
        f"<section class='card'><h3>{escape(str(message['title']))}</h3><dl>"
        + "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in _fields(message).items())
        + f"</dl><p class='note'>{clock_time(message['at'])} · 打开 {escape(str(message['page']))}</p></section>"
        for message in reversed(user.inbox)
    )
    return section("inbox", "服务通知", cards or "<p>还没有消息。</p>")


def _fields(message: dict[str, object]) -> dict[str, str]:
    fields = message["fields"]
    return {str(label): str(value) for label, value in fields.items()} if isinstance(fields, dict) else {}


def popups(platform: Platform, user: User, told: str) -> str:
    """The popup of requestSubscribeMessage, one for one-time and one for long-term templates. `told`: an errCode."""
    fault = f"<p class='told' role='alert'>{_NO_POPUP[told]}</p>" if told in _NO_POPUP else ""
    kinds = ((2, "一次性: 允许一次, 收一条"), (3, "长期: 允许一次, 一直收"))
    forms = "".join(_popup(platform, user, kind, title) for kind, title in kinds)
    return section("popup", "小程序问: 要不要接收通知", fault + (forms or "<p>小程序还没有模板。</p>"))


def _popup(platform: Platform, user: User, kind: int, title: str) -> str:
    wanted = [template for template in _templates(platform) if template.get("type", 2) == kind]
    if not wanted:
        return ""
    rows = "".join(
        f"<fieldset><legend>{escape(str(template['title']))}</legend>"
        + "".join(
            f"<label class='tick'><input type='radio' name='choice:{escape(template['id'])}' value='{choice}'"
            f"{' checked' if not choice else ''}>{words}</label>"
            for choice, words in (("accept", "允许"), ("reject", "拒绝"), ("", "不问"))
        )
        + "</fieldset>"
        for template in wanted
    )
    return (
        f"<div class='card'><h3>{title}</h3><form method='post' action='{_address(user)}/popup'>{rows}"
        "<label class='tick'><input type='checkbox' name='always' value='1'>总是保持以上选择, 不再询问</label>"
        "<button>确定</button></form></div>"
    )


def consents(platform: Platform, user: User) -> str:
    """What is left of every template, and the settings that take it away or give it back."""
    switch = button(f"{_address(user)}/switch", "关掉主开关" if user.main_switch else "打开主开关")
    state = "开着" if user.main_switch else "关着, 什么订阅消息都收不到"
    rows = "".join(_consent(user, template) for template in _templates(platform))
    return section("consent", "通知设置", f"<p>接收订阅消息(主开关): {state}</p>{switch}{rows}")


def _consent(user: User, template: dict[str, Any]) -> str:
    template_id, title = str(template["id"]), str(template["title"])
    is_long, is_on = template.get("type") == 3, template_id in user.long_term
    left = f"还能收 {user.credits.get(template_id, 0)} 条"
    if is_long:
        left = "长期接收: 开着" if is_on else "长期接收: 关着"
    always = user.always.get(template_id)
    kept = f", 总是{_WORDS[always]}" if always else ""
    address, carried = _address(user), {"template": template_id}
    if is_long and not is_on:
        change = button(f"{address}/allow", f"打开“{title}”的长期接收", carried)
    else:
        change = button(f"{address}/refuse", f"拒收“{title}”", carried)
    return f"<div class='card'><h3>{escape(title)}</h3><p>{left}{kept}</p>{change}</div>"


def follows(user: User) -> str:
    """Whether the phone follows the service account."""
    words = ("已关注公众号", "取消关注") if user.follows else ("没有关注公众号", "关注公众号")
    return section("follow", "公众号", f"<p>{words[0]}</p>{button(f'{_address(user)}/follow', words[1])}")


def chat(user: User, kind: str) -> str:
    """One account's chat with its box."""
    lines = "".join(
        f"<p class='{'me' if line['from'] == 'me' else 'it'}'>"
        f"<b class='who'>{'我' if line['from'] == 'me' else '对方'}: </b><span>{escape(str(line['text']))}</span></p>"
        for line in user.chat_with(kind)
    )
    label, words = _LABELS[kind]
    form = (
        f"<form method='post' action='{_address(user)}/{kind}/say'><label for='{kind}-text'>{label}</label>"
        f"<input id='{kind}-text' name='text' type='text' maxlength='500' autocomplete='off'>"
        f"<button>{words}</button></form>"
    )
    enter = button(f"{_address(user)}/mini/enter", "进入客服会话") if kind == "mini" else ""
    return section(kind, _TITLES[kind], f"<div class='chat'>{lines}</div>{form}{enter}")


def _address(user: User) -> str:
    return f"/phones/{escape(user.openid)}"


def _templates(platform: Platform) -> list[dict[str, Any]]:
    return [template for template in platform.templates.values() if template.get("account", "mini") == "mini"]
