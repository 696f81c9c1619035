// The list of canned replies: opened by its button, or by a slash at the beginning of a line.
import { later, read } from "./fetching.js";

export function pickCanned(form) {
  const text = form.elements.content;
  const list = document.getElementById("canned-list");
  const search = document.getElementById("canned-search");
  const found = document.getElementById("canned-found");
  const button = document.getElementById("canned-open");
  let asked = 0;

  const options = () => [...found.querySelectorAll('[role="option"]')];
  const chosen = () => found.querySelector('[aria-selected="true"]');

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    search.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  async function look() {
    const mine = ++asked;
    const parts = await read(`${form.dataset.canned}?search=${encodeURIComponent(search.value)}`);
    if (parts === null || mine !== asked) return;
    found.innerHTML = parts;
    choose(options()[0]);
  }

  function open() {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    search.value = "";
    search.focus();
    look();
  }

  function close() {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    text.focus();
  }

  async function take(option) {
    if (!option) return;
    const filled = await read(`${form.dataset.canned}/${option.id}`);
    close();
    if (filled === null) return;
    text.setRangeText(filled, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  text.addEventListener("keydown", (event) => {
    const begins = text.selectionStart === 0 || text.value[text.selectionStart - 1] === "\n";
    if (event.key !== "/" || !begins || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    open();
  });
  button.addEventListener("click", () => (list.hidden ? open() : close()));
  search.addEventListener("input", later(120, look));
  search.addEventListener("keydown", (event) => {
    const all = options();
    const place = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[Math.min(place + 1, all.length - 1)]);
    else if (event.key === "ArrowUp") choose(all[Math.max(place - 1, 0)]);
    else if (event.key === "Enter") take(chosen());
    else if (event.key === "Escape") close();
    // Who meant a slash and no canned reply gets it.
    else if (event.key === "/" && search.value === "") { close(); text.setRangeText("/", text.selectionStart, text.selectionEnd, "end"); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  found.addEventListener("click", (event) => take(event.target.closest('[role="option"]')));
  document.addEventListener("click", (event) => {
    if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) { list.hidden = true; button.setAttribute("aria-expanded", "false"); }
  });
}
