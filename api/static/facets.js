// A box above a long facet that leaves the values with its words, and says how many these are.
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const list of document.querySelectorAll("ul[data-find]")) {
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = list.dataset.find;
  box.setAttribute("aria-label", `${list.dataset.find} (${list.dataset.of})`);
  const told = document.createElement("p");
  told.className = "hint";
  told.setAttribute("role", "status");
  box.addEventListener("input", () => {
    const words = fold(box.value.trim());
    const values = [...list.querySelectorAll("li:not(.hint)")];
    for (const value of values) value.hidden = !fold(value.querySelector("a").textContent).includes(words);
    const count = values.filter((value) => !value.hidden).length;
    const { none, one, many } = list.dataset;
    told.textContent = words && (count > 1 ? many.replace("{count}", count) : count ? one : none);
  });
  list.before(box, told);
}

// Back to a page that the browser had kept: its forms say what it shows, not what was chosen last.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("main form")) form.reset();
});
