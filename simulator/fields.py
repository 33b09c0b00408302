"""Field rules of subscribe messages: what each type accepts (47003 names the first bad field)."""

import re
from collections.abc import Mapping, Sequence

from simulator.errors import PlatformError

_TYPE = re.compile(r"^([a-z_]+?)\d+$")
_CHINESE = r"一-鿿"
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
_MONTH_DAY = r"(0?[1-9]|1[0-2]){0}(0?[1-9]|[12]\d|3[01]){1}"
_DAY = rf"\d{{4}}年{_MONTH_DAY.format('月', '日')}"
_ISO = rf"\d{{4}}-{_MONTH_DAY.format('-', '')}"
_RULES = {
    "thing": re.compile(r"[^\n\r\x00-\x1f\x7f]{1,20}"),
    "number": re.compile(r"(?=.{1,32}$)\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\w\s{_CHINESE}]{{1,5}}"),
    "character_string": re.compile(rf"[^\s\x00-\x1f{_CHINESE}]{{1,32}}"),
    "time": re.compile(rf"({_DAY} )?{_CLOCK}(~({_DAY} )?{_CLOCK})?"),
    "date": re.compile(rf"{_DAY}( {_CLOCK})?(~{_DAY}( {_CLOCK})?)?|{_ISO}( {_CLOCK})?"),
    "amount": re.compile(r"[¥$€]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d*+\-() ]{1,17}"),
    "car_number": re.compile(rf"(?=.{{1,8}}$)[{_CHINESE}]?[0-9A-Z·]+[{_CHINESE}]?"),
    "name": re.compile(rf"(?=.*[{_CHINESE}])[{_CHINESE}A-Za-z .·]{{1,10}}|[A-Za-z .·]{{1,20}}"),
    "phrase": re.compile(rf"[{_CHINESE}]{{1,5}}"),
}


def check(
    template_fields: Mapping[str, str], data: object, enums: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """The values of a message that fits its template. Raises PlatformError 47003 naming the first bad field.

    `enums`: what a field of type enum may be, by its name. A field that the template lacks is a mistake too.
    """
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
        if not _fits(name, value, enums or {}):
            raise PlatformError(47003, f"data.{name}.value invalid")
        values[name] = value
    for name in data:
        if name not in template_fields:
            raise PlatformError(47003, f"data.{name}.value invalid")
    return values


def _fits(name: str, value: str, enums: Mapping[str, Sequence[str]]) -> bool:
    kind = _TYPE.match(name)
    if kind is None:
        return False
    if kind.group(1) == "enum":
        return value in enums.get(name, ())
    rule = _RULES.get(kind.group(1))
    return rule is not None and rule.fullmatch(value) is not None
