// What the settings do better with scripts. Nothing here is needed.

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
