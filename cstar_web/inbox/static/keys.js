// Single keys: each page says what it does by `act`, the table is in the dialog that `?` opens.
const actions = new Map();
const SWITCH = "cstar-keys";

// What the key does that the table calls so; `run` gets the event.
export function act(name, run) {
  actions.set(name, run);
}

// The table, for whoever offers the same in another way: what can be done on this page.
export function offered() {
  return rows().filter((row) => actions.has(row.dataset.does)).map((row) => ({ name: row.dataset.does, key: row.dataset.key, words: row.dataset.words, run: actions.get(row.dataset.does) }));
}

const dialog = () => document.getElementById("keys");
const rows = () => [...(dialog()?.querySelectorAll("[data-key]") ?? [])];
const writes = (at) => at.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function on() {
  try { return localStorage.getItem(SWITCH) !== "off"; } catch { return true; }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (writes(event.target) || document.querySelector("dialog[open]")) return;
  const row = rows().find((each) => each.dataset.key === event.key);
  const run = row && actions.get(row.dataset.does);
  if (!run || !(on() || event.key === "?")) return;
  event.preventDefault();
  run(event);
});

act("keys", () => {
  for (const row of rows()) row.hidden = !actions.has(row.dataset.does);
  dialog().showModal();
});

// Who speaks to the computer, or types with one finger, can turn them off.
const use = document.getElementById("keys-on");
if (use) {
  use.checked = on();
  use.addEventListener("change", () => { try { localStorage.setItem(SWITCH, use.checked ? "on" : "off"); } catch { /* nothing is kept */ } });
}
