// Pages work without this. It moves the focus to what is wrong with a form, and tells a reader when something changes.
"use strict";
(() => {
  const faults = document.querySelector(".faults");
  if (faults) faults.focus();
  // A form is sent once, however often the button is pressed.
  document.addEventListener("submit", (sent) => {
    const form = sent.target;
    if (form.dataset.sent) { sent.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  const watched = document.querySelector("[data-watch]");
  if (watched && window.EventSource) {
    const source = new EventSource(watched.dataset.watch);
    source.addEventListener("changed", (event) => {
      if (event.data === watched.dataset.version) return;
      watched.hidden = false;
      watched.querySelectorAll("[data-announce]").forEach((part) => { part.textContent = part.dataset.announce; });
      source.close();
    });
    addEventListener("pagehide", () => source.close());
  }
})();
