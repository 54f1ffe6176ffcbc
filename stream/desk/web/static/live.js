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
  // The list anew; what was ticked stays ticked, and who had the focus keeps it.
  const reload = async () => {
    const ticked = new Set([...document.querySelectorAll(".tick:checked")].map((tick) => tick.closest(".card").dataset.customer));
    const focused = document.activeElement.closest(".card");
    await htmx.ajax("GET", `/?${filters()}`, { target: "#rows", swap: "outerHTML" });
    for (const card of desk.cards()) {
      const tick = card.querySelector(".tick:enabled");
      if (tick && ticked.has(card.dataset.customer)) tick.checked = true;
      if (focused && card.dataset.customer === focused.dataset.customer) card.focus();
    }
    desk.ticks();
  };

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

  // One after another, so that two events about one customer end with the newer card; what comes meanwhile is gathered,
  // and of many customers at once the list is loaded anew.
  const FEW = 6, ALL = "";
  const waiting = new Set();
  let busy = false;
  const work = async () => {
    busy = true;
    while (waiting.size) {
      const some = [...waiting];
      waiting.clear();
      try {
        if (some.includes(ALL) || some.length > FEW) await reload();
        else for (const customer of some) await one(customer);
      } catch { desk.say(words.failed, true); }
    }
    busy = false;
  };
  const follow = (customers) => {
    customers.forEach((customer) => waiting.add(customer));
    if (!busy) work();
  };

  // Another page is shown anew at most once in a while, and not under somebody's hands.
  let pending;
  const page = () => {
    if (pending) return;
    pending = setTimeout(() => {
      pending = undefined;
      if (document.querySelector("dialog[open]") || document.activeElement.closest("main form")) return;
      htmx.ajax("GET", location.pathname + location.search, { target: "#main", select: "#main", swap: "outerHTML" });
    }, place === "reports" ? 15000 : 250);
  };

  const notify = (data) => {
    if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
    const shown = new Notification(words.notifyTitle, { body: words.notifyBody, tag: "desk" });
    shown.onclick = () => {
      window.focus();
      if (data.episode_id) location.assign(`/episodes/${encodeURIComponent(data.episode_id)}`);
      shown.close();
    };
  };

  const take = (event) => {
    const data = JSON.parse(event.data);
    const customers = data.customer_id ? [data.customer_id] : data.customers && data.customers.length ? data.customers : [ALL];
    if (data.notify) notify(data);
    if (event.type === "storm" || event.type === "digest") desk.say(words[event.type].replace("{n}", data.episodes));
    if (place === "worklist") follow(customers);
    else if (place === "customer") { if (customers.includes(words.customer)) page(); }
    else if (place) page();
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
  // Nobody is pushed to who only looks at everything: the list is loaded anew now and then.
  if (place === "worklist" && words.every) setInterval(() => { if (!document.hidden) follow([ALL]); }, Number(words.every) * 1000);

  const allow = document.getElementById("allow-notifications");
  if (allow && "Notification" in window && Notification.permission === "default") {
    allow.hidden = false;
    allow.addEventListener("click", async () => { await Notification.requestPermission(); allow.hidden = true; });
  }
})();
