"""What staff read of notices: states, channels, and what the platforms' codes mean, in plain Chinese. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime

from backend.clock import SHANGHAI
from backend.sms.codes import CHANNEL_WIDE, FOR_THE_OPERATOR, OUTCOMES
from notices.fields import harmless
from notices.kinds import LABELS, TEMPLATES, Channel, Kind, Lane
from notices.states import State
from notices.verdicts import Outcome

CHANNELS: dict[str, str] = {
    Channel.SUBSCRIBE_MESSAGE: "微信订阅消息",
    Channel.SERVICE_ACCOUNT: "公众号",
    Channel.WECOM: "企业微信",
    Channel.SMS: "短信",
    Channel.CALL_LIST: "电话名单",
}
STATES: dict[str, str] = {
    State.PENDING: "等着发",
    State.SENDING: "正在发",
    State.SENT: "已经交给平台",
    State.UNCERTAIN: "不能确定送没送到, 在等平台答复",
    State.UNCONFIRMED: "一直没有确认, 已经换别的方式",
    State.FAILED: "没有发出",
    State.CANCELLED: "不用发了",
}
_CALLS: dict[str, str] = {State.PENDING: "等人打电话", State.SENT: "有人告知了"}
LANES: dict[Lane, str] = {Lane.URGENT: "紧急", Lane.MEETING: "会议", Lane.CASE: "办理", Lane.LIST: "名单"}
HOW: dict[str, str] = {
    "opened": "本人打开了通知",
    "answered": "本人回复了",
    "telephoned": "电话里说到了",
    "in_person": "当面说到了",
}

_TOKEN = ("微信的通行证当时失效", "核对小程序和公众号的密钥、服务器地址白名单; 改好以后按“处理好了”。")
_PAIR = ("小程序或公众号的编号和密钥对不上", "到公众平台核对 AppID 和 AppSecret, 改设置并重启, 再按“处理好了”。")
_ADDRESS = ("微信不认这台服务器的地址", "到公众平台把服务器的地址加进白名单, 再按“处理好了”。")
_ACCOUNT = ("账号被微信冻结或限制", "用管理员微信登录公众平台看原因, 按要求办理, 恢复以后按“处理好了”。")
_TEMPLATE = ("消息模板不对, 或者不能再用", "到公众平台换一个模板, 改设置里的模板编号, 再按“处理好了”。")
_STOPPED = ("这种消息被微信停用", "到公众平台看停用的原因, 按要求整改或申诉, 恢复以后按“处理好了”。")
_PAGE = ("通知要打开的页面不在已发布的小程序里", "先发布带这个页面的小程序版本, 再按“处理好了”。")
_NOT_IN_WECOM = ("企业微信里没有这个人", "到企业微信通讯录里核对这个人, 改好以后按“处理好了”。")
_OTHERWISE = "把这一页拍下来, 联系系统维护的人。"
_WAIT = "不用做什么, 系统自己会再发; 一直这样就联系平台。"
CODES: dict[int, tuple[str, str]] = {
    -1: ("平台当时太忙", _WAIT),
    40001: _TOKEN,
    40014: _TOKEN,
    42001: _TOKEN,
    **dict.fromkeys((40002, 40013, 40125, 41002, 41004), _PAIR),
    **dict.fromkeys((40164, 89503, 89506, 89507), _ADDRESS),
    **dict.fromkeys((40243, 50004, 50007), _ACCOUNT),
    **dict.fromkeys((40036, 40247, 40249), _TEMPLATE),
    40039: ("通知要打开的网址太长", _OTHERWISE),
    47001: ("平台看不懂我们发的内容", _OTHERWISE),
    40003: ("这个人的微信号已经失效, 要请本人重新登录", "不用做什么, 本人重新登录就好。"),
    40037: (
        "消息模板的编号不对",
        "到公众平台核对模板编号, 改设置 WECHAT_TEMPLATES (公众号的是 SERVICE_TEMPLATES), 再按“处理好了”。",
    ),
    40165: _PAGE,
    41030: _PAGE,
    43004: ("本人没有关注公众号", "不用做什么, 系统自己会换别的方式。"),
    43101: ("本人没有同意接收, 或者同意的次数用完了", "不用做什么, 系统自己会换别的方式。"),
    43107: _STOPPED,
    43116: _STOPPED,
    43108: ("同时给这个人发了两条, 平台让稍后再发", _WAIT),
    45009: ("今天的发送次数用完了", "明天零点自动恢复; 今天要紧的请打电话。常常不够用, 就向平台申请增加。"),
    45011: ("发得太快, 平台让慢一点", _WAIT),
    45168: ("文字里有平台不让发的词", "看看会议地点这些自己填的文字, 改了再发。"),
    47003: ("文字放不进消息模板", "到公众平台核对模板的字段和系统的一样不一样, 改好以后按“处理好了”。"),
    48001: ("账号没有发这种消息的权限", "到公众平台开通权限, 再按“处理好了”。"),
    60111: _NOT_IN_WECOM,
    81013: _NOT_IN_WECOM,
}
"""A platform's code -> (what it means, what the operator does)."""
_WECOM_KEYS = (
    "企业微信不认我们的密钥、应用或服务器地址",
    "到企业微信后台核对 Secret、AgentId 和可信IP, 再按“处理好了”。",
)
_SMS_MONEY = ("短信平台欠费, 或者条数用完了", "到短信平台充值, 再按“处理好了”; 要紧的请先打电话。")
_SMS_SIGN = ("短信签名没有通过, 或者和报备的不一样", "到短信平台核对签名, 改设置 SMS_SIGN, 再按“处理好了”。")
_SMS_KEYS = (
    "短信平台不认我们的密钥、应用或服务器地址",
    "核对短信密钥、应用编号、地址白名单和服务器的钟, 再按“处理好了”。",
)
_SMS_TEXT = ("短信内容和报备的不一样", "到短信平台核对报备的内容和模板编号, 改好以后按“处理好了”。")
_SMS_DAY = ("今天的短信条数用完了", "明天自动恢复; 今天要紧的请打电话。")
OF_WECOM: dict[int, tuple[str, str]] = {
    **dict.fromkeys((40001, 40013, 40014, 40056, 40091, 42001, 48002, 60020, 301002), _WECOM_KEYS),
    45033: ("发得太快, 平台让慢一点", _WAIT),
}
"""Where WeCom means another thing by a number than WeChat does."""
OF_SMS: dict[str, tuple[str, str]] = {
    "FailedOperation.InsufficientBalanceInSmsPackage": _SMS_MONEY,
    "UnauthorizedOperation.ServiceSuspendDueToArrears": _SMS_MONEY,
    **dict.fromkeys(
        ("LimitExceeded.AppDailyLimit", "LimitExceeded.AppMainlandChinaDailyLimit", "LimitExceeded.DailyLimit"),
        _SMS_DAY,
    ),
    "FailedOperation.SignatureIncorrectOrUnapproved": _SMS_SIGN,
    "FailedOperation.MissingSignature": _SMS_SIGN,
}
"""The gateway's codes by name; the others by what they are about, in `_of_sms`."""
_ACCOUNTS = {"mini_program": "小程序", "service_account": "公众号", "wecom": "企业微信"}
_TITLES = {template.key: template.title for template in TEMPLATES}
_CHINESE = re.compile(r"[一-鿿]")


def state(channel: str, status: str, *, confirmed: bool) -> str:
    """One try of one channel; `confirmed`: the platform itself said that it arrived."""
    if channel == Channel.CALL_LIST:
        return _CALLS.get(status, STATES[status])
    return "平台说送到手机了" if status == State.SENT and confirmed else STATES[status]


def reason(errcode: int | None, error: str | None, channel: str = "") -> str:
    """Why, in plain words; what a platform says in its own words is not repeated to staff."""
    if known := _known(errcode, error, channel):
        return known[0]
    if error and _CHINESE.search(error):
        return error
    return f"平台没有收下(代码 {errcode})" if errcode else ""


def advice(errcode: int | None, error: str | None = None, channel: str = "") -> str:
    """What the operator does about it."""
    known = _known(errcode, error, channel)
    return known[1] if known else _OTHERWISE


def _known(errcode: int | None, error: str | None, channel: str) -> tuple[str, str] | None:
    if channel == Channel.SMS:
        return _of_sms(error or "")
    return (OF_WECOM.get(errcode or 0) if channel == Channel.WECOM else None) or CODES.get(errcode or 0)


def _of_sms(code: str) -> tuple[str, str] | None:
    """A code that is not listed is a text's where it is for the operator, and the number's where it is not."""
    if code in OF_SMS:
        return OF_SMS[code]
    if code in CHANNEL_WIDE:
        return _SMS_KEYS
    if code in FOR_THE_OPERATOR:
        return _SMS_TEXT
    outcome = OUTCOMES.get(code)
    if outcome is Outcome.NOT_SENT_RETRY:
        return "给这个号码发得太快, 平台让稍后再发", _WAIT
    return ("这个号码收不了短信", "不用做什么, 系统自己会换别的方式。") if outcome is Outcome.NOT_SENT else None


def place_of_alert(what: str) -> str:
    """`subscribe_message:tmpl-meeting` -> 微信订阅消息“会议通知”; `token:mini_program` -> 小程序的通行证."""
    where, _, rest = what.partition(":")
    if where == "token":
        return f"{_ACCOUNTS.get(rest, rest)}的通行证"
    return f"{CHANNELS.get(where, where)}{template_title(rest)}"


def template_title(key: str) -> str:
    """“会议通知” for our key of a template; empty for none."""
    return f"“{_TITLES.get(key, key)}”" if key else ""


def moment(when: datetime) -> str:
    """10月10日 14:00, in Shanghai."""
    local = when.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def brief(kind: str, facts: Mapping[str, str]) -> str:
    """What a notice is about, in one line for whoever tells it: no name, no circumstance."""
    said = [LABELS[Kind(kind)]]
    if meets_at := facts.get("meets_at"):
        said.append(moment(datetime.fromisoformat(meets_at)))
    if due_at := facts.get("due_at"):
        said.append(f"最迟{moment(datetime.fromisoformat(due_at))}")
    said += [harmless(facts[name]) for name in ("place", "village", "number") if facts.get(name)]
    return " ".join(said)
