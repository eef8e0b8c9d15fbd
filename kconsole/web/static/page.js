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
// Keys go to the console without a click first. textual.js makes the terminal when the page has loaded.
addEventListener("load", () => setTimeout(() => document.querySelector(".xterm-helper-textarea")?.focus()));
