// Files that go with an answer: chosen, dropped or pasted, and uploaded while one writes.
import { parsed, send } from "./fetching.js";

const MANY = 20;

export function attachFiles(form) {
  const list = document.getElementById("attached");
  const news = document.getElementById("attached-news");
  const chosen = form.elements.files;
  const words = form.dataset;
  let last = Promise.resolve();
  let busy = 0;

  const said = (text, name) => text.replace("%(name)s", name);

  // The draft has its files.
  const changed = () => form.dispatchEvent(new Event("attached"));

  function entry(name) {
    const item = document.createElement("li");
    item.className = "file";
    const shown = Object.assign(document.createElement("span"), { className: "name", dir: "auto", textContent: name });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button plain slim", textContent: "×" });
    button.setAttribute("aria-label", said(words.drop, name));
    item.append(shown, button);
    list.append(item);
    return item;
  }

  function refuse(item, text) {
    item.classList.add("unsent");
    item.querySelector("progress")?.remove();
    const line = Object.assign(document.createElement("span"), { className: "wrong", textContent: text });
    line.setAttribute("role", "alert");
    item.querySelector(".name").replaceWith(line);
  }

  function upload(file, item) {
    return new Promise((done) => {
      if (!item.isConnected) return done();
      const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
      bar.setAttribute("aria-label", said(words.sending, file.name));
      item.append(bar);
      const request = new XMLHttpRequest();
      const fields = new FormData();
      fields.set("form_token", form.elements.form_token.value);
      fields.set("files", file);
      request.open("POST", words.attach);
      request.setRequestHeader("HX-Request", "true");
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
      request.addEventListener("loadend", () => {
        const fresh = request.status === 200 ? parsed(request.responseText).querySelector("li.file") : null;
        if (fresh && item.isConnected) {
          item.replaceWith(document.adoptNode(fresh));
          news.textContent = said(words.attached, file.name);
          changed();
        } else if (item.isConnected) {
          refuse(item, said(words.unsent, file.name));
        }
        done();
      });
      // Who takes it away while it is sent stops that.
      item.querySelector("button").addEventListener("click", () => request.abort());
      request.send(fields);
    });
  }

  function add(files) {
    for (const file of files) {
      const item = entry(file.name);
      if (list.children.length > MANY) refuse(item, words.many);
      else if (file.size > Number(words.most)) refuse(item, said(words.large, file.name));
      else {
        busy += 1;
        // One after another, so that the page can be used meanwhile.
        last = last.then(() => upload(file, item)).finally(() => { busy -= 1; });
      }
    }
  }

  chosen.addEventListener("change", () => {
    add([...chosen.files]);
    chosen.value = "";
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.discard) send(button.dataset.discard, { form_token: form.elements.form_token.value });
    button.closest("li").remove();
    changed();
    form.elements.content.focus();
  });

  const carries = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("dropping"); });
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!carries(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
  form.elements.content.addEventListener("paste", (event) => {
    // What is also a text, as cells of a table are, is pasted as one.
    if (!event.clipboardData.files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });

  // What is sent waits for its files. One that failed is for its writer to take away, or to add anew.
  form.addEventListener("submit", (event) => {
    const unsent = list.querySelector(".unsent button");
    if (!busy && !unsent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (unsent) unsent.focus();
    else last.then(() => form.requestSubmit(event.submitter));
  });
}
