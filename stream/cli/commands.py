"""Every command by name. Implementations are imported when a command runs, so that `--help` is quick."""

from __future__ import annotations

import typer

from stream.cli import (
    acls,
    asyncapi,
    backtest,
    capacity,
    control,
    convert,
    dashboards,
    deadletters,
    demo,
    desk,
    desk_staff,
    desk_webhooks,
    doctor,
    evaluate,
    group,
    kafka,
    models,
    openapi,
    produce,
    pseudonyms,
    replay,
    rules,
    settings,
    simulate,
    state,
    topics,
    trainer,
    watch,
    why,
    worker,
)

_HELP = """Early warning of customers about to leave, from Kafka, exactly once.

Try it: churnwatch simulate --customers 200 --days 120 --output town.jsonl,
then churnwatch replay --input town.jsonl --output alerts.jsonl.
"""


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(no_args_is_help=True, help=_HELP, pretty_exceptions_enable=False)
    app.command("demo")(demo.command)
    app.add_typer(kafka.app, name="kafka")
    app.add_typer(topics.app, name="topics")
    app.add_typer(acls.app, name="acls")
    app.command("worker")(worker.command)
    app.command("trainer")(trainer.command)
    app.command("desk")(desk.command)
    app.add_typer(desk_staff.app, name="desk-staff")
    app.add_typer(desk_webhooks.app, name="desk-webhooks")
    app.add_typer(models.app, name="models")
    app.command("replay")(replay.command)
    app.add_typer(rules.app, name="rules")
    app.command("backtest")(backtest.command)
    app.command("evaluate")(evaluate.command)
    app.command("watch")(watch.command)
    app.command("state")(state.command)
    app.command("why")(why.command)
    app.add_typer(deadletters.app, name="deadletters")
    app.add_typer(group.app, name="group")
    app.command("capacity")(capacity.command)
    app.command("doctor")(doctor.command)
    app.add_typer(control.app, name="control")
    app.add_typer(pseudonyms.app, name="pseudonyms")
    app.command("asyncapi")(asyncapi.command)
    app.command("openapi")(openapi.command)
    app.command("dashboards")(dashboards.command)
    app.command("settings")(settings.command)
    app.add_typer(convert.app, name="convert")
    app.command("simulate")(simulate.command)
    app.command("produce")(produce.command)
    return app
