// The keyboard: one key, one act, on the card that has the focus, or on the page's own warning.
"use strict";

(() => {
  let before = "";
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") && !element.matches(".tick");
  const focused = () => document.activeElement.closest(".card");

  const move = (step) => {
    const cards = desk.cards();
    if (!cards.length) return;
    const at = cards.indexOf(focused());
    const next = cards[Math.max(0, Math.min(cards.length - 1, at < 0 ? 0 : at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (act) => {
    const where = focused() || (document.body.dataset.live === "customer" ? document.getElementById("main") : null);
    const button = where && where.querySelector(`[data-act="${act}"]`);
    if (button) button.click();
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: () => focused() && focused().querySelector("a.open").click(),
    a: () => press("acknowledge"),
    s: () => press("snooze"),
    e: () => press("outcome"),
    c: () => press("contact"),
    n: () => press("note"),
    x: () => focused() && focused().querySelector(".tick:enabled") && focused().querySelector(".tick").click(),
    "/": () => document.getElementById("search") && document.getElementById("search").focus(),
    "?": () => desk.open(document.getElementById("keys")),
    "g w": () => location.assign("/"),
    "g t": () => location.assign("/tasks"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = keys[`${before} ${event.key}`] || keys[event.key];
    before = event.key === "g" ? "g" : "";
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
