// Asks the Prometheus that the page comes from.

const POINTS = 240; // of a line: finer is not seen

export const ask = async (path, parameters = {}) => {
  const answer = await fetch(`../api/v1/${path}?${new URLSearchParams(parameters)}`);
  const body = await answer.json();
  if (body.status !== "success") throw new Error(body.error);
  return body.data;
};

// What is shown of the past: as much as was chosen, but not what was before the server began.
export const frame = (now, began, chosen_s, scrape_s) => {
  const span = Math.min(chosen_s, Math.max(60, Math.ceil(now - began)));
  const step = Math.max(scrape_s, Math.ceil(span / POINTS));
  const end = Math.floor(now / step) * step;
  return { now, span, step, start: end - Math.floor(span / step) * step, end, rate: Math.max(6 * scrape_s, step + scrape_s) };
};

// Puts in what Grafana would; `chosen`: a label's name to a regular expression.
const filled = (expr, shown, chosen) => {
  const values = { __rate_interval: `${shown.rate}s`, __range: `${shown.span}s`, ...chosen };
  return expr.replace(/\$(\w+)/g, (_, name) => {
    if (!(name in values)) throw new Error(`nothing is known of $${name}`);
    return values[name];
  });
};

const named = (query, labels) => query.legend.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? "").trim();

const read = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);

const at = (one, query) => ({ name: named(query, one.metric), labels: one.metric, value: read(one.value[1]) });

const line = (one, query, { start, step, end }) => {
  const values = new Array(Math.round((end - start) / step) + 1).fill(null);
  for (const [time, text] of one.values) values[Math.round((time - start) / step)] = read(text);
  return { name: named(query, one.metric), labels: one.metric, values };
};

// Returns what a panel's queries find, each series with its name: lines over time for a graph, values of now for others.
export const found = async (panel, shown, chosen) => {
  const each = panel.queries.map(async (query) => {
    const expr = filled(query.expr, shown, chosen);
    if (panel.kind !== "graph") {
      return (await ask("query", { query: expr, time: shown.now })).result.map((one) => at(one, query));
    }
    const { start, end, step } = shown;
    return (await ask("query_range", { query: expr, start, end, step })).result.map((one) => line(one, query, shown));
  });
  const known = (one) => (panel.kind === "graph" ? one.values.some((value) => value !== null) : one.value !== null);
  const series = (await Promise.all(each)).flat().filter(known);
  const labelled = series.filter((one) => one.name); // the rest stands for "none": what `or vector(0)` gives
  return labelled.length ? labelled : series;
};
