// What the page of a conversation does better with scripts.
import { pickCanned } from "./canned.js";
import { saveAtOnce } from "./details.js";
import { keepDraft } from "./drafts.js";

const composer = document.getElementById("composer");
if (composer) {
  keepDraft(composer);
  pickCanned(composer);
  const text = composer.elements.content;
  const reply = text.placeholder;
  const said = () => { text.placeholder = composer.elements.kind.value === "note" ? text.dataset.note : reply; };
  composer.addEventListener("change", said);
  said();
}

saveAtOnce();
