// The page of a board: asks for every panel again and again while somebody looks.
import { ask, found, frame } from "./ask.js";
import { draw, say } from "./draw.js";
import { at } from "./units.js";

const REFRESH_MS = 5000;
const scrape = Number(document.body.dataset.scrape);
const state = document.querySelector("#state"), span = document.querySelector("#span");
const choices = [...document.querySelectorAll("[data-choice]")];
const panels = [...document.querySelectorAll("[data-panel]")].map((element) => ({
  body: element.querySelector(".body"), panel: JSON.parse(element.dataset.panel),
}));

// As a regular expression that fits nothing else, within a string of PromQL.
const literally = (value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/[\\"]/g, "\\$&");

const offer = async (choice) => {
  const values = await ask(`label/${choice.dataset.choice}/values`, { "match[]": choice.dataset.series });
  const known = new Set([...choice.options].map((option) => option.value));
  for (const value of values.sort((one, other) => one.localeCompare(other, "en", { numeric: true }))) {
    if (!known.has(value)) choice.add(new Option(value, value));
  }
};

const show = async ({ body, panel }, shown, chosen) => {
  try {
    const series = await found(panel, shown, chosen);
    if (series.length) draw(body, panel, series, shown);
    else say(body, "none", "no data yet");
  } catch (fault) {
    if (fault instanceof TypeError) throw fault; // nobody answers: said once, for the page
    say(body, "fault", fault.message);
  }
};

let began = null;

const look = async () => {
  began ??= Date.parse((await ask("status/runtimeinfo")).startTime) / 1000;
  const now = (await ask("query", { query: "time()" })).result[0];
  await Promise.all(choices.map(offer));
  const shown = frame(now, began, Number(span.value), scrape);
  const chosen = Object.fromEntries(choices.map((one) => [one.dataset.choice, one.value ? literally(one.value) : ".*"]));
  await Promise.all(panels.map((one) => show(one, shown, chosen)));
  return now;
};

const told = async () => {
  try {
    state.textContent = `as of ${at(await look())}`;
    state.className = "";
  } catch {
    state.textContent = "Prometheus does not answer; asking again …";
    state.className = "fault";
  }
  document.body.dataset.looks = Number(document.body.dataset.looks ?? 0) + 1;
};

// One look at a time; who changes something meanwhile gets another one at once.
let looking = false, again = false, next;
const refresh = async () => {
  clearTimeout(next);
  again = true;
  if (looking) return;
  looking = true;
  while (again) {
    again = false;
    if (!document.hidden) await told();
  }
  looking = false;
  next = setTimeout(refresh, REFRESH_MS);
};

let waiting;
const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 150);
};
[span, ...choices].forEach((element) => element.addEventListener("change", refresh));
document.addEventListener("visibilitychange", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
addEventListener("resize", soon);
refresh();
