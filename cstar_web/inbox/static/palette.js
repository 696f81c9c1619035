// All one can go to or do, by some letters of its name: Control or Command with K.
import { later, parsed, read } from "./fetching.js";
import { offered } from "./keys.js";

const WAIT = 150;
const TICKETS = 8;
const dialog = document.getElementById("palette");
const field = dialog.querySelector("input");
const list = dialog.querySelector("ul");
let choices = [];
let found = [];
let chosen = 0;
let asking = 0;
let elsewhere = [];

// What the page itself leads to, and then what other pages do.
function places() {
  const links = [...document.querySelectorAll(".side nav a, .side .menu a")];
  const here = links.map((link) => ({ words: (link.querySelector(".label") ?? link).textContent.trim(), run: () => link.click() }));
  const known = new Set(links.map((link) => link.pathname));
  return [...here, ...elsewhere.filter((each) => !known.has(each.path))];
}

// Asked for once on each page.
async function learn() {
  if (elsewhere.length) return;
  const page = await read(dialog.dataset.places);
  if (page === null) return;
  elsewhere = [...parsed(page).querySelectorAll("a")].map((link) => {
    const url = new URL(link.getAttribute("href"), location.href);
    return { words: link.textContent.trim(), path: url.pathname, run: () => location.assign(url) };
  });
  if (dialog.open) show();
}

function deeds() {
  return offered().filter((each) => each.name !== "open" && each.name !== "choose");
}

// All words stand somewhere in it.
function fits(each, typed) {
  const words = each.words.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

function option(each, place) {
  const line = document.createElement("li");
  line.id = `choice-${place}`;
  line.setAttribute("role", "option");
  line.setAttribute("aria-selected", String(place === chosen));
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = each.words;
  line.append(words);
  if (each.key) {
    const key = document.createElement("kbd");
    key.textContent = each.key;
    line.append(key);
  }
  line.addEventListener("click", () => run(each));
  return line;
}

function show() {
  const typed = field.value.trim();
  choices = [...[...deeds(), ...places()].filter((each) => fits(each, typed)), ...found];
  chosen = Math.min(chosen, Math.max(0, choices.length - 1));
  list.replaceChildren(...choices.map(option));
  dialog.querySelector(".nothing").hidden = choices.length > 0;
  choose(chosen);
}

function choose(place) {
  list.children[chosen]?.setAttribute("aria-selected", "false");
  chosen = place;
  const line = list.children[chosen];
  if (!line) return field.removeAttribute("aria-activedescendant");
  line.setAttribute("aria-selected", "true");
  line.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", line.id);
}

function run(each) {
  dialog.close();
  each.run();
}

async function look() {
  const text = field.value.trim();
  const mine = ++asking;
  const page = text ? await read(`${dialog.dataset.search}?${new URLSearchParams({ q: text })}`) : "";
  if (mine !== asking || page === null) return;
  found = [...parsed(page).querySelectorAll("a.row")].slice(0, TICKETS).map((row) => ({
    words: `${row.querySelector(".number").textContent} ${row.querySelector(".subject").textContent.trim()}`,
    run: () => location.assign(row.getAttribute("href")),
  }));
  show();
}

const soon = later(WAIT, look);
field.addEventListener("input", () => { chosen = 0; found = []; asking += 1; show(); soon(); });
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const last = choices.length - 1;
  if (event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
  else if (event.key === "Enter" && choices[chosen]) run(choices[chosen]);
  else return;
  event.preventDefault();
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

function open() {
  field.value = "";
  found = [];
  chosen = 0;
  asking += 1;
  show();
  dialog.showModal();
  learn();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  open();
});
for (const each of document.querySelectorAll("[data-opens=palette]")) each.addEventListener("click", open);
