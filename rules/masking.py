"""What may be seen of a number that identifies somebody, without a reason to see it whole (policy-model §1.7).

Pure: what is hidden has no influence on what is shown beside it, not even by its length where that can be avoided.
"""

import re
import unicodedata

STAR = "*"
_ID_HEAD, _ID_TAIL = 3, 4
_PHONE_HEAD, _PHONE_TAIL = 3, 4
_ACCOUNT_TAIL = 4
_ACCOUNT_STARS = 12
_OTHER_PHONE_TAIL = 2
_UNKNOWN = STAR * 6


def bare(number: str) -> str:
    """One form for a number that people write in many: half-width, no spaces and dashes, a capital X, no +86."""
    folded = re.sub(r"[\s\-‐-―]", "", unicodedata.normalize("NFKC", number)).upper()
    return re.sub(r"^(\+|00)86(?=1\d{10}$)", "", folded)


def id_number(number: str) -> str:
    """330***********1234: the province's and city's three digits and the last four; neither birthday nor sex."""
    text = bare(number)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return _UNKNOWN
    return text[:_ID_HEAD] + STAR * (len(text) - _ID_HEAD - _ID_TAIL) + text[-_ID_TAIL:]


def phone(number: str) -> str:
    """138****5678; of a landline the last two digits only, since its first ones are the town's anyway."""
    text = bare(number)
    if re.fullmatch(r"1[0-9]{10}", text):
        return text[:_PHONE_HEAD] + STAR * (len(text) - _PHONE_HEAD - _PHONE_TAIL) + text[-_PHONE_TAIL:]
    if re.fullmatch(r"[0-9]{7,}", text):
        return _UNKNOWN + text[-_OTHER_PHONE_TAIL:]
    return _UNKNOWN


def bank_account(number: str) -> str:
    """The last four digits behind as many stars as for any other account."""
    text = bare(number)
    if not re.fullmatch(r"[0-9]{12,}", text):
        return _UNKNOWN
    return STAR * _ACCOUNT_STARS + text[-_ACCOUNT_TAIL:]


def address(town: str, village: str) -> str:
    """Only down to the village, and from the village's own name: nothing of what was typed is shown."""
    return f"{town}{village}{STAR * 3}" if village else _UNKNOWN


_LONG = re.compile(r"(?<!\d)\d(?:[\s\-‐-―]?\d){14,17}(?:[\s\-‐-―]?[\dXx])(?!\d)")
_MOBILE = re.compile(r"(?<!\d)1[3-9](?:[\s\-‐-―]?\d){9}(?!\d)")


def in_text(text: str) -> str:
    """A sentence that somebody typed, with the identity numbers, cards and mobile phones in it masked as above.

    Other digits stay as they are: amounts, dates, years.
    """

    def long_number(found: re.Match[str]) -> str:
        masked = id_number(found[0])
        return masked if masked != _UNKNOWN else bank_account(found[0])

    folded = unicodedata.normalize("NFKC", text)
    if not (_LONG.search(folded) or _MOBILE.search(folded)):
        return text
    return _MOBILE.sub(lambda found: phone(found[0]), _LONG.sub(long_number, folded))
