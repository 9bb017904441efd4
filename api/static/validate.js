// The form of /validate, with a drop zone, the progress and the report in place.
"use strict";

const form = document.getElementById("check");
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const state = document.getElementById("state");
const report = document.getElementById("report");
let sending = null;

function element(name, text) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  return made;
}

function say(text, extra = [], wrong = false) {
  state.hidden = false;
  state.className = wrong ? "state wrong" : "state";
  state.replaceChildren(element("p", text), ...extra);
}

function tooLarge() {
  const size = Array.from(input.files).reduce((sum, file) => sum + file.size, 0);
  return size > Number(form.dataset.most);
}

// The report brings its own style, which the policy of this page only admits as a sheet of a shadow.
function show(text) {
  const styles = [];
  const bare = text.replace(/<style>([^]*?)<\/style>/g, (_, style) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    styles.push(sheet);
    return "";
  });
  const page = new DOMParser().parseFromString(bare, "text/html");
  const host = element("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = styles;
  root.append(...page.querySelectorAll("main"));
  report.replaceChildren(host);
  say(state.dataset.done, ["csv", "ttl"].map(download));
  report.focus({ preventScroll: true });
  report.scrollIntoView({ block: "start" });
}

function download(format) {
  const button = element("button", state.dataset[format]);
  button.type = "button";
  button.addEventListener("click", () => {
    form.elements.format.value = format;
    form.requestSubmit();
    form.elements.format.value = "html";
  });
  return button;
}

function problem(text) {
  try {
    const told = JSON.parse(text);
    return [told.title, told.detail].join(". ");
  } catch {
    return state.dataset.lost;
  }
}

// A browser does not send a file that was saved again after it was chosen.
async function tellFailure() {
  const files = Array.from(input.files);
  const read = await Promise.allSettled(files.map((file) => file.slice(0, 1).arrayBuffer()));
  const changed = read.some(({ status }) => status === "rejected");
  say(changed ? state.dataset.changed : state.dataset.lost, [], true);
}

function send() {
  if (sending) sending.abort();
  report.replaceChildren();
  if (tooLarge()) {
    say(state.dataset.large, [], true);
    return;
  }
  const bar = element("progress");
  const cancel = element("button", state.dataset.cancel);
  const request = new XMLHttpRequest();
  sending = request;
  cancel.type = "button";
  cancel.addEventListener("click", () => request.abort());
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) {
      bar.max = event.total;
      bar.value = event.loaded;
    }
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    say(state.dataset.checking, [bar, cancel]);
  });
  request.addEventListener("load", () => {
    if (request.status === 200) show(request.responseText);
    else say(problem(request.responseText), [], true);
  });
  request.addEventListener("error", tellFailure);
  request.addEventListener("abort", () => {
    if (sending === request) state.hidden = true;
  });
  say(state.dataset.sending, [bar, cancel]);
  request.send(new FormData(form));
}

form.addEventListener("submit", (event) => {
  if (form.elements.format.value !== "html") return; // the browser downloads the others
  event.preventDefault();
  send();
});

drop.classList.add("ready");
input.after(element("span", drop.dataset.drop));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files.length) {
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  }
});
