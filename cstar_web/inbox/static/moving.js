// Going through the list by keys.
import { act } from "./keys.js";

const rows = () => [...document.querySelectorAll("#listed a.row")];

// The ticket one is at: that of the row or box with the focus, else the open one.
function at() {
  const near = document.activeElement?.closest("#listed li")?.querySelector("a.row");
  return near ?? document.querySelector("#listed a.row[aria-current]");
}

function go(step) {
  const all = rows();
  const place = all.indexOf(at());
  const row = place < 0 ? all[0] : all[place + step];
  // At the end of what is loaded the rest comes into sight, and so is loaded.
  if (!row && step > 0) document.querySelector("#listed .more")?.scrollIntoView({ block: "nearest" });
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

export function move(form) {
  act("next", () => go(1));
  act("previous", () => go(-1));
  act("open", (event) => {
    const target = event?.target?.closest?.("a, button, summary, input, [role=option]");
    if (target && !target.matches(".choose input")) target.click();
    else if (!at()?.hasAttribute("aria-current")) at()?.click();
  });
  if (document.getElementById("many")) act("choose", () => at()?.closest("li").querySelector(".choose input")?.click());
  act("search", () => { form.elements.q.focus(); form.elements.q.select(); });
}
