const OUTCOME = 1, ID = 2, NAME = 3, FOUND = 6, DIGITS = 9;
const total = JSON.parse(one("#data").textContent).rows.length;
const head = (title) => all("table.all thead th").find((th) => th.textContent === title);
const choose = async (name, value) => {
  one(`select[name=${name}]`).value = value;
  one("form").dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
};
const type = async (text) => {
  one("input[name=text]").value = text;
  one("form").dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
};
const reset = async () => {
  one("button[type=reset]").click();
  await settle();
};

same("first page", [rows().length, shown()], [100, `1 to 100 of ${total} checks`]);
same("suite order", column(ID)[0], "ibsi1/digital/morph/-/RNU0");
const valued = column(FOUND).filter((text) => text).length;
same("every value has a deviation strip", all("table.all svg.strip[role=img][aria-label]").length, valued);

// Pages.
one("[data-page=next]").click();
same("second page", shown(), `101 to 200 of ${total} checks`);
one("[data-page=last]").click();
same("last page", rows().length, total % 100 || 100);
same("end of the pages", one("[data-page=next]").disabled, true);
one("[data-page=first]").click();
same("back at the first", shown(), `1 to 100 of ${total} checks`);

// Sorting.
const isSorted = (values, sign) => values.every((value, i) => i === 0 || sign * (value - values[i - 1]) >= 0);
head("found").click();
same("ascending is announced", head("found").getAttribute("aria-sort"), "ascending");
same("ascending", isSorted(column(FOUND).map(Number), 1), true);
head("found").click();
same("descending is announced", head("found").getAttribute("aria-sort"), "descending");
same("descending", isSorted(column(FOUND).map(Number), -1), true);
head("feature").click();
same("one column is sorted by", all("[aria-sort]").length, 1);
same("by text", column(NAME)[0], [...column(NAME)].sort()[0]);
head("deviation").click();
head("deviation").click();
same("farthest off first", [...new Set(column(OUTCOME).slice(0, 5))], ["✗ fail"]);
head("digits").click();
one("[data-page=last]").click();
same("what has no number comes last", column(DIGITS).at(-1), "");

// Filters.
await choose("outcome", "missing");
same("missing", column(ID), ["ibsi1/digital/ih/-/WR0O"]);
same("how many match", shown(), `1 to 1 of 1 that match, of ${total} checks`);
await choose("outcome", "fail");
await choose("family", "ngtdm");
await choose("case", "ibsi1/digital");
same("several filters", column(ID).every((id) => id.startsWith("ibsi1/digital/ngtdm/3d/")), true);
await choose("outcome", "missing");
same("nothing matches", [rows().length, shown()], [0, `no check of ${total} matches`]);
await reset();
same("all again", shown(), `1 to 100 of ${total} checks`);
await type("*/glcm/3d_avg/TU9B");
same("selector", column(ID).sort().slice(0, 2), ["ibsi1/ct_c/glcm/3d_avg/TU9B", "ibsi1/ct_d/glcm/3d_avg/TU9B"]);
await type("ibsi1/digital/*/TU9?");
same("selector with ?", rows().length, 6);
await type("joint ENTROPY");
same("a word of the name", new Set(column(NAME)).size, 1);
await type("(.*[");
same("no pattern but * and ?", rows().length, 0);
await choose("profile", "ibsi1-core");
await type("");
same("a profile", shown().includes(" of 1676 that match"), true);
await reset();

// Details.
await type("ibsi1/digital/glcm/3d_avg/TU9B");
const toggle = one("table.all tbody button");
toggle.click();
same("expanded", [toggle.getAttribute("aria-expanded"), all("tr.detail").length], ["true", 1]);
const detail = one("tr.detail").textContent;
for (const text of ["ibsi-sf3/1", "very strong", "log2 p_ij", "Image features › Grey level co-occurrence"]) {
  same(`details tell ${text}`, [text, detail.includes(text) || rows()[0].textContent.includes(text)], [text, true]);
}
toggle.click();
same("collapsed", [toggle.getAttribute("aria-expanded"), all("tr.detail").length], ["false", 0]);
toggle.click();
const section = document.getElementById("check-ibsi1/digital/glcm/3d_avg/TU9B");
section.open = false;
one("tr.detail a").click();
await settle();
same("the link opens the section", section.open, true);
