// Draws each series with the line it is held against and the moment of the warning. The figures are in a table too.
"use strict";

(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const seconds = (day) => Date.parse(day) / 1000;

  // `label` is said at the last of them only: several close together would cover each other.
  const moment = (at, label) => ({
    hooks: {
      draw: (plot) => {
        const x = plot.valToPos(at, "x", true);
        if (!(x >= plot.bbox.left && x <= plot.bbox.left + plot.bbox.width)) return;
        const { ctx, bbox } = plot;
        const scale = devicePixelRatio;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = colour("--critical");
        ctx.lineWidth = 1.5 * scale;
        ctx.setLineDash([4 * scale, 3 * scale]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.font = `${12 * scale}px system-ui, sans-serif`;
        ctx.textAlign = x > bbox.left + bbox.width / 2 ? "right" : "left";
        if (label) ctx.fillText(label, x + (ctx.textAlign === "right" ? -5 : 5) * scale, bbox.top - 4 * scale);
        ctx.restore();
      },
    },
  });

  const draw = (element) => {
    const given = JSON.parse(element.dataset.chart);
    const times = given.points.map(([day]) => seconds(day));
    const values = given.points.map(([, value]) => value);
    const warned = given.warned.map(seconds), last = warned[warned.length - 1];
    if (last > times[times.length - 1]) { times.push(last); values.push(null); }
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui, sans-serif" };
    const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
    const full = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
    const show = (plot, value) => (value == null ? "–" : full.format(value));
    const series = [{ label: given.labels.day, value: "{YYYY}-{MM}-{DD}" }, { label: given.labels.value, stroke: colour("--accent"), width: 2, fill: colour("--accent-soft"), value: show }];
    const data = [times, values];
    if (given.baseline !== null) {
      series.push({ label: given.labels.baseline, stroke: colour("--good"), width: 1.5, dash: [6, 4], points: { show: false }, value: show });
      data.push(times.map(() => given.baseline));
    }
    element.replaceChildren();
    new uPlot({
      width: element.clientWidth, height: 176, padding: [18, 8, 0, 0], tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      series, axes: [{ ...axis, values: "{MM}-{DD}", space: 60 }, { ...axis, size: 56, values: (plot, ticks) => ticks.map((tick) => short.format(tick)) }],
      scales: { y: { range: (plot, low, high) => [Math.min(0, low), high * 1.1 || 1] } },
      plugins: warned.map((at) => moment(at, at === last ? given.labels.warned : "")), cursor: { drag: { x: false, y: false } },
    }, data, element);
  };

  const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
  all();
  document.body.addEventListener("htmx:afterSettle", (event) => { if (["main", "history"].includes(event.detail.target.id)) all(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(all, 150); });
})();
