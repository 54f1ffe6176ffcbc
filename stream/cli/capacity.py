"""`churnwatch capacity`: how large a deployment has to be."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    customers: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many customers there are.")],
    events_per_day: Annotated[int, typer.Option(min=1, help="Events of a usual day, over all topics.")],
    peak: Annotated[float, typer.Option(min=1, help="The busiest hour's rate over the day's mean.")] = 4.0,
    growth: Annotated[float, typer.Option(min=1, help="How many times more is to fit the partitions.")] = 2.0,
    restore: Annotated[float, typer.Option(min=10, help="Seconds in which a lost worker's shards are back.")] = 300.0,
    cache: Annotated[int, typer.Option(min=0, help="engine.cache_mb: memory for a worker's decoded states.")] = 768,
    replication: Annotated[int, typer.Option(min=1, max=5, help="Copies of each topic.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for pipes.")] = False,
) -> None:
    """Say how many partitions and workers, how much memory and disk, and which broker settings a load takes.

    By costs that were measured (deploy/docs/performance.md, one core a worker) or, where the output says so, assumed:
    measure on your own machines before you buy.

    Example: churnwatch capacity --customers 5000000 --events-per-day 40000000
    """
    import dataclasses

    import orjson

    from stream.capacity.plan import Load, TooLarge, plan, settings

    load = Load(
        customers=customers,
        events_per_day=events_per_day,
        peak=peak,
        growth=growth,
        restore_s=restore,
        replication=replication,
        cache_mb=cache,
    )
    try:
        made = plan(load)
    except TooLarge as fault:
        raise typer.BadParameter(str(fault)) from None
    if as_json:
        typer.echo(orjson.dumps({"plan": dataclasses.asdict(made), "settings": settings(load, made)}).decode())
        return
    _print(load, made)


def _print(load: object, made: object) -> None:
    from rich.console import Console
    from rich.table import Table

    from stream.capacity.plan import Load, Plan, settings

    assert isinstance(load, Load) and isinstance(made, Plan)
    rows = (
        ("peak", f"{made.peak_events:,.0f} events/s, {made.scores:,.1f} scores/s"),
        (
            "partitions",
            f"{made.partitions} of each topic, {made.shard_states:,} customers each; more only by topics widen",
        ),
        ("workers", f"{made.workers}, of which one may be away; one core each"),
        ("a worker's memory", f"{_size(made.worker_memory)}, of which {made.cached_states:,} decoded states"),
        ("a worker's disk", f"{_size(made.worker_disk)}, local SSD"),
        ("restore", f"{made.restore_s:,.0f} s where a worker's disk is lost"),
        (
            "failover",
            f"{made.failover_s:,.0f} s until a lost worker's shards run on the others, of which warm standbys would "
            f"spare {made.failover_s - made.standby_s:,.1f} s",
        ),
        ("brokers", f"{made.brokers} (their speed is assumed)"),
        ("brokers, in", f"{_size(made.broker_in)}/s at the peak, copies included"),
        ("brokers, disk", f"{_size(made.broker_disk)} (changelog's amplification assumed), copies included"),
        ("brokers, partitions", f"{made.broker_partitions:,} replicas"),
    )
    table = Table(box=None, show_header=False)
    for name, value in (*rows, ("", ""), *settings(load, made).items()):
        table.add_row(name, value)
    Console(width=120).print(table, highlight=False)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
