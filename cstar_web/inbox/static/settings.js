// What the settings do better with scripts. Nothing here is needed.

// On a narrow screen the parts stand side by side, and this one may be out of sight.
document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What is shown once can be copied with a button.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    document.querySelector(`[data-copied-of="${field.id}"]`).textContent = button.dataset.copied;
    button.textContent = button.dataset.copied;
  });
}

// A field is shown only while another one has a value that it belongs to.
for (const select of document.querySelectorAll("[data-shows]")) {
  const [id, ...values] = select.dataset.shows.split(" ");
  const field = document.getElementById(id).closest(".field");
  const show = () => { field.hidden = !values.includes(select.value); };
  select.addEventListener("change", show);
  show();
}

// Lines are put in order by dragging them; the buttons do the same.
for (const list of document.querySelectorAll("[data-order]")) {
  const places = () => [...list.children];
  for (const grip of list.querySelectorAll("[data-grip]")) {
    const line = grip.closest("li");
    grip.hidden = false;
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      drag(line);
    });
  }

  // A line that changes its place loses the pointer, so the document listens.
  function drag(line) {
    const before = places();
    line.classList.add("dragged");
    const move = (event) => {
      const over = places().find((each) => each !== line
        && event.clientY > each.getBoundingClientRect().top
        && event.clientY < each.getBoundingClientRect().bottom);
      if (!over) return;
      const { top, height } = over.getBoundingClientRect();
      const down = event.clientY > top + height / 2;
      list.insertBefore(line, down ? over.nextSibling : over);
    };
    const end = (event) => {
      removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, end);
      removeEventListener("keydown", stop);
      line.classList.remove("dragged");
      if (event.type !== "pointerup") list.append(...before);
      else if (places().indexOf(line) !== before.indexOf(line)) send(line, places().indexOf(line));
    };
    const stop = (event) => { if (event.key === "Escape") end(event); };
    addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, end);
    addEventListener("keydown", stop);
  }

  function send(line, place) {
    const form = line.querySelector("form[data-move]");
    form.elements.to.value = Number(list.dataset.order) + place;
    form.requestSubmit();
  }
}
