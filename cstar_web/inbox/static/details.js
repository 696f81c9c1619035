// What stands beside a conversation is sent as soon as it is changed, each form by itself.
import { later, parsed, read, renewed, send, swap, unsaved } from "./fetching.js";

const about = document.getElementById("about");
const running = new Map();

// A form that is changed again while it is sent is sent once more, from what the server knows then.
async function save(id, more) {
  if (running.has(id)) return running.set(id, true);
  running.set(id, true);
  let page = null;
  let failed = null;
  while (running.get(id)) {
    running.set(id, false);
    const form = document.getElementById(id);
    const fields = new FormData(form);
    if (more) fields.set(...more);
    more = null;
    const answer = await sent(form, fields);
    failed = answer;
    page = answer && (answer.ok || answer.status === 422) && answer.status !== 204 ? parsed(await answer.text()) : null;
    if (!page?.getElementById(id)) { page = null; break; }
    for (const known of page.getElementById(id).querySelectorAll("input[type=hidden]")) {
      form.elements[known.name].value = known.value;
    }
  }
  running.delete(id);
  if (!page) return tell(document.getElementById(id), failed);
  swap(page, ["subject", "history", id]);
  document.dispatchEvent(new Event("ticketchange"));
}

// Who signed in anew in another window has other forms: with their token it is sent once more.
async function sent(form, fields) {
  const answer = await send(form.action, fields);
  const text = answer?.status === 403 ? await read(location.href) : null;
  if (text === null || !renewed(parsed(text))) return answer;
  fields.set("form_token", form.elements.form_token.value);
  return send(form.action, fields);
}

function tell(form, answer) {
  form.querySelector(".unsent")?.remove();
  const line = unsaved(about.dataset, answer);
  line.className = "wrong unsent";
  line.setAttribute("role", "alert");
  form.append(line);
}

export function saveAtOnce() {
  about.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && (event.target.id !== "add" || event.target.value.trim())) save(form.id);
  });
  about.addEventListener("submit", (event) => {
    event.preventDefault();
    const by = event.submitter;
    // Enter in the field is followed by its change.
    if (by?.name) save(event.target.id, [by.name, by.value]);
    else if (event.target.id === "of-tags") { if (event.target.elements.add.value.trim()) save("of-tags"); }
    else save(event.target.id);
  });
  const look = later(120, async () => {
    const form = document.getElementById("of-tags");
    const options = await read(`${form.dataset.known}?begin=${encodeURIComponent(form.elements.add.value)}`);
    if (options !== null) document.getElementById("known-tags").innerHTML = options;
  });
  about.addEventListener("focusin", (event) => { if (event.target.id === "add") look(); });
  about.addEventListener("input", (event) => { if (event.target.id === "add") look(); });
}
