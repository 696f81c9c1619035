// What could come next in the text that finds tickets, as a list below the field.
import { later, parsed, read } from "./fetching.js";

const WAIT = 120;

export function complete(form) {
  const field = form.elements.q;
  const list = document.createElement("ul");
  let range = [0, 0];
  let chosen = -1;
  let asking = 0;
  list.id = "offers";
  list.className = "offers";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.offered);
  form.append(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  function close() {
    asking += 1;
    chosen = -1;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = (place + list.children.length) % list.children.length;
    const option = list.children[chosen];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  // The server counts characters, a script counts halves of some.
  function take(option) {
    const letters = [...field.value];
    const name = option.dataset.text.endsWith(":");
    const before = letters.slice(0, range[0]).join("") + option.dataset.text + (name ? "" : " ");
    field.value = before + letters.slice(range[1]).join("").trimStart();
    field.setSelectionRange(before.length, before.length);
    field.focus();
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function offer() {
    const at = [...field.value.slice(0, field.selectionStart)].length;
    const mine = ++asking;
    const text = await read(`${form.dataset.complete}?${new URLSearchParams({ q: field.value, at })}`);
    if (mine !== asking || text === null || document.activeElement !== field) return;
    const found = parsed(text).querySelector("ul");
    range = [Number(found.dataset.start), Number(found.dataset.end)];
    list.replaceChildren(...found.children);
    [...list.children].forEach((option, place) => { option.id = `offer-${place}`; });
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    list.hidden = list.children.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
  }

  const soon = later(WAIT, offer);
  field.addEventListener("input", soon);
  field.addEventListener("blur", () => { soon.stop(); close(); });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("li");
    if (option) take(option);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) { soon.stop(); offer(); event.preventDefault(); return; }
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(list.children[chosen]);
    else return void (event.key === "Enter" && (soon.stop(), close()));
    event.preventDefault();
    event.stopPropagation();
  });
}
