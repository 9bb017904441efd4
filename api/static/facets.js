// A box above a long facet that leaves the values with its words.
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const list of document.querySelectorAll("ul[data-find]")) {
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = list.dataset.find;
  box.setAttribute("aria-label", `${list.dataset.find} (${list.dataset.of})`);
  box.addEventListener("input", () => {
    for (const line of list.querySelectorAll("li:not(.hint)"))
      line.hidden = !fold(line.textContent).includes(fold(box.value.trim()));
  });
  list.before(box);
}
