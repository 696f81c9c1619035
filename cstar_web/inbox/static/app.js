// What pages do better with scripts. Nothing here is needed to read or to answer.

// Menus close when one clicks elsewhere, or by Escape.
const menus = () => document.querySelectorAll("details.me[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that was sent is not sent twice.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// What is sent with Control and Enter; with Shift it resolves the ticket.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form.composer");
  const button = form?.querySelector(event.shiftKey ? "button[value=resolved]" : "button.main");
  if (button?.checkVisibility()) form.requestSubmit(button);
});

// The newest message is what one wants to see.
if (!/[?&]at=/.test(location.search)) document.querySelector(".thread")?.lastElementChild?.scrollIntoView({ block: "nearest" });
document.querySelector(".rows [aria-current]")?.scrollIntoView({ block: "nearest" });

// Reports are of days, and a day begins where one is.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const link of zone ? document.querySelectorAll("a[data-reports]") : []) {
  link.search = new URLSearchParams({ zone });
}
