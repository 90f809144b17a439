same("the controls are not printed", all("nav, .interactive").filter(isVisible).length, 0);
for (const selector of ["#heat", "table.trusted", "table.ranking", "table.families", "table.kinds", ".questions", "svg.plot"]) {
  same(`${selector} is`, isVisible(one(selector)), true);
}
same("something is closed on the screen", all("details:not([open])").length > 0, true);
window.dispatchEvent(new Event("beforeprint"));
same("on paper it is open", all("details:not([open])").length, 0);
window.dispatchEvent(new Event("afterprint"));
same("and closed again afterwards", all("details:not([open])").length > 0, true);
