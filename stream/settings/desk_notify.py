"""The section `[desk.notify]`: webhooks, mail and bots."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from stream.settings.section import Section

Route = Annotated[str, Field(min_length=1, max_length=200)]


class Webhooks(Section):
    """Standard Webhooks. Endpoints are added by `churnwatch desk-webhooks` or on the page."""

    retries_s: tuple[float, ...] = Field(
        (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        min_length=1,
        max_length=50,
        description="wait before each attempt, seconds after the one before",
    )
    jitter: float = Field(0.1, ge=0, le=1, description="each wait is longer by up to this share of it, at random")
    timeout_s: float = Field(20, gt=0, le=60, description="of one attempt, connection and answer")
    per_endpoint: int = Field(4, ge=1, le=64, description="attempts at a time to one endpoint")
    overlap_h: float = Field(24, ge=0, le=720, description="hours a rotated secret still signs")
    look_every_s: float = Field(1, gt=0, le=60, description="between two looks for what is due")
    warn_after_h: float = Field(1, ge=0, le=720, description="every attempt failed for so long: its owner is told")
    disable_after_h: float = Field(
        72, ge=0, le=2160, description="and for so long, with a delivery given up: it is disabled, its owner told"
    )

    @field_validator("retries_s")
    @classmethod
    def _not_negative(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(wait < 0 or wait > 30 * 86_400 for wait in value):
            raise ValueError("each between 0 and 30 days")
        return value


class Mail(Section):
    """Mail by SMTP; without a host nobody is written to."""

    host: str = Field("", description="of the mail server; empty = no mail")
    port: int = Field(587, ge=1, le=65535, description="of the mail server")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="none: only on a loopback address")
    username: str = Field("", description="empty = no sign-in")
    password: SecretStr = Field(SecretStr(""), description="of that user")
    sender: str = Field("churnwatch@localhost", description="address that mail comes from")
    timeout_s: float = Field(20, gt=0, le=300, description="of one attempt")
    at_once: int = Field(4, ge=1, le=64, description="connections at a time")
    routes: dict[Route, tuple[str, ...]] = Field({}, description="addresses by route, such as fraud or branch:b-1")

    @model_validator(mode="after")
    def _in_clear_only_at_home(self) -> Self:
        if self.host and self.security == "none" and self.host not in ("localhost", "::1", "127.0.0.1"):
            raise ValueError("security = none is for a server on this machine only")
        return self


class Bot(Section):
    """A robot of a chat group that is posted to by URL."""

    style: Literal["wecom", "dingtalk"] = Field(description="whose robot it is")
    url: SecretStr = Field(description="with its key")
    secret: SecretStr = Field(SecretStr(""), description="DingTalk signs with it")
    routes: tuple[Route, ...] = Field((), description="what it is told: fraud, branch:b-1; empty = what each asked for")
    language: Literal["zh", "en"] = Field("zh", description="it speaks")
    allow_private: bool = Field(False, description="a host of the house's own network")
    timeout_s: float = Field(15, gt=0, le=60, description="of one attempt")
    per_minute: int = Field(20, ge=1, le=1000, description="messages a minute that the service takes")


class Notify(Section):
    """What leaves the house."""

    page_url: str = Field("", description="address of the desk for links; empty = desk.web.public_url, or none")
    language: Literal["zh", "en"] = Field("zh", description="of a receiver who has set none")
    retries_s: tuple[float, ...] = Field(
        (0, 30, 120, 600, 3_600), min_length=1, description="of mail and bots: wait before each attempt"
    )
    webhooks: Webhooks = Webhooks()
    mail: Mail = Mail()
    bots: dict[str, Bot] = Field({}, description="name -> a robot of a chat group")
