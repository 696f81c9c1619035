// Searching as one types: the list follows, and so does the address; a conversation stays open.
import { later, parsed, read, swap } from "./fetching.js";

const WAIT = 200;

// The address of the list that is looked at.
export function here() {
  return document.getElementById("found").dataset.list;
}

// The row of the conversation that is open is shown as such.
export function markOpen() {
  for (const row of document.querySelectorAll("a.row")) {
    if (new URL(row.href).pathname === location.pathname) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

export function search(form) {
  const field = form.elements.q;
  // Where one is once nothing is searched for any more.
  const start = form.dataset.start;
  let asking = 0;

  async function look() {
    const text = field.value.trim();
    const list = text ? `${form.action}?${new URLSearchParams({ q: text })}` : start;
    const mine = ++asking;
    const page = await read(list);
    if (mine !== asking || page === null) return;
    const seen = parsed(page);
    const wrong = seen.getElementById("q-wrong").childElementCount > 0;
    field.toggleAttribute("aria-invalid", wrong);
    if (wrong) field.setAttribute("aria-invalid", "true");
    // What cannot be read yet leaves the tickets as they are.
    swap(seen, wrong ? ["q-wrong"] : ["found", "views"]);
    globalThis.htmx?.process(document.getElementById("found"));
    if (wrong) return;
    markOpen();
    remember(list);
  }

  function remember(list) {
    if (!location.pathname.includes("/tickets/")) return history.replaceState(null, "", list);
    const url = new URL(list, location.href);
    const view = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
    url.searchParams.set("view", decodeURIComponent(view));
    history.replaceState(null, "", `${location.pathname}?${url.searchParams}`);
  }

  const soon = later(WAIT, look);
  field.addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // It may be sent again: it never leaves the page.
    event.stopPropagation();
    soon.stop();
    look();
  });
}
