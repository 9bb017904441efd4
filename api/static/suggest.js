// Suggestions under a search box while somebody types (ARIA 1.2, editable combobox with a list).
//
// <form data-suggest="/suggest"> … <input name="q">          leads to the record that is chosen
// <form …> <input name="from" data-suggest="/suggest?kind=person" data-picks> … keeps "person/key"
const WAIT = 120; // ms without a key before the server is asked
const FEWEST = 2; // letters
const language = document.documentElement.lang;
const words = document.querySelector("form.search").dataset; // none, one, many
const pictograms = document.querySelector(".search use")?.getAttribute("href").split("#")[0];
let made = 0;

function element(name, attributes = {}, ...children) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.append(...children);
  return one;
}

function pictogram(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${pictograms}#${kind}`);
  svg.append(use);
  return svg;
}

export function addSuggestions(input, address, choose) {
  const id = `suggestions-${++made}`;
  const list = element("ul", { id, role: "listbox", class: "suggestions" });
  list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() || input.placeholder);
  list.hidden = true;
  const told = element("span", { class: "hidden", role: "status" });
  const box = element("span", { class: "suggest-box" });
  input.replaceWith(box);
  box.append(input, list, told);
  for (const [key, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id,
    autocomplete: "off",
  })) input.setAttribute(key, value);
  let timer = 0;
  let asked = null;
  let found = [];
  let active = -1;

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function mark(next) {
    active = next;
    for (const [at, one] of [...list.children].entries()) {
      one.setAttribute("aria-selected", String(at === active));
      if (at === active) one.scrollIntoView({ block: "nearest" });
    }
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${id}-${active}`);
  }

  function show(content) {
    found = [...content.items, ...content.codes];
    list.replaceChildren(
      ...found.map((one, at) => {
        const kind = one.kind || "filter";
        const name = element("bdi");
        name.textContent = one.name;
        const detail = element("small");
        detail.textContent = [one.kind_name, one.detail].filter(Boolean).join(" · ");
        const line = element(
          "li", { role: "option", id: `${id}-${at}`, class: `k-${kind}`, "aria-selected": "false" },
          pictogram(kind), name, detail,
        );
        line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(one); close(); });
        return line;
      }),
    );
    told.textContent = found.length > 1 ? words.many.replace("{count}", found.length) : found.length ? words.one : words.none;
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
    mark(-1);
  }

  async function ask() {
    const text = input.value.trim();
    asked?.abort();
    if (text.length < FEWEST) return close();
    asked = new AbortController();
    const url = new URL(address, location.href);
    url.searchParams.set("q", text);
    url.searchParams.set("lang", language);
    try {
      const answer = await fetch(url, { signal: asked.signal });
      if (answer.ok && document.activeElement === input) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close(); // typing goes on without suggestions
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); return; }
    if (list.hidden || !found.length) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark((active + 2) % (found.length + 1) - 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark((active + found.length + 1) % (found.length + 1) - 1); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); choose(found[active]); close(); }
  });
}

// The chosen record takes the place of the text in what the form sends.
function pick(input) {
  const name = input.name;
  const kept = element("input", { type: "hidden" });
  input.addEventListener("input", () => { kept.remove(); input.name = name; });
  return (one) => {
    input.value = one.name;
    kept.name = name;
    kept.value = `${one.kind}/${one.key}`;
    input.removeAttribute("name");
    input.after(kept);
  };
}

for (const form of document.querySelectorAll("form[data-suggest]")) {
  const input = form.querySelector("input[type=search]");
  if (input) addSuggestions(input, form.dataset.suggest, (one) => { location.href = one.url; });
}
for (const input of document.querySelectorAll("input[data-suggest][data-picks]")) {
  addSuggestions(input, input.dataset.suggest, pick(input));
}
