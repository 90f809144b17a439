"use strict";
// Filters and sorts rows that are in the page, and opens features from their templates. Only moves, hides and clones
// elements and sets text, never markup.
(() => {
  const text = (element) => element.textContent.trim();

  // Shows the rows that match, and says how many do.
  const select = (form, rows, matches) => {
    let count = 0;
    for (const row of rows) {
      row.hidden = !matches(row);
      if (!row.hidden) count += 1;
    }
    form.querySelector(".shown").textContent =
      count === rows.length ? `${count} features` : count === 0 ? `no feature of ${rows.length} matches` : `${count} of ${rows.length} features`;
  };

  const chosen = (form, names) => (row) => names.every((name) => form.elements[name].value === "" || row.dataset[name] === form.elements[name].value);

  // What a filter's text is looked for in: name and key, not figures.
  const names = (form, row) => {
    const wanted = form.elements.text.value.trim().toLowerCase();
    if (!wanted) return true;
    const places = row.querySelectorAll("th, .key, code");
    return [...places].some((place) => place.textContent.toLowerCase().includes(wanted));
  };

  // The heat map.
  const heat = document.querySelector("#heat tbody");
  const heatForm = document.querySelector("#heat-map form");
  const heatRows = [...heat.rows];
  const number = (value) => (value === "" ? -Infinity : Number(value));
  const ORDERS = {
    catalogue: () => 0,
    best: (a, b) => number(b.dataset.best) - number(a.dataset.best) || 0,
    robust: (a, b) => Number(b.dataset.robust) - Number(a.dataset.robust),
  };
  const showHeat = () => {
    const isChosen = chosen(heatForm, ["family"]);
    select(heatForm, heatRows, (row) => isChosen(row) && names(heatForm, row));
  };
  const orderHeat = () => heat.append(...[...heatRows].sort(ORDERS[heatForm.elements.order.value]));
  heatForm.addEventListener("input", (event) => {
    if (event.target.name === "order") orderHeat();
    showHeat();
  });

  // All features.
  const section = document.getElementById("features");
  const form = section.querySelector("form");
  const table = section.querySelector("table.all");
  const rows = [...table.tBodies[0].rows];
  const templates = new Map([...section.querySelectorAll("template")].map((one) => [one.dataset.of, one]));

  const close = (row) => {
    const toggle = row.querySelector("button");
    if (toggle?.getAttribute("aria-expanded") !== "true") return;
    toggle.setAttribute("aria-expanded", "false");
    toggle.textContent = "▸";
    row.nextElementSibling.remove();
  };
  const open = (row) => {
    const toggle = row.querySelector("button");
    if (!toggle || toggle.getAttribute("aria-expanded") === "true") return;
    toggle.setAttribute("aria-expanded", "true");
    toggle.textContent = "▾";
    const detail = document.createElement("tr");
    detail.className = "detail";
    const cell = document.createElement("td");
    cell.colSpan = row.cells.length;
    cell.append(templates.get(row.dataset.index).content.cloneNode(true));
    detail.append(cell);
    row.after(detail);
  };
  for (const row of rows) {
    if (!templates.has(row.dataset.index)) continue;
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.textContent = "▸";
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-label", `details of ${text(row.querySelector("code"))}`);
    toggle.addEventListener("click", () => (toggle.getAttribute("aria-expanded") === "true" ? close(row) : open(row)));
    row.cells[0].append(toggle);
  }

  const show = () => {
    rows.forEach(close);
    const isChosen = chosen(form, ["family", "verdict", "ill"]);
    select(form, rows, (row) => isChosen(row) && names(form, row));
  };
  form.addEventListener("input", show);
  // The fields are reset after the event.
  form.addEventListener("reset", () => setTimeout(show));
  for (const one of [form, heatForm]) one.addEventListener("submit", (event) => event.preventDefault());

  // Columns sort by number where they have one; what has none comes last.
  const heads = [...table.tHead.rows[0].cells];
  const sorted = { column: null, isDescending: false };
  const VERDICTS = ["robust", "systematic", "unstable", "unknown"];
  const key = (row, column) => {
    if (column === 1) return VERDICTS.indexOf(row.dataset.verdict);
    // The picture of ICC(1) sorts as its figure does.
    const cell = text(row.cells[column === 4 ? 5 : column]);
    if (heads[column].classList.contains("number") || column === 4) {
      const value = parseFloat(cell);
      return Number.isNaN(value) ? null : value;
    }
    return cell;
  };
  heads.forEach((head, column) => {
    if (column === 0) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sorted.isDescending = sorted.column === column && !sorted.isDescending;
      sorted.column = column;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sorted.isDescending ? "descending" : "ascending");
      rows.forEach(close);
      const sign = sorted.isDescending ? -1 : 1;
      const keyed = rows.map((row) => [key(row, column), row]);
      const isLast = (value) => value === null || value === "";
      keyed.sort(([a], [b]) => isLast(a) - isLast(b) || (isLast(a) ? 0 : a < b ? -sign : a > b ? sign : 0));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });

  // On paper everything that is folded is open.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => (one.open = true));
  });
  window.addEventListener("afterprint", () => closed.forEach((one) => (one.open = false)));

  document.querySelectorAll(".interactive").forEach((one) => (one.hidden = false));
  showHeat();
  show();
})();
