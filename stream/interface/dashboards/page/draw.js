// Draws what was found: graphs with uPlot, the rest as plain elements.
import { at, said, steps } from "./units.js";

const HEIGHT = 190, COLOURS = 10, BARS = 15, NAMELESS = "all";
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const made = (name, looks, text = "") => {
  const element = document.createElement(name);
  if (looks) element.className = looks;
  element.textContent = text;
  return element;
};

export const say = (body, looks, text) => {
  forget(body);
  body.replaceChildren(made("p", looks, text));
};

const plots = new WeakMap(); // a panel's body to its plot and what that was made for

const forget = (body) => {
  plots.get(body)?.plot.destroy();
  plots.delete(body);
};

const stacked = (lines) => {
  const below = new Array(lines[0].length).fill(0);
  return lines.map((values) => values.map((value, i) => (below[i] += value ?? 0)));
};

const drawing = (panel, series, shown) => {
  const values = series.map((one) => one.values);
  const times = values[0].map((_, i) => shown.start + i * shown.step);
  return { values, times, data: [times, ...(panel.stacked ? stacked(values) : values)] };
};

// The legend shows the values under the pointer, or the newest.
const lookup = (held, i) => (plot, value, place, index) =>
  said(index == null ? held.values[i].findLast((one) => one !== null) : held.values[i][index], held.unit);

const line = (one, i, panel, held) => {
  const stroke = colour(`--line-${i % COLOURS}`);
  return {
    label: one.name || NAMELESS, stroke, width: 1.5, points: { show: false }, value: lookup(held, i),
    dash: i >= COLOURS ? [5, 3] : undefined, fill: panel.stacked ? `${stroke}40` : undefined,
  };
};

const newPlot = (body, panel, series, held) => {
  const look = { stroke: colour("--soft"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const time = { label: "time", value: (plot, value, place, index) => at(held.times[index ?? held.times.length - 1]) };
  const bands = panel.stacked ? series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) : undefined;
  body.replaceChildren();
  const plot = new uPlot({
    width: body.clientWidth, height: HEIGHT, padding: [10, 32, 0, 0], bands,
    series: [time, ...series.map((one, i) => line(one, i, panel, held))],
    axes: [
      { ...look, size: 30, space: 90, values: (plot, ticks) => ticks.map((tick) => at(tick)) },
      { ...look, size: 68, space: 34, incrs: steps[panel.unit], values: (plot, ticks) => ticks.map((tick) => said(tick, panel.unit)) },
    ],
    scales: { y: { range: (plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, sync: { key: "board" } },
  }, held.data, body);
  const drawn = plot.root.querySelector(".u-wrap");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", panel.title);
  return plot;
};

const graph = (body, panel, series, shown) => {
  series.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
  const now = drawing(panel, series, shown), before = plots.get(body);
  const looks = `${body.clientWidth} ${colour("--soft")} ${series.map((one) => one.name).join("\n")}`;
  if (before?.looks === looks) {
    Object.assign(before.held, now);
    before.plot.setData(now.data);
    return;
  }
  forget(body);
  const held = { ...now, unit: panel.unit };
  plots.set(body, { looks, held, plot: newPlot(body, panel, series, held) });
};

const WORRIES = ["all is well", "look at it", "act"];

const worry = (value, [yellow, red]) => (value >= red ? 2 : value >= yellow ? 1 : 0);

const figure = (body, panel, series) => {
  const value = Math.max(...series.map((one) => one.value));
  const shown = made("p", "value", said(value, panel.unit));
  if (panel.worry) {
    const level = worry(value, panel.worry);
    shown.dataset.worry = level;
    shown.append(made("span", "out-of-sight", ` (${WORRIES[level]})`));
  }
  body.replaceChildren(shown);
};

const bars = (body, panel, series) => {
  series.sort((one, other) => other.value - one.value || one.name.localeCompare(other.name));
  const most = Math.max(...series.map((one) => one.value), Number.MIN_VALUE);
  const unit = panel.unit === "short" && most >= 10 ? "whole" : panel.unit;
  const list = made("ul", "bars");
  for (const one of series.slice(0, BARS)) {
    const item = made("li"), track = made("span", "track"), bar = made("span", "bar");
    bar.style.width = `${Math.max(0, (100 * one.value) / most)}%`;
    track.append(bar);
    item.append(made("span", "name", one.name || NAMELESS), track, made("span", "number", said(one.value, unit)));
    list.append(item);
  }
  body.replaceChildren(list);
};

const table = (body, panel, series) => {
  const names = [...new Set(series.flatMap((one) => Object.keys(one.labels)))].filter((name) => name !== "__name__").sort();
  const rows = (cells, kind) => {
    const row = made("tr");
    row.append(...cells.map((cell) => made(kind, "", cell)));
    return row;
  };
  const drawn = made("table"), head = made("thead"), inside = made("tbody");
  head.append(rows(names, "th"));
  inside.append(...series.map((one) => rows(names.map((name) => one.labels[name] ?? ""), "td")));
  drawn.append(head, inside);
  body.replaceChildren(drawn);
};

const LOOKS = { graph, figure, bars, table };

export const draw = (body, panel, series, shown) => LOOKS[panel.kind](body, panel, series, shown);
