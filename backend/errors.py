"""What can be wrong with a request, as facts: a stable code, one Chinese sentence, an HTTP status.

CaseworkError
├── NotFoundError      404
├── NotAllowedError    403
├── NotLoggedInError   401
├── InvalidInputError  422
├── UnsupportedTypeError  415  (a body that says that it is something else than the route takes)
├── TooLargeError      413
├── ConflictError      409  (a move that the process does not allow, a version that changed meanwhile)
└── TooManyError       429  (too often: `retry_after` seconds are left)
"""


class CaseworkError(Exception):
    """Base: `code` is for programs and for ever; `message` tells a person what to do next."""

    status = 500

    def __init__(self, code: str, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reasons = reasons


class NotFoundError(CaseworkError):
    status = 404


class NotAllowedError(CaseworkError):
    status = 403


class NotLoggedInError(CaseworkError):
    status = 401


class InvalidInputError(CaseworkError):
    status = 422


class UnsupportedTypeError(CaseworkError):
    status = 415


class TooLargeError(CaseworkError):
    status = 413


class ConflictError(CaseworkError):
    status = 409


class TooManyError(CaseworkError):
    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__("too_many_requests", message)
        self.retry_after = retry_after


class SetupError(Exception):
    """The installation is not set up right: one Chinese line for whoever starts a command, which then ends with 2."""
