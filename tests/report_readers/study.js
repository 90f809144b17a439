const total = (selector) => all(`${selector} > tbody > tr:not(.detail)`);
const visible = (selector) => total(selector).filter((row) => !row.hidden);
const said = (section) => one(`#${section} .shown`).textContent;
const set = async (section, name, value) => {
  const field = one(`#${section} form`).elements[name];
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
};
const features = total("table.all").length;
same("a row for every feature", total("#heat").length, features);
same("how many is said", [said("features"), said("heat-map")], [`${features} features`, `${features} features`]);
const anchors = all("nav a").filter((a) => !document.getElementById(a.hash.slice(1)));
same("every section is there", anchors.map((a) => a.hash), []);

// Heat map: filter and sort.
await set("heat-map", "family", "glcm");
same("a family", visible("#heat").every((row) => row.dataset.family === "glcm"), true);
same("is counted", said("heat-map"), `${visible("#heat").length} of ${features} features`);
await set("heat-map", "text", "joint entropy");
same("a word", visible("#heat").every((row) => row.textContent.toLowerCase().includes("joint entropy")), true);
await set("heat-map", "text", "(.*[");
same("no pattern", [visible("#heat").length, said("heat-map")], [0, `no feature of ${features} matches`]);
await set("heat-map", "text", "");
await set("heat-map", "family", "");
const first = total("#heat")[0].textContent;
await set("heat-map", "order", "robust");
const robust = total("#heat").map((row) => Number(row.dataset.robust));
same("most robust first", robust.every((value, i) => i === 0 || value <= robust[i - 1]), true);
await set("heat-map", "order", "best");
const best = total("#heat").map((row) => (row.dataset.best === "" ? -Infinity : Number(row.dataset.best)));
same("best first", best.every((value, i) => i === 0 || value <= best[i - 1]), true);
await set("heat-map", "order", "catalogue");
same("the catalogue again", total("#heat")[0].textContent, first);

// All features: filters.
await set("features", "verdict", "robust");
same("a verdict", visible("table.all").every((row) => row.dataset.verdict === "robust"), true);
same("as many as are trusted", visible("table.all").length, total("table.trusted").length);
await set("features", "ill", "ill");
same("ill-conditioned", visible("table.all").every((row) => row.dataset.ill === "ill"), true);
one("#features form").reset();
await settle();
same("all again", said("features"), `${features} features`);

// Sorting.
const heads = all("table.all thead th");
const click = (title) => heads.find((head) => head.textContent.trim() === title && head.classList.contains("number")).querySelector("button").click();
const column = (number) => total("table.all").map((row) => row.cells[number].textContent.trim());
const isSorted = (values, sign) => {
  const known = values.filter((value) => value !== "–").map(Number);
  return known.every((value, i) => i === 0 || sign * (value - known[i - 1]) >= 0);
};
click("lower");
same("ascending", isSorted(column(6), 1), true);
click("lower");
same("descending", isSorted(column(6), -1), true);
same("what has none comes last", column(6).at(-1), "–");
same("one column is sorted by", all("table.all [aria-sort]").map((head) => head.getAttribute("aria-sort")), ["descending"]);

// Opening.
const row = total("table.all")[0];
const toggle = row.querySelector("button");
same("closed", all("tr.detail").length, 0);
toggle.click();
same("open", [toggle.getAttribute("aria-expanded"), all("tr.detail").length], ["true", 1]);
const detail = one("tr.detail");
same("three pictures", detail.querySelectorAll("svg.plot").length, 3);
same("that can be seen", [...detail.querySelectorAll("svg.plot")].every((svg) => svg.getBoundingClientRect().width > 200), true);
for (const word of ["repeatability coefficient RC", "across all settings", "limits" /* of agreement */, "textbook"]) {
  same(`tells ${word}`, detail.textContent.includes(word), true);
}
same("no picture has a figure that is none", all("svg").every((svg) => !/NaN|Infinity/.test(svg.outerHTML)), true);
toggle.click();
same("closed again", all("tr.detail").length, 0);
toggle.click();
await set("features", "family", "stat");
same("a filter closes what is open", all("tr.detail").length, 0);
