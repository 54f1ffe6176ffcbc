"""The sections `[desk.web]`, `[desk.oidc]` and `[desk.talk]`: the page, who signs in, and what to say to a customer."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from stream.settings.desk_work import Label
from stream.settings.section import Section

Language = Literal["zh", "en"]
Role = Literal["rm", "manager", "auditor", "admin"]


class Rates(Section):
    """Requests a minute that one session may make; sign-ins are counted by address."""

    views: int = Field(600, ge=1, le=100_000, description="pages looked at")
    acts: int = Field(240, ge=1, le=100_000, description="answers given")
    exports: int = Field(20, ge=1, le=10_000, description="lists taken out")
    sign_ins: int = Field(60, ge=1, le=10_000, description="sign-ins of one address")


class Web(Section):
    """The page."""

    public_url: str = Field(
        "", pattern="^(https?://[^/?#]+)?$", description="as browsers see it; empty = host and port"
    )
    proxies: int = Field(0, ge=0, le=10, description="proxies of ours before it that add to X-Forwarded-For")
    sign_in: Literal["development", "oidc"] = Field(
        "development", description="development: anybody is anybody; refuses to run on a public address"
    )
    notice: Label | None = Field(None, description="a line above every page, such as that it is a test system")
    language: Language = Field("zh", description="where neither profile, cookie nor browser says one")
    idle_min: float = Field(30, gt=0, le=1440, description="a session unused so long is over; an open page uses it")
    session_h: float = Field(10, gt=0, le=168, description="after this one signs in again")
    page_size: int = Field(30, ge=1, le=500, description="cards on a page")
    export_rows: int = Field(5_000, ge=1, le=100_000, description="customers in one export at most")
    bulk: int = Field(200, ge=1, le=1_000, description="warnings acknowledged at once at most")
    ended_days: float = Field(
        30, ge=0, le=3650, description="so long after a warning ended its owner sees the customer"
    )
    search_names: int = Field(
        5_000, ge=0, le=20_000, description="customers whose names are looked through; beyond that whole names only"
    )
    streams: int = Field(10, ge=1, le=1_000, description="open pages of one person that are pushed to")
    rates: Rates = Rates()


class Oidc(Section):
    """The identity provider: OpenID Connect, code flow with PKCE."""

    issuer: str = Field("", pattern="^(https?://.+)?$", description="its URL, as in the tokens")
    client_id: str = Field("", description="of the desk at the provider")
    client_secret: SecretStr = Field(SecretStr(""), description="empty = a public client, by PKCE alone")
    scope: str = Field("openid profile", description="asked for at sign-in")
    staff_claim: str = Field(
        "", description="claim that holds the staff id; empty = the one whose `subject` is the token's"
    )
    role_claim: str = Field("", description="claim with the role or a list of them; empty = as the store has it")
    roles: dict[str, Role] = Field(default_factory=dict, description="value of that claim -> role")
    api_audience: str = Field("", description="`aud` of access tokens for the API; empty = none are taken")
    read_scopes: tuple[str, ...] = Field(("desk.read",), description="with one of these a program may look")
    write_scopes: tuple[str, ...] = Field(("desk.write",), description="with one of these it may act, too")
    timeout_s: float = Field(10, gt=0, le=120, description="how long the provider may take to answer")

    @model_validator(mode="after")
    def _tells_tokens_apart(self) -> Self:
        if self.api_audience and self.api_audience == self.client_id:
            raise ValueError(
                "api_audience must differ from client_id, or the page's own ID tokens would do for the API"
            )
        return self


class Said(Section):
    """What to say and to offer."""

    say: Label | None = Field(None, description="words for the call")
    offer: Label | None = Field(None, description="what may be offered")


class Talk(Said):
    """What to say and to offer about one kind of warning, and what differs by the customer's class."""

    by_class: dict[str, Said] = Field(default_factory=dict, description="class -> words of its own")


def talk_of(talks: dict[str, Talk], kind: str, class_: str | None) -> Said:
    """Return what to say and offer: by kind and class, else by kind, else the words for `default`."""
    general, own = talks.get("default", Talk()), talks.get(kind, Talk())
    special = own.by_class.get(class_ or "", general.by_class.get(class_ or "", Said()))
    return Said(say=special.say or own.say or general.say, offer=special.offer or own.offer or general.offer)
