"use strict";
// The table of all checks: a page of rows at a time, from the data embedded in the page. Only ever sets text and
// attributes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 100;
  const section = document.getElementById("checks");
  const form = section.querySelector("form");
  const body = section.querySelector("tbody");

  // A column's place in a row; a column whose name ends in * holds a number into the texts.
  const places = new Map(data.columns.map((name, place) => [name.replace("*", ""), { place, isText: name.endsWith("*") }]));
  const get = (row, column) => {
    const { place, isText } = places.get(column);
    const value = row[place];
    return isText && value !== null ? data.texts[value] : value;
  };
  const parts = (row) => row[0].split("/");
  const caseOf = (row) => parts(row).slice(0, 2).join("/");
  const number = (value) => (value === null ? "" : String(value));
  const short = (value, digits = 6) => {
    if (value === null) return "";
    const isSmall = value !== 0 && Math.abs(value) < 1e-4;
    return isSmall ? value.toExponential(3) : String(Number(value.toPrecision(digits)));
  };

  const element = (name, attributes = {}, children = []) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const drawing = (name, attributes, children = []) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // Signed parts of what the rule forgives; infinite where it forgives nothing.
  const allowances = (row) => {
    const difference = get(row, "difference");
    if (difference === null) return null;
    const parts = get(row, "allowances");
    return Math.sign(difference) * (parts === null ? Infinity : parts) || 0;
  };

  const strip = (row) => {
    const off = allowances(row);
    if (off === null) return "";
    const REACH = 2.6;
    const outcome = get(row, "outcome");
    const symbol = outcome === "pass" ? "inside" : Math.abs(off) <= REACH ? "outside" : off > 0 ? "above" : "below";
    const x = 60 + 20 * Math.min(REACH, Math.max(-REACH, off));
    const label = Number.isFinite(off) ? `off by ${Math.abs(off).toFixed(2)} of what the rule forgives` : "the rule forgives nothing";
    return drawing("svg", { class: "strip", width: 120, height: 16, role: "img", "aria-label": label }, [
      drawing("use", { href: "#band", width: 120, height: 16 }),
      drawing("use", { href: `#${symbol}`, x, y: 8, width: 12, height: 12, class: `point ${data.marks[outcome][1]}` }),
    ]);
  };

  const outcome = (row) => {
    const word = get(row, "outcome");
    const [sign, kind] = data.marks[word];
    return element("span", {}, [element("span", { class: `mark ${kind}` }, [sign]), ` ${word}`]);
  };

  // Title, what a cell shows, and what it is sorted by: a number, a text, or null, which comes last.
  const COLUMNS = [
    ["outcome", outcome, (row) => get(row, "outcome")],
    ["check", (row) => element("code", {}, [row[0]]), (row) => row[0]],
    ["feature", (row) => get(row, "name"), (row) => get(row, "name")],
    ["reference", (row) => get(row, "reference"), (row) => parseFloat(get(row, "reference")), true],
    ["± tolerance", (row) => get(row, "tolerance"), (row) => parseFloat(get(row, "tolerance")), true],
    ["found", (row) => short(get(row, "actual")), (row) => get(row, "actual"), true],
    ["deviation", strip, (row) => (allowances(row) === null ? null : Math.abs(allowances(row)))],
    ["off by", (row) => short(get(row, "difference"), 4), (row) => get(row, "difference"), true],
    ["digits", (row) => get(row, "agreed")?.toFixed(1) ?? "", (row) => get(row, "agreed"), true],
    ["tier", (row) => get(row, "tier"), (row) => get(row, "tier")],
    ["consensus", (row) => get(row, "consensus") ?? "", (row) => get(row, "consensus")],
  ];

  const FILTERS = [
    ["outcome", (row) => [get(row, "outcome")]],
    ["case", (row) => [caseOf(row)]],
    ["family", (row) => [parts(row)[2] ?? ""]],
    ["profile", (row) => get(row, "profiles").split(", ").filter((name) => name)],
    ["tier", (row) => [get(row, "tier")]],
    ["consensus", (row) => [get(row, "consensus")].filter((level) => level)],
  ];

  const state = { rows: data.rows, page: 0, sorted: null, isDescending: false };

  // A selector as `--select` takes it when it has * or ?, a part of an id or a name otherwise.
  const matcher = (text) => {
    if (!text) return () => true;
    if (/[*?]/.test(text)) {
      const pattern = text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*").replace(/\?/g, ".");
      const expression = new RegExp(`^${pattern}$`, "s");
      return (row) => expression.test(row[0]);
    }
    const lower = text.toLowerCase();
    return (row) => row[0].toLowerCase().includes(lower) || get(row, "name").toLowerCase().includes(lower);
  };

  const select = () => {
    const matches = matcher(form.elements.text.value.trim());
    const chosen = FILTERS.map(([name, values]) => [form.elements[name].value, values]).filter(([value]) => value !== "");
    state.rows = data.rows.filter((row) => matches(row) && chosen.every(([value, values]) => values(row).includes(value)));
    if (state.sorted !== null) {
      const key = COLUMNS[state.sorted][2];
      const sign = state.isDescending ? -1 : 1;
      const keyed = state.rows.map((row) => [key(row), row]);
      const rank = (value) => (value === null || Number.isNaN(value) ? 1 : 0);
      keyed.sort(([a], [b]) => rank(a) - rank(b) || (rank(a) ? 0 : a < b ? -sign : a > b ? sign : 0));
      state.rows = keyed.map(([, row]) => row);
    }
    state.page = 0;
    show();
  };

  const unit = (row) => (get(row, "unit") === "1" ? "" : get(row, "unit"));

  const detail = (row) => {
    const [definition, formula, section] = data.features[`${parts(row)[2]}/${parts(row).slice(4).join("/")}`] ?? [];
    const digits = get(row, "digits");
    const rule = get(row, "rule");
    const entries = [
      ["reference", `${get(row, "reference")} ± ${get(row, "tolerance")} ${unit(row)}${digits === null ? "" : `, ${digits} significant digits`}`],
      ["rule", `${rule}: ${data.rules[rule] ?? ""}`],
      ["found", number(get(row, "actual"))],
      ["off by", number(get(row, "difference"))],
      ["in tolerances", number(get(row, "tolerances"))],
      ["in allowances", number(get(row, "allowances"))],
      ["digits agreed", number(get(row, "agreed"))],
      ["reason", get(row, "reason")],
      ["note", get(row, "note")],
      ["profiles", get(row, "profiles")],
      ["source", get(row, "source")],
      ["definition", definition],
      ["formula", formula],
      ["section", section],
    ];
    const list = element("dl");
    for (const [term, text] of entries) {
      if (text) list.append(element("dt", {}, [term]), element("dd", {}, [text]));
    }
    const anchor = `check-${row[0]}`;
    if (document.getElementById(anchor)) {
      list.append(element("dt"), element("dd", {}, [element("a", { href: `#${encodeURIComponent(anchor)}` }, ["its section above"])]));
    }
    return element("tr", { class: "detail" }, [element("td", { colspan: COLUMNS.length + 1 }, [list])]);
  };

  const line = (row) => {
    const toggle = element("button", { type: "button", "aria-expanded": "false", "aria-label": `details of ${row[0]}` }, ["▸"]);
    const made = element("tr", {}, [element("td", {}, [toggle])]);
    for (const [, cell, , isNumber] of COLUMNS) {
      made.append(element("td", isNumber ? { class: "number" } : {}, [cell(row)]));
    }
    toggle.addEventListener("click", () => {
      const isOpen = toggle.getAttribute("aria-expanded") === "true";
      toggle.setAttribute("aria-expanded", String(!isOpen));
      toggle.textContent = isOpen ? "▸" : "▾";
      if (isOpen) made.nextElementSibling.remove();
      else made.after(detail(row));
    });
    return made;
  };

  const show = () => {
    const from = state.page * PAGE;
    const rows = state.rows.slice(from, from + PAGE);
    body.replaceChildren(...rows.map(line));
    section.querySelector(".shown").textContent =
      state.rows.length === 0
        ? `no check of ${data.rows.length} matches`
        : `${from + 1} to ${from + rows.length} of ${state.rows.length}` +
          (state.rows.length === data.rows.length ? " checks" : ` that match, of ${data.rows.length} checks`);
    const isFirst = state.page === 0;
    const isLast = from + PAGE >= state.rows.length;
    for (const button of section.querySelectorAll("[data-page]")) {
      button.disabled = ["first", "previous"].includes(button.dataset.page) ? isFirst : isLast;
    }
  };

  const heads = COLUMNS.map(([title, , , isNumber], column) => {
    const head = element("th", { scope: "col", ...(isNumber && { class: "number" }) }, [element("button", { type: "button" }, [title])]);
    head.addEventListener("click", () => {
      state.isDescending = state.sorted === column && !state.isDescending;
      state.sorted = column;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", state.isDescending ? "descending" : "ascending");
      select();
    });
    return head;
  });
  section.querySelector("thead").append(element("tr", {}, [element("th"), ...heads]));

  for (const [name, values] of FILTERS) {
    const known = new Set();
    for (const row of data.rows) values(row).forEach((value) => known.add(value));
    const options = [...known].map((value) => element("option", { value }, [value]));
    const choice = element("select", { name }, [element("option", { value: "" }, ["any"]), ...options]);
    form.querySelector(".selects").append(element("label", {}, [name, choice]));
  }

  form.addEventListener("input", select);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are reset after the event.
  form.addEventListener("reset", () => setTimeout(select));
  section.querySelector(".pager").addEventListener("click", ({ target }) => {
    const last = Math.max(0, Math.ceil(state.rows.length / PAGE) - 1);
    const pages = { first: 0, previous: state.page - 1, next: state.page + 1, last };
    if (target.dataset.page in pages) {
      state.page = Math.min(last, Math.max(0, pages[target.dataset.page]));
      show();
    }
  });

  // `#checks=ibsi1/ct_c/glcm/*` shows the checks that match; `#check-…` opens the section of one.
  const follow = () => {
    let target;
    try {
      target = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (target.startsWith("checks=")) {
      form.reset();
      form.elements.text.value = target.slice("checks=".length);
      select();
      section.scrollIntoView();
    } else if (target) {
      const found = document.getElementById(target);
      if (found instanceof HTMLDetailsElement) found.open = true;
    }
  };
  window.addEventListener("hashchange", follow);

  // On paper everything is open, but of the failing checks the first only: the rest is a line each.
  const OPEN_ON_PAPER = 20;
  let closed = [];
  window.addEventListener("beforeprint", () => {
    const short = [...document.querySelectorAll("details.short")].slice(OPEN_ON_PAPER);
    closed = [...document.querySelectorAll("details:not([open])")].filter((one) => !short.includes(one));
    closed.forEach((one) => (one.open = true));
  });
  window.addEventListener("afterprint", () => closed.forEach((one) => (one.open = false)));

  section.querySelector(".interactive").hidden = false;
  select();
  follow();
})();
