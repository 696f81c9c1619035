// The list follows what happens. A page that is seen is told; one that is not, or cannot be told,
// asks now and then: a browser opens few connections to one server.
import { look, parsed, swap } from "./fetching.js";
import { here, markOpen } from "./searching.js";

const TOGETHER = 400;
const NOW_AND_THEN = 30_000;

const rows = () => document.querySelector("#listed .rows");
// A ticket as it was when it was last shown.
const seen = (page) => new Set([...page.querySelectorAll("#listed a.row")].map((row) => `${row.id} ${row.querySelector("time").dateTime}`));

export function follow(form) {
  const told = document.getElementById("live");
  const title = document.title;
  let source = null;
  let waiting = 0;
  let unseen = 0;

  async function refresh() {
    const address = here();
    const text = await look(address);
    // Meanwhile somebody may have searched for something, or chosen tickets to change.
    if (text === null || address !== here()) return;
    const page = parsed(text);
    if (!page.getElementById("listed")) return;
    const known = seen(document);
    const fresh = [...seen(page)].filter((each) => !known.has(each));
    put(page);
    if (known.size && fresh.length) tell(fresh.length);
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

  // Who has gone far down a list keeps what was loaded: changed tickets come to the top.
  function merge(page) {
    const list = rows();
    const focused = document.activeElement?.id;
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

  function connect() {
    if (document.hidden || source) return;
    source = new EventSource(form.dataset.stream);
    // The stream begins now, and the page was made before.
    source.addEventListener("open", soon, { once: true });
    for (const type of form.dataset.types.split(" ")) source.addEventListener(type, soon);
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      setTimeout(connect, NOW_AND_THEN);
    });
  }

  function leave() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return leave();
    unseen = 0;
    document.title = title;
    connect();
    refresh();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", connect);
  setInterval(() => { if (!source) refresh(); }, NOW_AND_THEN);
  connect();
}
