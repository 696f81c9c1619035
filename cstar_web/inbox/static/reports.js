// What the reports do better with scripts: days of the reader's own time zone, answers at once.

import { parsed, read, swap } from "./fetching.js";

const form = document.querySelector("form.asking");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Who has chosen no time zone gets their own; the address then says it, and can be passed on.
if ("zoneless" in form.dataset && own && own !== "UTC") {
  const place = new URL(location.href);
  place.searchParams.set("zone", own);
  location.replace(place);
}

const zones = document.querySelector("#zones");
const known = Intl.supportedValuesOf?.("timeZone") ?? [];
zones.append(...known.map((name) => Object.assign(document.createElement("option"), { value: name })));

// Whether somebody is still at the days: one has no year yet, or the first is after the last.
function unfinished({ period, start, end }) {
  if (period.value !== "days") return false;
  return [start, end].some(({ value }) => value < "1970" || value > "9999") || start.value > end.value;
}

// What is chosen counts at once, and who chooses by keyboard stays where they are: the field that
// somebody is typing into keeps the digits it has, and what was asked before they went on is let go.
let last = "";
form.addEventListener("change", async ({ target }) => {
  if (target.name === "period" && target.value === "days") return;
  const answers = document.querySelector("#answers");
  if (unfinished(form.elements)) {
    last = "";
    return answers.removeAttribute("aria-busy");
  }
  const place = new URL(form.action);
  place.search = new URLSearchParams(new FormData(form));
  last = place.href;
  answers.setAttribute("aria-busy", "true");
  const text = await read(place);
  if (last !== place.href) return;
  if (text === null) return form.submit(); // which shows what is wrong
  history.replaceState(null, "", place);
  for (const told of form.querySelectorAll(".wrong, .told")) told.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const parts = ["days", "start", "end", "unnarrowed", "answers"];
  swap(parsed(text), parts.filter((id) => id !== document.activeElement.id));
});
