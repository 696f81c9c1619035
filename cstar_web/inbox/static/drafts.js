// The draft of an answer: kept a second after one stops typing, and when one leaves.
import { later, parsed, renewed, send, swap, unsaved } from "./fetching.js";

const WAIT = 1000;

export function keepDraft(form) {
  const text = form.elements.content;
  // What the server knows; of a form that is shown once more it need not know all.
  let kept = "again" in form.dataset ? null : state();
  let saving = Promise.resolve();
  let busy = 0;
  let sending = false;

  function state() {
    const files = [...form.querySelectorAll("[name=attachments]")].map((each) => each.value);
    return `${form.elements.kind.value} ${files} ${form.elements.content.value}`;
  }

  async function save(more) {
    const now = state();
    if (now === kept || sending) return undefined;
    const answer = await send(form.dataset.draft, new FormData(form), more);
    const page = answer && answer.status !== 204 ? parsed(await answer.text()) : null;
    if (answer?.status === 422 && renewed(page)) return save(more);
    const known = page && (answer.ok || answer.status === 409);
    if (!known) return tell(unsaved(form.dataset, answer, page?.getElementById("content-wrong")?.textContent.trim()));
    kept = now;
    return swap(page, ["draft"]);
  }

  // One after another: each goes on from the version that the one before has made.
  function saved(more) {
    busy += 1;
    saving = saving.then(() => save(more)).finally(() => { busy -= 1; });
  }

  function tell(line) {
    line.className = "quiet";
    const draft = document.getElementById("draft");
    for (const each of draft.querySelectorAll("p, div")) each.remove();
    draft.append(line);
  }

  const soon = later(WAIT, () => saved());
  if (kept === null) soon();
  form.addEventListener("input", (event) => {
    if (event.target === text || event.target.name === "kind") soon();
  });
  form.addEventListener("attached", soon);
  form.addEventListener("change", (event) => { if (event.target.name === "kind") soon(); });
  const leave = () => { if (state() !== kept) { soon.stop(); saved({ keepalive: true }); } };
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  addEventListener("pagehide", leave);

  // What is sent goes after a save that is under way, or that would come to life again as a draft.
  form.addEventListener("submit", (event) => {
    soon.stop();
    sending = true;
    if (!busy) return;
    event.preventDefault();
    event.stopPropagation();
    saving.finally(() => form.requestSubmit(event.submitter));
  });
  addEventListener("pageshow", () => { sending = false; });
}
