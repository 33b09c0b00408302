"""WeChat's errors as facts that callers can decide on (wire protocol: errcode tables of the platform's documents)."""


class WeChatError(Exception):
    """The platform refused, or did not answer. `errcode` 0 when there was no answer at all."""

    def __init__(self, errcode: int, errmsg: str, *, sent: bool = False) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.sent = sent
        """Whether the request may have reached the platform although no answer came back."""

    @property
    def retryable(self) -> bool:
        """Nothing was done, and later may work: busy, minute quota, same openid at once, no connection."""
        return self.errcode in (-1, 45011, 43108) or (self.errcode == 0 and not self.sent)

    @property
    def ambiguous(self) -> bool:
        """Perhaps done: no answer after the request had left."""
        return self.errcode == 0 and self.sent

    @property
    def consent_spent(self) -> bool:
        """No one-time subscription is left, or the person refused."""
        return self.errcode == 43101


STALE_TOKEN = frozenset({40001, 40014, 42001})
