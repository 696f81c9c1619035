// Sending forms and fetching parts of pages without leaving the page.

const HEADERS = { "HX-Request": "true" };

// What the server says to a form, all of it; nothing if it cannot be reached, or breaks off.
export async function send(address, fields, more = {}) {
  try {
    // Files go a way of their own, on which one sees how far they are.
    const texts = fields instanceof FormData ? [...fields].filter(([, value]) => typeof value === "string") : fields;
    const answer = await fetch(address, { method: "POST", headers: HEADERS, body: new URLSearchParams(texts), ...more });
    await answer.clone().text();
    return answer;
  } catch {
    return null;
  }
}

// The text of a part of a page, or nothing.
export async function read(address, headers = HEADERS) {
  try {
    const answer = await fetch(address, { headers });
    signedOut(answer);
    return answer.ok && answer.status !== 204 ? await answer.text() : null;
  } catch {
    return null;
  }
}

// What nobody has asked for: it does not keep one signed in.
export function look(address) {
  return read(address, { ...HEADERS, "X-Unasked": "yes" });
}

// Who is not signed in any more sees so, unless something is being written here, or is not saved.
export function signedOut(answer) {
  if (answer?.status !== 204 || !answer.headers.has("HX-Redirect")) return;
  const written = [...document.querySelectorAll("textarea, #about input")].some((each) => each.value !== each.defaultValue);
  if (!written && !document.querySelector(".unsent")) location.reload();
}

// Why something is not kept, in the words that its place has for it, with the way in if that helps.
export function unsaved(words, answer, refused) {
  const line = document.createElement("p");
  const way = answer?.status === 204 ? answer.headers.get("HX-Redirect") : null;
  line.textContent = way ? words.signedOut : refused ?? words.unsaved;
  if (way) {
    const link = Object.assign(document.createElement("a"), { href: `${way}?${new URLSearchParams({ next: location.pathname })}`, target: "_blank", rel: "noopener", textContent: words.signIn });
    line.append(" ", link);
  }
  return line;
}

// Who signed in anew in another window has other forms: those of this one are made so.
export function renewed(page) {
  const fresh = page.querySelector("[name=form_token]")?.value;
  const forms = [...document.querySelectorAll("[name=form_token]")];
  if (!fresh || forms.every((each) => each.value === fresh)) return false;
  for (const each of forms) each.value = fresh;
  return true;
}

export function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Puts parts of another page in the place of ours, by id; the focus stays on what it was on, which
// is told by its id or by where it leads.
export function swap(page, ids) {
  const held = document.activeElement;
  for (const id of ids) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id)?.replaceWith(document.adoptNode(fresh));
  }
  if (!held || held.isConnected) return;
  const same = held.id
    ? document.getElementById(held.id)
    : [...document.links].find((link) => link.getAttribute("href") === held.getAttribute("href"));
  same?.focus();
}

// What is called a while after the last of many calls.
export function later(wait, run) {
  let timer = 0;
  const call = () => { clearTimeout(timer); timer = setTimeout(run, wait); };
  call.stop = () => clearTimeout(timer);
  return call;
}
