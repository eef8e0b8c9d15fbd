// Runs before textual.js: the style sheets that the terminal makes get the number that the page's policy asks for.
"use strict";
{
  const number = document.currentScript.dataset.number;
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = create(name, options);
    if (String(name).toLowerCase() === "style") element.nonce = number;
    return element;
  };
}
// Keys go to the console without a click first, once it is there: textual.js reports the focus to its socket at once.
addEventListener("DOMContentLoaded", () => {
  new MutationObserver((_, observer) => {
    if (!document.body.classList.contains("-first-byte")) return;
    observer.disconnect();
    document.querySelector(".xterm-helper-textarea")?.focus({ preventScroll: true });
  }).observe(document.body, { attributes: true });
});
