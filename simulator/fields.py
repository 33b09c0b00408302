"""Field rules of subscribe messages: what each type accepts (47003 names the first bad field)."""

import re
from collections.abc import Mapping

from simulator.errors import PlatformError

_TYPE = re.compile(r"^([a-z_]+?)\d+$")
_CHINESE = r"一-鿿"
_CLOCK = r"\d{1,2}:\d{2}"
_DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
_RULES = {
    "thing": re.compile(r"[^\n\r\x00-\x1f]{1,20}"),
    "number": re.compile(r"\d[\d.]{0,31}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\w{_CHINESE}]{{1,5}}"),
    "character_string": re.compile(rf"[^\s{_CHINESE}]{{1,32}}"),
    "time": re.compile(rf"({_DAY} )?{_CLOCK}(~({_DAY} )?{_CLOCK})?"),
    "date": re.compile(rf"{_DAY}( {_CLOCK})?(~{_DAY}( {_CLOCK})?)?|\d{{4}}-\d\d-\d\d( {_CLOCK})?"),
    "amount": re.compile(r"[¥$€]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d*+\-() ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(rf"[{_CHINESE}]{{1,10}}|[A-Za-z .·]{{1,20}}"),
    "phrase": re.compile(rf"[{_CHINESE}]{{1,5}}"),
}


def check(template_fields: Mapping[str, str], data: object) -> dict[str, str]:
    """The values of a message that fits its template. Raises PlatformError 47003 naming the first bad field."""
    if not isinstance(data, dict):
        raise PlatformError(47003, "data is empty")
    values: dict[str, str] = {}
    for name in template_fields:
        entry = data.get(name)
        value = entry.get("value") if isinstance(entry, dict) else None
        if not isinstance(value, str):
            raise PlatformError(47003, f"data.{name}.value")
        if not value:
            raise PlatformError(47003, f"data.{name}.value is emtpy")
        kind = _TYPE.match(name)
        rule = _RULES.get(kind.group(1)) if kind else None
        if rule is None or not rule.fullmatch(value):
            raise PlatformError(47003, f"data.{name}.value invalid")
        values[name] = value
    return values
