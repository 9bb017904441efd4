// The editor of the SPARQL page: YASQE in place of the text box, completion from the terms that
// stand in the page. Nothing is asked elsewhere; without scripts the text box is the editor.
import { loadLibrary } from "./load_library.js";

const form = document.querySelector("form.sparql");
const area = form.querySelector("textarea");
const terms = JSON.parse(document.getElementById("terms").textContent);

// The completers that come with the editor ask a service elsewhere: ours answer from the page.
function replaceCompleters(Yasqe) {
  const lists = {
    class: terms.classes,
    property: terms.properties,
    prefixes: Object.entries(terms.prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`).sort(),
  };
  for (const [name, list] of Object.entries(lists)) {
    Yasqe.Autocompleters[name] = {
      ...Yasqe.Autocompleters[name], bulk: true, persistenceId: null, autoShow: name === "prefixes",
      get: async () => list,
    };
  }
}

await loadLibrary(form.dataset.library);
const { Yasqe } = globalThis;
replaceCompleters(Yasqe);
const box = document.createElement("div");
area.after(box);
const editor = new Yasqe(box, {
  value: area.value,
  persistenceId: null, createShareableLink: null, consumeShareLink: null, createShortLink: null,
  prefixCcApi: null, pluginButtons: null, showQueryButton: false, resizeable: false, editorHeight: "17rem",
  extraKeys: {
    ...Yasqe.defaults.extraKeys,
    "Ctrl-Enter": () => form.requestSubmit(), "Cmd-Enter": () => form.requestSubmit(),
    Tab: false, "Shift-Tab": false, // the keyboard goes on to the next field
  },
});
editor.getInputField().setAttribute("aria-label", form.querySelector("label").textContent);
area.hidden = true;
form.querySelector("label[for=query]").addEventListener("click", () => editor.focus());
editor.on("change", () => { area.value = editor.getValue(); });

// Known prefixes are declared as soon as they are used.
editor.on("change", () => {
  const declared = editor.getPrefixesFromQuery();
  const missing = {};
  for (const [, prefix] of editor.getValue().replace(/<[^>]*>|"[^"\n]*"|'[^'\n]*'|#.*$/gm, "").matchAll(/(?<![\w?$:])([a-z][\w-]*):(?=\w)/g)) {
    if (!(prefix in declared) && prefix in terms.prefixes) missing[prefix] = terms.prefixes[prefix];
  }
  if (Object.keys(missing).length) editor.addPrefixes(missing);
});

if (form.dataset.line) {
  const line = Number(form.dataset.line) - 1;
  editor.addLineClass(line, "background", "wrong-line");
  editor.setCursor({ line, ch: Number(form.dataset.column) - 1 });
  editor.scrollIntoView({ line, ch: 0 });
}

const share = form.querySelector("[data-share]");
share.hidden = false;
share.addEventListener("click", async () => {
  const address = new URL("/sparql", location.href);
  address.search = new URLSearchParams({ query: editor.getValue(), format: "html" });
  await navigator.clipboard.writeText(address.href);
  form.querySelector("[data-told]").textContent = form.dataset.copied;
});
