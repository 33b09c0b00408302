"""Whether a number can be what it is said to be: identity number, bank account, telephone. Pure.

A number that passes may still be another person's: these checks find slips of the pen, not lies.
"""

import re
from dataclasses import dataclass
from datetime import date

from rules.masking import bare

ADDRESS_MAX = 200
CHILD_AGE = 14
"""Another law's number: 个人信息保护法 §28, §31 “不满十四周岁”, read privately, to be verified officially."""
_CHECK_DIGITS = "10X98765432"
_OLDEST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Checked:
    """The number in its one form, and what is wrong with it.

    `fault`: it cannot be right. `doubt`: it probably is not, and whoever writes it down may insist.
    `born_on`: the birthday that an identity number says.
    """

    value: str
    fault: str = ""
    doubt: str = ""
    born_on: date | None = None


def check_digit(first17: str) -> str:
    """The eighteenth character of an identity number (GB 11643, by ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first17))
    return _CHECK_DIGITS[total % 11]


def check_id_number(text: str, *, today: date) -> Checked:
    """An identity number of 18 characters, full-width and a small x accepted; its birthday must be a past day."""
    value = bare(text)
    if re.fullmatch(r"[0-9]{15}", value):
        return Checked(value, "这是老的15位号码, 请填身份证上的18位号码。")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return Checked(value, "身份证号要18位, 最后一位可以是X; 请对照身份证再填。")
    try:
        born_on = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return Checked(value, "身份证号里的出生日期不对, 请对照身份证再填。")
    if born_on > today or born_on.year < _OLDEST_YEAR:
        return Checked(value, "身份证号里的出生日期不对, 请对照身份证再填。")
    if check_digit(value[:17]) != value[17]:
        return Checked(value, "身份证号有一位填错了(校验位不对), 请对照身份证再填。")
    return Checked(value, born_on=born_on)


def check_bank_account(text: str) -> Checked:
    """16 to 19 digits. The check digit (Luhn) is only doubted: passbooks of some banks do not carry one."""
    value = bare(text)
    if not re.fullmatch(r"[0-9]{16,19}", value):
        return Checked(value, "银行账号要16到19位数字, 请对照存折或银行卡再填。")
    if not luhn(value):
        return Checked(
            value, doubt="这个账号的校验位对不上, 可能填错了一位; 对照存折或银行卡没有错, 请勾选确认再保存。"
        )
    return Checked(value)


def luhn(digits: str) -> bool:
    """Whether the last digit fits the others."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def check_phone(text: str) -> Checked:
    """A mobile number, or a landline with or without its area code."""
    value = bare(text)
    if not re.fullmatch(r"[0-9]{5,15}", value):
        return Checked(value, "电话只写数字, 手机号11位; 请改正。")
    return Checked(value)


def check_address(text: str) -> Checked:
    """Any words, not too many."""
    value = " ".join(text.split())
    if not value or len(value) > ADDRESS_MAX:
        return Checked(value, f"地址请写1到{ADDRESS_MAX}个字。")
    return Checked(value)
