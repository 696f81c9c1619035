// Choosing tickets: with Shift all from the one before to this one.
const boxes = () => [...document.querySelectorAll(".choose input")];


export function choose() {
  let before = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".choose input");
    if (!box) return;
    const all = boxes();
    const [from, to] = [all.findIndex((each) => each.id === before), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
    before = box.id;
  });
  // Escape lets go of all of them.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    for (const each of boxes()) each.checked = false;
  });
}
