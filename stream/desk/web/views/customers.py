"""A customer's page from the store."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.alerts import episodes_of
from stream.desk.store.repositories.profiles import products_of, relatives_of
from stream.desk.store.tables import Episode, Profile, ProfileProduct
from stream.desk.web.person import Person
from stream.desk.web.reach import DAY_MS, sees
from stream.desk.web.site import Site
from stream.desk.web.templating import zone_of
from stream.desk.web.views.charts import charts_of
from stream.desk.web.views.episodes import alert_in, shown
from stream.desk.web.views.names import name_of, opened
from stream.desk.web.views.shown import CustomerShown, EpisodeShown, ProductShown, Relative, Said, ScoreShown
from stream.desk.web.views.tasks import tasks_of
from stream.desk.web.views.timeline import timeline_of
from stream.domain.alerts import Words
from stream.settings.desk_web import talk_of
from stream.settings.desk_work import Label

_MOST_EPISODES = 50


async def customer(session: AsyncSession, customer_id: str, person: Person, site: Site) -> CustomerShown:
    """Return everything about a customer that the person may see."""
    now = site.clock()
    profile = await session.get(Profile, customer_id)
    rows = (await episodes_of(session, customer_id))[:_MOST_EPISODES]
    rows.sort(key=lambda row: (row.ended_at is not None, row.priority, -row.points))
    episodes = [shown(row, now, site.business.currency) for row in rows]
    newest = max(rows, key=lambda row: row.updated_at, default=None)
    sealed = profile is not None and (profile.name_sealed is not None or profile.phone_sealed is not None)
    scale: int = 10**site.business.minor_units
    return CustomerShown(
        customer_id=customer_id,
        name=name_of(profile, person, site.vault),
        phone=opened(site.vault, profile.phone_sealed) if profile and person.may_call else None,
        masked=sealed and not person.may_call,
        tier=profile.tier if profile else None,
        class_=(newest.class_ if newest else None) or (profile.class_ if profile else None),
        segment=profile.segment if profile else None,
        industry=profile.industry if profile else None,
        rm_id=profile.rm_id if profile else (newest.rm_id if newest else None),
        branch_id=profile.branch_id if profile else (newest.branch_id if newest else None),
        household_id=profile.household_id if profile else None,
        since=profile.since.isoformat() if profile and profile.since else None,
        no_retention_contact=bool(profile and profile.no_retention_contact),
        litigation=bool(profile and profile.litigation),
        health=newest.health if newest else None,
        value=newest.value if newest else None,
        score=_score(newest),
        episodes=episodes,
        said=_said(episodes, site),
        products=[_product(row, scale) for row in await products_of(session, customer_id)],
        relatives=await _relatives(session, customer_id, person, site),
        tasks=await tasks_of(session, customer_id, person, site),
        timeline=await timeline_of(session, customer_id, site.vault, texts=person.may_call),
        charts=charts_of(rows, zone_of(person, site.settings.business.time_zone)),
    )


def _score(newest: Episode | None) -> ScoreShown | None:
    alert = alert_in(newest.body) if newest else None
    if alert is None or alert.score is None:
        return None
    reasons = [Words(reason.zh, reason.en) for reason in alert.reasons]
    return ScoreShown(score=alert.score, grade=alert.grade, version=alert.model_version, reasons=reasons)


def _said(episodes: list[EpisodeShown], site: Site) -> dict[str, Said]:
    """Return what to say about each open kind, from the configuration."""
    found = {}
    for episode in episodes:
        if episode.ended_at is None:
            talk = talk_of(site.settings.desk.talk, episode.kind, episode.class_)
            found[episode.kind] = Said(say=_words(talk.say), offer=_words(talk.offer))
    return found


def _words(label: Label | None) -> Words | None:
    return None if label is None else Words(label.zh, label.en)


def _product(row: ProfileProduct, scale: int) -> ProductShown:
    return ProductShown(
        product_id=row.product_id,
        kind=row.kind,
        amount=None if row.amount is None else row.amount / scale,
        matures_on=row.matures_on.isoformat() if row.matures_on else None,
    )


async def _relatives(session: AsyncSession, customer_id: str, person: Person, site: Site) -> list[Relative]:
    """Return who belongs together with the customer; names only of those within reach."""
    groups = await relatives_of(session, customer_id, limit=20)
    profiles = {(name, profile.customer_id): profile for name, members in groups.items() for profile in members}
    ids = {id_ for _, id_ in profiles}
    warned = await _open_warnings(session, ids)
    now, ended_ms = site.clock(), round(site.settings.desk.web.ended_days * DAY_MS)
    near = {id_ for id_ in ids if await sees(session, person.reach, id_, now, ended_ms)}
    return [
        Relative(
            customer_id=id_,
            relation=relation,
            name=name_of(profile, person, site.vault) if id_ in near else None,
            open=warned.get(id_, 0) if id_ in near else 0,
            within_reach=id_ in near,
        )
        for (relation, id_), profile in profiles.items()
    ]


async def _open_warnings(session: AsyncSession, ids: set[str]) -> dict[str, int]:
    counted = (
        select(Episode.customer_id, func.count())
        .where(Episode.customer_id.in_(ids), Episode.ended_at.is_(None))
        .group_by(Episode.customer_id)
    )
    return {row[0]: row[1] for row in await session.execute(counted)}
