"""What can be wrong with a request, as facts: a stable code, one Chinese sentence, an HTTP status.

CaseworkError
├── NotFoundError      404
├── NotAllowedError    403
├── NotLoggedInError   401
├── InvalidInputError  422
├── ConflictError      409  (a move that the process does not allow, a version that changed meanwhile)
└── UnavailableError   503  (something that this must not be done without is away)
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


class ConflictError(CaseworkError):
    status = 409


class UnavailableError(CaseworkError):
    status = 503
