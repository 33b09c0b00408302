"""The account's own subscribe templates, and whether they are what our notices are written for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wechatpy.client.api.base import BaseWeChatAPI

from backend.wechat.errors import WeChatError
from notices.kinds import Template

if TYPE_CHECKING:
    from backend.wechat.client import WeChatClient

_LINE = re.compile(r"^(.*?)[::]\s*\{\{(\w+)\.DATA\}\}\s*$", re.MULTILINE)
_NAME = re.compile(r"([a-z_]+?)(\d+)")
_LONG_TERM = 3


@dataclass(frozen=True, slots=True)
class AccountTemplate:
    """A template of the account; `fields`: name -> label, in order."""

    id: str
    title: str
    fields: dict[str, str]
    is_long_term: bool


class OwnTemplates(BaseWeChatAPI):
    """`client.own_templates`."""

    API_BASE_URL = "https://api.weixin.qq.com/"

    async def listed(self) -> list[AccountTemplate]:
        """newtmpl/gettemplate. Raises WeChatError."""
        answer = await self._get("wxaapi/newtmpl/gettemplate")
        return [
            AccountTemplate(
                id=str(row["priTmplId"]),
                title=str(row["title"]),
                fields={name: label.strip() for label, name in _LINE.findall(str(row["content"]))},
                is_long_term=int(row["type"]) == _LONG_TERM,
            )
            for row in answer["data"]
        ]


async def check(client: "WeChatClient", templates: Iterable[Template], template_ids: Mapping[str, str]) -> list[str]:
    """What is wrong with the account's templates for `templates`, a Chinese sentence each; none when all fit.

    `template_ids`: our template key -> the account's template id, where they differ. Raises nothing of WeChat's.
    """
    try:
        known = {template.id: template for template in await client.own_templates.listed()}
    except WeChatError as error:
        return [f"没有读到账号里的订阅消息模板(微信返回 {error.errcode}), 请稍后再查一次。"]
    findings = []
    for template in templates:
        own = known.get(template_ids.get(template.key, template.key))
        name = f"模板“{template.title}”({template.key})"
        if own is None:
            findings.append(f"{name}不在账号里, 请在公众平台选用, 再把模板编号写进设置 WECHAT_TEMPLATES。")
        else:
            findings += [f"{name}{finding}" for finding in _differences(template.fields, own.fields)]
    return findings


def _differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    findings = []
    # The number of a field is its word in the library; the same number with another type is the same word.
    types = {number: kind for kind, number in (_parts(name) for name in theirs)}
    for name, label in ours.items():
        kind, number = _parts(name)
        if name in theirs:
            if theirs[name] != label:
                findings.append(f"的字段 {name} 在账号里叫“{theirs[name]}”, 我们写的是“{label}”, 请核对。")
        elif number in types:
            findings.append(f"的第 {number} 个字段类型不同: 账号里是 {types[number]}, 我们写的是 {kind}。")
        else:
            findings.append(f"在账号里没有字段 {name}(“{label}”), 消息会被退回。")
    used = {_parts(name)[1] for name in ours}
    for name, label in theirs.items():
        if _parts(name)[1] not in used:
            findings.append(f"在账号里多一个字段 {name}(“{label}”), 我们没有写, 消息会被退回。")
    return findings


def _parts(name: str) -> tuple[str, str]:
    """(type, number)."""
    found = _NAME.fullmatch(name)
    return (found.group(1), found.group(2)) if found else (name, "")
