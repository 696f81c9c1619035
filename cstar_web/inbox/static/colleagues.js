// Tells colleagues that one looks at this ticket or writes on it, and shows who else does.
import { look, parsed, send, signedOut, swap } from "./fetching.js";

const BEAT = 10_000;
const WRITES = 20_000;

export function keepCompany(form) {
  const place = document.getElementById("company");
  const token = () => document.querySelector("[name=form_token]").value;
  let typed = -WRITES;

  const shown = () => document.getElementById("colleagues");
  const writes = () => performance.now() - typed < WRITES && form.elements.content.value.trim() !== "";
  form?.elements.content.addEventListener("input", () => {
    const before = writes();
    typed = performance.now();
    if (!before) beat();
  });

  async function beat() {
    if (document.hidden) return;
    const text = form ? await said({ writing: writes() ? "yes" : "" }) : await look(place.dataset.beat);
    if (text === null) return;
    const page = parsed(text);
    const fresh = page.getElementById("colleagues");
    if (!fresh) return;
    const more = fresh.dataset.messages !== shown().dataset.messages;
    // Only what differs is put in, since all of it would be read aloud.
    if (fresh.outerHTML !== shown().outerHTML) swap(page, ["colleagues"]);
    if (more) await catchUp();
  }

  async function said(fields) {
    const answer = await send(place.dataset.beat, { form_token: token(), ...fields });
    signedOut(answer);
    return answer?.ok && answer.status !== 204 ? answer.text() : null;
  }

  // The messages that came; what one has not looked at while writing is still compared when it is sent.
  async function catchUp() {
    // Who reads what was said long ago is not taken away from it.
    if (document.querySelector("#thread > .later")) return;
    const text = await look(place.dataset.ticket);
    if (text === null) return;
    const page = parsed(text);
    const known = new Set([...document.querySelectorAll("#thread > [id]")].map((each) => each.id));
    for (const each of page.querySelectorAll("#thread > [id]")) {
      if (!known.has(each.id)) each.classList.add("fresh");
    }
    if (form && form.elements.content.value.trim() === "") {
      form.elements.seen.value = page.querySelector("#composer [name=seen]").value;
    }
    const talk = document.querySelector(".talk");
    const below = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
    const asked = document.getElementById("of-ticket");
    swap(page, ["thread", "subject", "history", ...(asked.contains(document.activeElement) ? [] : ["of-ticket"])]);
    if (below) talk.scrollTop = talk.scrollHeight;
  }

  setInterval(beat, BEAT);
  document.addEventListener("visibilitychange", beat);
  if (form) addEventListener("pagehide", () => send(place.dataset.beat, { form_token: token(), gone: "yes" }, { keepalive: true }));
  beat();
}
