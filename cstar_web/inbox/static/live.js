// The list follows what happens. A page that is seen is told; one that is not, or cannot be told,
// asks now and then: a browser opens few connections to one server.
import { look, parsed, swap } from "./fetching.js";
import { here, markOpen } from "./searching.js";

const TOGETHER = 400;
const AT_ONCE = 3_000;
// A server that is started anew is back before anybody has to be told.
const PATIENCE = 15_000;
const NOW_AND_THEN = 30_000;

const rows = () => document.querySelector("#listed .rows");
// A ticket as it was when it was last shown.
const state = (row) => `${row.id} ${row.querySelector("time").dateTime}`;
const seen = (page) => new Set([...page.querySelectorAll("#listed a.row")].map(state));

export function follow(form) {
  const told = document.getElementById("live");
  const lost = document.getElementById("lost");
  const title = document.title;
  // The last event that the list shows: the stream goes on there, so nothing is missed or told twice.
  let after = form.dataset.after;
  let source = null;
  let waiting = 0;
  let unseen = 0;
  let again = 0;
  let failures = 0;

  // Whether the list is now what it is on the server.
  async function refresh() {
    const address = here();
    const text = await look(address);
    const page = text === null ? null : parsed(text);
    if (!page?.getElementById("listed")) return false;
    // Meanwhile somebody may have searched for something.
    if (address !== here()) return true;
    after = page.getElementById("find").dataset.after;
    const known = seen(document);
    const fresh = [...seen(page)].filter((each) => !known.has(each));
    put(page);
    if (known.size && fresh.length) tell(fresh.length);
    return true;
  }

  function put(page) {
    const scrolled = rows()?.scrollTop ?? 0;
    const chosen = document.querySelector("#listed input[name=ids]:checked");
    if (chosen) {
      swap(page, ["views", "total"]);
    } else if (document.querySelectorAll("a.row").length > page.querySelectorAll("a.row").length && page.querySelector(".more")) {
      merge(page);
      swap(page, ["views", "total"]);
    } else {
      swap(page, ["views", "total", "listed"]);
      globalThis.htmx?.process(document.getElementById("listed"));
    }
    if (rows()) rows().scrollTop = scrolled;
    markOpen();
  }

  // Who has gone far down a list keeps what was loaded: changed tickets come to the top, and what
  // stood above one that stays and is not there any more has left the list.
  function merge(page) {
    const list = rows();
    const focused = document.activeElement?.id;
    const stay = seen(page);
    const before = [...list.querySelectorAll("a.row")];
    const last = before.findLastIndex((row) => stay.has(state(row)));
    for (const row of before.slice(0, last + 1)) row.closest("li").remove();
    for (const row of [...page.querySelectorAll("a.row")].reverse()) {
      document.getElementById(row.id)?.closest("li").remove();
      list.prepend(document.adoptNode(row.closest("li")));
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  function tell(number) {
    told.textContent = told.dataset.said.replace("%(num)s", number);
    if (!document.hidden) return;
    unseen += number;
    document.title = `(${unseen}) ${title}`;
  }

  function soon() {
    waiting ||= setTimeout(() => { waiting = 0; refresh(); }, TOGETHER);
  }

  // Says how old the list may be; nothing while it is followed.
  function say(words) {
    if (lost.textContent !== words) lost.textContent = words;
  }

  function later(wait) {
    again ||= setTimeout(come, wait);
  }

  function settle() {
    clearTimeout(again);
    again = 0;
  }

  function connect() {
    if (document.hidden || source) return;
    const mine = source = new EventSource(`${form.dataset.stream}?${new URLSearchParams({ after })}`);
    mine.addEventListener("open", () => {
      settle();
      failures = 0;
      say("");
    });
    for (const type of form.dataset.types.split(" ")) mine.addEventListener(type, (event) => { after = event.lastEventId || after; soon(); });
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      // A connection that ended is opened again by the browser; one that was refused is not.
      if (mine.readyState !== EventSource.CLOSED) return later(PATIENCE);
      leave();
      failures += 1;
      if (failures > 1) say(lost.dataset.slow);
      later(failures > 1 ? NOW_AND_THEN : AT_ONCE);
    });
  }

  function leave() {
    settle();
    source?.close();
    source = null;
  }

  // The list as it is now, and from there on what happens.
  async function come() {
    leave();
    const works = await refresh();
    if (!works) say(lost.dataset.lost);
    if (works && !document.hidden) connect();
    else later(document.hidden ? NOW_AND_THEN : PATIENCE);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      leave();
      return later(NOW_AND_THEN);
    }
    unseen = 0;
    document.title = title;
    come();
  });
  addEventListener("online", come);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) come(); });
  // What is changed on this page shows in its list even if nobody tells of it.
  document.addEventListener("ticketchange", () => { if (source?.readyState !== EventSource.OPEN) soon(); });
  if (document.hidden) later(NOW_AND_THEN);
  else connect();
}
