// Live events: cards come, change and go without a reload, and the browser tells of it without a name or a number.
"use strict";

(() => {
  const words = document.body.dataset;
  const live = document.getElementById("live");
  const place = words.live;
  const NAMES = ["alert", "change", "storm", "digest", "task", "approval", "reset"];

  const tell = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    live.append(line);
    while (live.children.length > 5) live.firstChild.remove();
  };
  const filters = () => new URLSearchParams(new FormData(document.getElementById("filters")));
  const reload = () => htmx.ajax("GET", `/?${filters()}`, { target: "#rows", swap: "outerHTML" });

  // Where a card belongs by its rank; another order than the rank, or a later page, is loaded anew.
  const before = (card, cards) =>
    cards.find((other) => {
      const mine = Number(card.dataset.priority), theirs = Number(other.dataset.priority);
      const more = Number(card.dataset.points) - Number(other.dataset.points);
      return mine < theirs || (mine === theirs && (more > 0 || (more === 0 && card.dataset.customer < other.dataset.customer)));
    });

  const put = (customer, text) => {
    const parsed = new DOMParser().parseFromString(text, "text/html");
    const fresh = parsed.querySelector(".card");
    const old = desk.cards().find((card) => card.dataset.customer === customer);
    const focus = old && old.contains(document.activeElement);
    const ticked = old && old.querySelector(".tick:checked") !== null;
    const tabs = parsed.getElementById("tabs"), many = parsed.getElementById("how-many");
    if (tabs) document.getElementById("tabs").replaceWith(document.adoptNode(tabs));
    if (many) document.getElementById("how-many").replaceWith(document.adoptNode(many));
    if (!fresh) {
      if (old) old.remove();
      if (!desk.cards().length) reload();
      return false;
    }
    const card = document.adoptNode(fresh);
    if (old) old.remove();
    const list = document.getElementById("cards");
    list.insertBefore(card, before(card, desk.cards()) || null);
    htmx.process(card);
    card.classList.add("arrived");
    if (focus) card.focus();
    if (ticked && card.querySelector(".tick:enabled")) card.querySelector(".tick").checked = true;
    const empty = document.getElementById("empty");
    if (empty) empty.remove();
    desk.ticks();
    return !old;
  };

  const one = async (customer) => {
    const rows = document.getElementById("rows");
    if (rows.dataset.order !== "rank" || rows.dataset.offset !== "0") return reload();
    const answer = await fetch(`/customers/${encodeURIComponent(customer)}/card?${filters()}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 404) put(customer, "");
    else if (answer.ok) tell(put(customer, await answer.text()) ? words.arrived : words.changed);
    return undefined;
  };

  // One after another, so that two events about one customer end with the newer card.
  let queue = Promise.resolve();
  const later = (work) => { queue = queue.then(work).catch(() => desk.say(words.failed, true)); };
  let pending;
  const page = () => {
    clearTimeout(pending);
    pending = setTimeout(() => {
      if (document.querySelector("dialog[open]") || document.activeElement.closest("main form")) return;
      htmx.ajax("GET", location.pathname, { target: "#main", select: "#main", swap: "outerHTML" });
    }, 250);
  };

  const notify = () => {
    if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
    const shown = new Notification(words.notifyTitle, { body: words.notifyBody, tag: "desk" });
    shown.onclick = () => { window.focus(); shown.close(); };
  };

  const take = (event) => {
    const data = JSON.parse(event.data);
    if (data.notify) notify();
    if (event.type === "storm" || event.type === "digest") desk.say(words[event.type].replace("{n}", data.episodes));
    if (place === "worklist") later(() => (data.customer_id ? one(data.customer_id) : reload()));
    else if (place === "customer" && data.customer_id === words.customer) page();
    else if (place === "tasks" || place === "approvals") page();
  };

  if (place) {
    const after = words.after === undefined ? "" : `?after=${words.after}`;
    const source = new EventSource(`/events${after}`);
    NAMES.forEach((name) => source.addEventListener(name, take));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) { setTimeout(() => location.reload(), 2000); return; } // signed out
      document.body.classList.add("offline"); htmx.trigger(document.body, "desk:look");
    });
    source.addEventListener("open", () => { document.body.classList.remove("offline"); document.body.dataset.connected = "1"; htmx.trigger(document.body, "desk:look"); });
    addEventListener("pagehide", () => source.close());
  }

  const allow = document.getElementById("allow-notifications");
  if (allow && "Notification" in window && Notification.permission === "default") {
    allow.hidden = false;
    allow.addEventListener("click", async () => { await Notification.requestPermission(); allow.hidden = true; });
  }
})();
