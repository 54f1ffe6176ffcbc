"""A board as Grafana's JSON, by Grafana's own foundation SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model

from stream.interface.dashboards.board import Board, Choice, Panel
from stream.interface.dashboards.boards import BOARDS

_SOURCE = model.DataSourceRef("prometheus", "${datasource}")
_HEIGHT = {"figure": 4, "graph": 8, "bars": 8, "table": 6}
_WIDTH = {"figure": 4, "graph": 12, "bars": 12, "table": 12}
_ANY = ".*"

_PanelBuilder = timeseries.Panel | stat.Panel | bargauge.Panel | table.Panel


def documents() -> Iterator[tuple[str, str]]:
    """Yield each dashboard's file name and its JSON."""
    for board in BOARDS:
        yield f"{board.uid}.json", JSONEncoder(sort_keys=True, indent=2).encode(_board(board).build()) + "\n"


def _board(board: Board) -> dashboard.Dashboard:
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.meaning)
        .tags(["churnwatch"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .link(dashboard.DashboardLink("Churnwatch").type("dashboards").tags(["churnwatch"]).as_dropdown(True))  # type: ignore[arg-type]
    )
    for choice in board.choices:
        made = made.with_variable(_choice(choice))
    for title, panels in board.rows:
        made = made.with_row(dashboard.Row(title))
        for panel in panels:
            made = made.with_panel(_panel(panel))
    return made


def _choice(choice: Choice) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(choice.label)
        .label(choice.label.capitalize())
        .datasource(_SOURCE)
        .query(f"label_values({choice.series}, {choice.label})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NUMERICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(_ANY)
    )


def _panel(panel: Panel) -> Builder[model.Panel]:
    made = _LOOK[panel.kind](panel)
    made = made.title(panel.title).description(panel.meaning).datasource(_SOURCE)
    made = made.height(_HEIGHT[panel.kind]).span(panel.wide or _WIDTH[panel.kind])
    for number, query in enumerate(panel.queries):
        target = prometheus.Dataquery().ref_id(chr(ord("A") + number)).expr(query.expr).datasource(_SOURCE)
        if panel.kind == "graph":
            target = target.range().legend_format(query.legend).exemplar("_bucket" in query.expr)
        else:
            target = target.instant().legend_format(query.legend or "__auto")
            if panel.kind == "table":
                target = target.format("table")  # type: ignore[arg-type]
        made = made.with_target(target)
    return made


def _graph(panel: Panel) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(looks.LegendDisplayMode.LIST).show_legend(True)
    made = timeseries.Panel().unit(panel.unit).line_width(1).min(0).show_points(looks.VisibilityMode.NEVER)
    made = made.legend(legend.placement(looks.LegendPlacement.BOTTOM))
    if panel.stacked:
        made = made.fill_opacity(30).stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    return made


def _figure(panel: Panel) -> stat.Panel:
    made = stat.Panel().unit(panel.unit).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    made = made.graph_mode(looks.BigValueGraphMode.NONE)
    steps = [model.Threshold(None, "green")]
    if panel.worry is not None:
        steps += [model.Threshold(panel.worry[0], "yellow"), model.Threshold(panel.worry[1], "red")]
    return made.thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))


def _bars(panel: Panel) -> bargauge.Panel:
    made = bargauge.Panel().unit(panel.unit).orientation(looks.VizOrientation.HORIZONTAL)
    return made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def _table(panel: Panel) -> table.Panel:
    return table.Panel().unit(panel.unit)


_LOOK: dict[str, Callable[[Panel], _PanelBuilder]] = {
    "figure": _figure,
    "graph": _graph,
    "bars": _bars,
    "table": _table,
}
