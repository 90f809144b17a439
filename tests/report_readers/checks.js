"use strict";
(async () => {
  const wrong = [];
  const same = (what, found, expected) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      wrong.push(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
    }
  };
  const settle = () => new Promise((done) => setTimeout(done, 50));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const shown = () => one(".shown").textContent;
  const rows = () => all("table.all > tbody > tr:not(.detail)");
  const column = (number) => rows().map((row) => row.children[number].textContent.trim());
  const isVisible = (element) => element.checkVisibility();
  try {
    /* what is checked */
    same("resources that were loaded", performance.getEntriesByType("resource").map((entry) => entry.name), []);
  } catch (error) {
    wrong.push(String(error));
  }
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = wrong.join("; ") || "nothing wrong";
  document.body.append(found);
})();
