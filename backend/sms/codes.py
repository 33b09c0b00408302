"""What each of Tencent Cloud's SMS codes means for one message and for the channel. Pure.

The names are those of its public error list; that the live gateway uses them so was never checked.
"""

from notices.verdicts import Outcome, Then

_RETRY = (
    "LimitExceeded.PhoneNumberThirtySecondLimit",
    "LimitExceeded.PhoneNumberOneHourLimit",
    "LimitExceeded.DeliveryFrequencyLimit",
    "RequestLimitExceeded",
)
"""Certainly not sent, and later it may go."""
_NOT_THIS_PERSON = (
    "InvalidParameterValue.IncorrectPhoneNumber",
    "FailedOperation.PhoneNumberParseFail",
    "FailedOperation.PhoneNumberInBlacklist",
    "LimitExceeded.PhoneNumberDailyLimit",
    "LimitExceeded.PhoneNumberSameContentDailyLimit",
    "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
)
"""Certainly not sent, and pointless for this number today."""
_NOT_THIS_TEXT = (
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.TemplateUnapprovedOrNotExist",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "FailedOperation.ContainSensitiveWord",
    "InvalidParameterValue.ContentLengthLimit",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    "InvalidParameterValue.TemplateParameterFormatError",
    "InvalidParameterValue.TemplateParameterLengthLimit",
)
"""Certainly not sent, and nobody gets this text before somebody corrects it at the gateway."""
_CHANNEL = (
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "UnauthorizedOperation.ServiceSuspendDueToArrears",
    "LimitExceeded.AppDailyLimit",
    "LimitExceeded.AppMainlandChinaDailyLimit",
    "LimitExceeded.DailyLimit",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.MissingSignature",
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
    "UnauthorizedOperation.SdkAppIdIsDisabled",
    "UnauthorizedOperation.RequestIpNotInWhitelist",
    "UnauthorizedOperation.RequestPermissionDeny",
    "AuthFailure.SignatureFailure",
    "AuthFailure.SignatureExpire",
    "AuthFailure.SecretIdNotFound",
    "AuthFailure.InvalidAuthorization",
    "AuthFailure.TokenFailure",
    "AuthFailure.UnauthorizedOperation",
    "InternalError.RequestTimeException",
    "InvalidAction",
    "NoSuchVersion",
    "UnsupportedRegion",
)
"""Certainly not sent, and nobody else's would be: money, the account's day, the keys, our clock."""
_AMBIGUOUS = (
    "InternalError",
    "InternalError.SendAndRecvFail",
    "InternalError.Timeout",
    "InternalError.UnknownError",
    "InternalError.OtherError",
    "InternalError.ParseBackendResponseFail",
    "FailedOperation.OtherError",
)
"""The gateway itself does not know whether the operator has it."""
OUTCOMES: dict[str, Outcome] = {
    "Ok": Outcome.SENT,
    **dict.fromkeys(_RETRY, Outcome.NOT_SENT_RETRY),
    **dict.fromkeys(_NOT_THIS_PERSON + _NOT_THIS_TEXT, Outcome.NOT_SENT),
    **dict.fromkeys(_CHANNEL, Outcome.NOT_SENT),
    **dict.fromkeys(_AMBIGUOUS, Outcome.UNKNOWN),
}
FOR_THE_OPERATOR = frozenset(_NOT_THIS_TEXT + _CHANNEL)
"""Somebody has to do something before the next one can go."""
CHANNEL_WIDE = frozenset(_CHANNEL)
"""The code stands in the receipt's `error`: the channel is better left alone for a while."""


def then_of(code: str) -> Then:
    """What follows of a code for the channel and the operator."""
    if code in CHANNEL_WIDE:
        return Then.TRIP_CHANNEL
    return Then.ALERT if code in FOR_THE_OPERATOR else Then.NOTHING


def outcome_of(code: str) -> Outcome:
    """What a code means; one that is not listed was refused, and one of the gateway's own insides is not known."""
    if code in OUTCOMES:
        return OUTCOMES[code]
    return Outcome.UNKNOWN if code.startswith("InternalError") else Outcome.NOT_SENT
