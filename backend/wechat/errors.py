"""WeChat's errors as facts that callers can decide on (wire protocol: errcode tables of the platform's documents)."""

from enum import Enum


class Meaning(Enum):
    """What an errcode is about. Whoever decides what to do next asks for this, or for the errcode itself."""

    STALE_TOKEN = "stale_token"
    CREDENTIALS = "credentials"
    """Appid, secret, address list or the account itself: nothing works until the operator acts."""
    NO_CONSENT = "no_consent"
    """Never asked, refused, used up, switched off: the platform does not say which."""
    NOT_FOLLOWING = "not_following"
    BUSY = "busy"
    AT_ONCE = "at_once"
    """Another call for the same openid was under way."""
    MINUTE_QUOTA = "minute_quota"
    DAILY_QUOTA = "daily_quota"
    RETIRED_OPENID = "retired_openid"
    """Not an openid of this account, or not any more."""
    OPERATOR = "operator"
    """A template, page or field that the account does not have: every such message will fail."""
    BREAKER = "breaker"
    """The account or the template may not send at all."""
    WORDING = "wording"
    """The platform dislikes a word of the message."""
    VISIT_EXPIRED = "visit_expired"
    """The person was not in the mini-program in the last two hours."""
    UNREACHED = "unreached"
    """No connection: certainly nothing was done."""
    AMBIGUOUS = "ambiguous"
    """The call had left and no answer came: perhaps done."""
    OTHER = "other"


MEANINGS = {
    **dict.fromkeys((40001, 40014, 42001), Meaning.STALE_TOKEN),
    **dict.fromkeys((40002, 40013, 40125, 40164, 40243, 41002, 41004, 50004, 50007), Meaning.CREDENTIALS),
    **dict.fromkeys((89503, 89506, 89507), Meaning.CREDENTIALS),
    43101: Meaning.NO_CONSENT,
    43004: Meaning.NOT_FOLLOWING,
    -1: Meaning.BUSY,
    43108: Meaning.AT_ONCE,
    45011: Meaning.MINUTE_QUOTA,
    44990: Meaning.MINUTE_QUOTA,
    45009: Meaning.DAILY_QUOTA,
    44993: Meaning.DAILY_QUOTA,
    40003: Meaning.RETIRED_OPENID,
    **dict.fromkeys((40036, 40037, 40039, 40165, 40247, 40249, 41030, 47001, 47003), Meaning.OPERATOR),
    **dict.fromkeys((43107, 43116, 48001), Meaning.BREAKER),
    45168: Meaning.WORDING,
    61010: Meaning.VISIT_EXPIRED,
}
"""errcode -> what it is about; any other errcode is OTHER, and certainly nothing was done."""

_NOTHING_DONE_YET = frozenset({Meaning.BUSY, Meaning.AT_ONCE, Meaning.MINUTE_QUOTA, Meaning.UNREACHED})


class WeChatError(Exception):
    """The platform refused, or did not answer. `errcode` 0 when there was no answer at all."""

    def __init__(self, errcode: int, errmsg: str, *, sent: bool = False) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.sent = sent
        """Whether the request may have reached the platform although no answer came back."""

    @property
    def meaning(self) -> Meaning:
        """What the errcode is about."""
        if self.errcode == 0:
            return Meaning.AMBIGUOUS if self.sent else Meaning.UNREACHED
        return MEANINGS.get(self.errcode, Meaning.OTHER)

    @property
    def retryable(self) -> bool:
        """Nothing was done, and later may work: busy, minute quota, same openid at once, no connection."""
        return self.meaning in _NOTHING_DONE_YET

    @property
    def ambiguous(self) -> bool:
        """Perhaps done: no answer after the request had left."""
        return self.meaning is Meaning.AMBIGUOUS
