// What the page of a conversation does better with scripts.
import { attachFiles } from "./attaching.js";
import { pickCanned } from "./canned.js";
import { keepCompany } from "./colleagues.js";
import { saveAtOnce } from "./details.js";
import { keepDraft } from "./drafts.js";
import { act } from "./keys.js";

const composer = document.getElementById("composer");
const at = (id) => document.getElementById(id);

// Opens a list of choices where the browser can, and goes to it everywhere.
function open(select) {
  select.focus();
  try { select.showPicker(); } catch { /* it has the focus */ }
}

function write(kind) {
  const choice = composer.querySelector(`[name=kind][value=${kind}]`);
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  composer.elements.content.focus();
}

function resolve() {
  at("status").value = "resolved";
  at("status").dispatchEvent(new Event("change", { bubbles: true }));
}

if (composer) {
  // Before the draft, which is not kept any more once something is sent.
  attachFiles(composer);
  keepDraft(composer);
  pickCanned(composer);
  const text = composer.elements.content;
  const reply = text.placeholder;
  const said = () => { text.placeholder = composer.elements.kind.value === "note" ? text.dataset.note : reply; };
  composer.addEventListener("change", said);
  said();
  act("reply", () => write("reply"));
  act("note", () => write("note"));
  act("resolve", resolve);
  act("status", () => open(at("status")));
  act("assign", () => open(at("assigned_to")));
  act("tags", () => at("add").focus());
  // Out of the text, so that keys are keys again.
  text.addEventListener("keydown", (event) => { if (event.key === "Escape") at("main").focus(); });
}
saveAtOnce();
// A link to a message leads to it, also to one that is not among those that are shown.
const wanted = location.hash.slice(1);
const place = new URLSearchParams(location.search);
if (at(wanted)) at(wanted).scrollIntoView({ block: "center" });
else if (/^msg_[0-9a-f]{32}$/.test(wanted) && place.get("at") !== wanted) {
  place.delete("before");
  place.set("at", wanted);
  location.replace(`?${place}#${wanted}`);
} else if (!place.has("at")) {
  // What was said last is not behind the form.
  const talk = document.querySelector(".talk");
  talk.scrollTop = talk.scrollHeight;
}
keepCompany(composer);
