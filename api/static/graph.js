// Draws the networks of a page with cytoscape, from the JSON that stands in it. What is drawn is
// also there in words: without scripts nothing is missing but the picture.
import { loadLibrary } from "./load_library.js";

const LIMIT = 500;
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const toElements = ({ nodes, edges }) => [
  ...nodes.map((node) => ({ group: "nodes", data: { ...node, text: shorten(node.name, 40) } })),
  ...edges.map((edge) => ({
    group: "edges",
    data: { ...edge, id: `${edge.source} ${edge.target} ${edge.property} ${edge.relation}` },
    classes: ["stated", ""].includes(edge.certainty) ? "" : "uncertain",
  })),
];

function buildStyle() {
  const kinds = ["organisation", "cluster", "territory", "person", "event", "place", "publication", "project", "tool", "topic"];
  return [
    { selector: "node", style: {
      label: "data(text)", "background-color": colour("soft"), width: 22, height: 22, color: colour("ink"),
      "font-family": "Figtree, system-ui, sans-serif", "font-size": 12, "text-wrap": "wrap", "text-max-width": 130,
      "text-valign": "bottom", "text-margin-y": 4, "text-background-color": colour("paper"),
      "text-background-opacity": 0.85, "text-background-padding": 2, "min-zoomed-font-size": 5 } },
    ...kinds.map((kind) => ({ selector: `node[kind = "${kind}"]`, style: { "background-color": colour(kind) } })),
    { selector: 'node[role = "end"]', style: { width: 34, height: 34, "font-weight": 700, "border-width": 3, "border-color": colour("ink") } },
    { selector: "node.seen", style: { "border-width": 3, "border-color": colour("warm") } },
    { selector: "edge", style: {
      label: "data(relation)", "curve-style": "bezier", width: 1.6, "line-color": colour("soft"),
      "target-arrow-shape": "triangle", "target-arrow-color": colour("soft"), "arrow-scale": 0.8,
      "font-family": "Figtree, system-ui, sans-serif", "font-size": 10, color: colour("soft"),
      "text-background-color": colour("paper"), "text-background-opacity": 0.85, "text-wrap": "wrap",
      "text-max-width": 110, "min-zoomed-font-size": 8 } },
    { selector: "edge.uncertain", style: { "line-style": "dashed" } },
    { selector: "edge.many", style: { label: "", opacity: 0.5, "arrow-scale": 0.6 } },
  ];
}

// Many records: like the seeds of a sunflower, by kind, what the network is about in the middle.
function spread(graph) {
  const order = graph.nodes().sort((a, b) =>
    (b.data("role") === "end") - (a.data("role") === "end") || a.data("kind").localeCompare(b.data("kind")) || a.data("name").localeCompare(b.data("name")));
  const place = new Map(order.map((node, at) => [node.id(), { turn: at * 2.39996, far: at ? 60 + 62 * Math.sqrt(at) : 0 }]));
  return { name: "preset", positions: (node) => {
    const { turn, far } = place.get(node.id());
    return { x: far * Math.cos(turn), y: far * Math.sin(turn) };
  } };
}

function lay(graph, shape) {
  const ends = graph.nodes('[role = "end"]');
  if (shape === "path" && ends.length === 2 && graph.nodes().length <= 40) {
    graph.layout({ name: "breadthfirst", roots: ends.eq(0), directed: false, spacingFactor: 1.15, animate: false }).run();
  } else {
    graph.layout(graph.nodes().length > 80 ? spread(graph) : {
      name: "cose", animate: false, nodeDimensionsIncludeLabels: true, idealEdgeLength: 70, nodeRepulsion: 9000, componentSpacing: 30, randomize: true,
    }).run();
  }
  graph.edges().toggleClass("many", graph.edges().length > 60);
  show(graph);
}

// The whole picture in its frame; lines that this makes thinner than a pixel are drawn wider.
function show(graph) {
  graph.fit(undefined, 24);
  const scale = Math.max(1, 1 / graph.zoom());
  graph.edges().forEach((edge) => edge.style("width", (edge.hasClass("many") ? 1 : 1.6) * scale));
}

const escapeXml = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The picture as it is laid out now, as SVG with the texts as texts.
function buildSvg(graph) {
  const box = graph.elements().boundingBox();
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.x1 - 20} ${box.y1 - 20} ${box.w + 40} ${box.h + 40}" font-family="sans-serif">`,
    `<rect x="${box.x1 - 20}" y="${box.y1 - 20}" width="100%" height="100%" fill="${colour("paper")}"/>`];
  graph.edges().forEach((edge) => {
    const [a, b] = [edge.source().position(), edge.target().position()];
    const dash = edge.hasClass("uncertain") ? ' stroke-dasharray="5 4"' : "";
    parts.push(`<line x1="${a.x}" y1="${a.y}" x2="${b.x}" y2="${b.y}" stroke="${colour("soft")}" stroke-width="1.5"${dash}/>`);
    if (!edge.hasClass("many")) {
      parts.push(`<text x="${(a.x + b.x) / 2}" y="${(a.y + b.y) / 2}" font-size="9" text-anchor="middle" fill="${colour("soft")}">${escapeXml(edge.data("relation"))}</text>`);
    }
  });
  graph.nodes().forEach((node) => {
    const { x, y } = node.position();
    parts.push(`<circle cx="${x}" cy="${y}" r="${node.width() / 2}" fill="${colour(node.data("kind")) || colour("soft")}"/>`);
    parts.push(`<text x="${x}" y="${y + node.height() / 2 + 13}" font-size="11" text-anchor="middle" fill="${colour("ink")}">${escapeXml(node.data("text"))}</text>`);
  });
  return [...parts, "</svg>"].join("\n");
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function draw(figure) {
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  figure.hidden = false;
  await loadLibrary(figure.dataset.library);
  const graph = globalThis.cytoscape({
    container: figure.querySelector(".canvas"), elements: toElements(data), style: buildStyle(),
    maxZoom: 2.5, minZoom: 0.05, boxSelectionEnabled: false,
  });
  figure.graph = graph;
  graph.userZoomingEnabled(false); // the wheel scrolls the page until the picture has been touched
  graph.on("tap", () => graph.userZoomingEnabled(true));
  figure.addEventListener("mouseleave", () => graph.userZoomingEnabled(false));
  lay(graph, figure.dataset.network);
  new ResizeObserver(() => { graph.resize(); show(graph); }).observe(figure.querySelector(".canvas"));
  const told = figure.querySelector("[data-told]");
  graph.on("tap", "edge", (event) => {
    const edge = event.target;
    const parts = [edge.source().data("name"), edge.data("relation"), edge.target().data("name")];
    told.textContent = [parts.join(" "), [edge.data("begins"), edge.data("ends")].filter(Boolean).join(" – "), edge.data("sources")].filter(Boolean).join(" · ");
  });
  graph.on("tap", "node", async (event) => {
    const node = event.target;
    told.replaceChildren();
    const link = document.createElement(node.data("url") ? "a" : "span");
    if (node.data("url")) link.href = node.data("url");
    link.textContent = node.data("name");
    told.append(link);
    if (!figure.dataset.expand || !node.data("kind") || node.hasClass("seen") || graph.nodes().length >= LIMIT) return;
    const answer = await fetch(figure.dataset.expand.replace("KEY", node.id()), { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    node.addClass("seen");
    const { network } = await answer.json();
    const known = new Set(graph.elements().map((element) => element.id()));
    const fresh = toElements(network).filter((element) => !known.has(element.data.id));
    fresh.filter((e) => e.group === "nodes").forEach((e) => { e.data.role = ""; });
    graph.add(fresh.slice(0, Math.max(0, LIMIT - graph.nodes().length) * 2).filter((element, _, kept) =>
      element.group === "nodes" || [element.data.source, element.data.target].every((id) => known.has(id) || kept.some((e) => e.data.id === id))));
    lay(graph, "free");
  });
  figure.querySelector(".tools").addEventListener("click", (event) => {
    const what = event.target.dataset.do;
    const name = figure.dataset.name.replace(/[^\p{L}\p{N}]+/gu, "-");
    if (what === "fit") show(graph);
    if (what === "svg") save(new Blob([buildSvg(graph)], { type: "image/svg+xml" }), `${name}.svg`);
    if (what === "png") save(graph.png({ output: "blob", bg: colour("paper"), scale: 2, full: true }), `${name}.png`);
  });
}

for (const figure of document.querySelectorAll("figure[data-network]")) draw(figure);
