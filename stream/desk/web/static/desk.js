// What every page does: dialogs, messages, ticks. Plain DOM; nothing from outside is ever taken for markup.
"use strict";

const desk = {
  say(text, bad) {
    const line = document.createElement("p");
    line.textContent = text;
    if (bad) line.className = "bad";
    document.getElementById("toasts").append(line);
    setTimeout(() => line.remove(), bad ? 8000 : 5000);
  },
  open(dialog) {
    if (!dialog.open) dialog.showModal();
  },
  close(dialog) {
    if (dialog.open) dialog.close();
  },
  ticks() {
    const bulk = document.getElementById("bulk");
    if (bulk) bulk.classList.toggle("some", document.querySelector(".tick:checked") !== null);
  },
  cards() {
    return [...document.querySelectorAll(".card")];
  },
};

(() => {
  const sheet = document.getElementById("sheet");

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-opens]");
    if (opens) desk.open(document.getElementById(opens.dataset.opens));
    const closes = event.target.closest("[data-closes]");
    if (closes) desk.close(document.getElementById(closes.dataset.closes));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".tick")) desk.ticks();
  });

  // A form that was fetched is shown; the dialog keeps the focus inside and gives it back.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "sheet-body") {
      desk.open(sheet);
      const first = sheet.querySelector("input:not([type=hidden]), textarea, select");
      if (first) first.focus();
    }
    desk.ticks();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = event.detail;
    if (successful && elt.closest && elt.closest("#sheet form")) desk.close(sheet);
  });
  sheet.addEventListener("close", () => document.getElementById("sheet-body").replaceChildren());

  // A card that was answered is replaced: the one that has its place takes the focus.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const card = event.detail.target.closest && event.detail.target.closest(".card");
    if (card && event.detail.target === card) desk.place = desk.cards().indexOf(card);
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    desk.ticks(); // settling gives an element back the classes that the server sent
    if (desk.place === undefined) return;
    const cards = desk.cards();
    const next = cards[Math.min(desk.place, cards.length - 1)];
    desk.place = undefined;
    if (next && document.activeElement === document.body) next.focus(); // unless somebody went elsewhere meanwhile
  });

  document.body.addEventListener("desk:said", (event) => desk.say(event.detail.message));
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const plain = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    desk.say(plain ? xhr.responseText : document.body.dataset.failed, true);
    if (xhr.status === 503) htmx.trigger(document.body, "desk:look");
  });
  document.body.addEventListener("htmx:sendError", () => desk.say(document.body.dataset.failed, true));

  // On a narrow screen the filters begin folded away, on a wide one they are always there.
  const more = document.querySelector(".more-filters");
  if (more && matchMedia("(min-width: 641px)").matches) more.open = true;
})();
