"""What can go wrong with a request, each with its status and the key of its words."""

from __future__ import annotations


class Fault(Exception):
    """A request that ends otherwise than asked for. `detail` is for programs and holds no content."""

    status = 500
    key = "fault.broken"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.key)
        self.detail = detail


class BadRequest(Fault):
    """It cannot be read."""

    status, key = 400, "fault.unreadable"


class SignInFirst(Fault):
    """Nobody is signed in."""

    status, key = 401, "fault.sign_in"


class BadToken(Fault):
    """The access token is not believed, or its program is nobody here."""

    status, key = 401, "fault.token"


class Denied(Fault):
    """The role does not allow it."""

    status, key = 403, "fault.denied"


class Forged(Fault):
    """The form's token is not the session's, or it comes from another site."""

    status, key = 403, "fault.forged"


class NotFound(Fault):
    """It is not there, or not within reach."""

    status, key = 404, "fault.not_found"


class TooMany(Fault):
    """Too many requests; `seconds` to wait."""

    status, key = 429, "fault.too_many"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


class Away(Fault):
    """The database does not answer; the desk goes on by itself."""

    status, key = 503, "fault.away"


class NoAnswerYet(Fault):
    """No worker answered."""

    status, key = 503, "fault.no_worker"
