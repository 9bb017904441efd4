// Maps: clusters counted by the server, on outlines or on the tiles of the operator. Data are in
// attributes of the element; without this script the drawn map stays.
/* global L */

const outlinesByAddress = new Map();

/** The lines of an object of the outlines, as [latitude, longitude]; null where it has none. */
export async function loadOutlines(address) {
  if (!outlinesByAddress.has(address)) {
    outlinesByAddress.set(address, fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.json();
    }).then(decode));
  }
  return outlinesByAddress.get(address);
}

function decode(topology) {
  const [scaleX, scaleY] = topology.transform.scale;
  const arcs = topology.arcs.map((arc) => {
    let x = 0, y = 0;
    return arc.map(([east, north]) => [(y += north) * scaleY, (x += east) * scaleX]);
  });
  const join = (numbers) => numbers.flatMap((number, at) => {
    const arc = number < 0 ? [...arcs[~number]].reverse() : arcs[number];
    return at ? arc.slice(1) : arc;
  });
  return (name) => {
    const shape = topology.objects[name];
    if (!shape) return null;
    return shape.type === "MultiPolygon" ? shape.arcs.map((rings) => rings.map(join)) : shape.arcs.map(join);
  };
}

/** A Leaflet map on the outlines, in the place of what the element holds. */
export function createMap(element, options = {}) {
  element.replaceChildren();
  const map = L.map(element, { attributionControl: false, maxZoom: 18, minZoom: 2, zoomControl: false, zoomSnap: 0.25, worldCopyJump: true, ...options });
  L.control.zoom({ zoomInTitle: element.dataset.in, zoomOutTitle: element.dataset.out }).addTo(map);
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", element.dataset.label);
  // markers without ground are still right
  addGround(map, element).catch(() => addOutlines(map, element.dataset.outlines)).catch(() => {});
  return map;
}

let described;

/** The tiles of the operator, where there are any, else the outlines. */
async function addGround(map, element) {
  described ??= fetch("/tiles").then((answer) => answer.json());
  const { ground } = await described;
  if (!ground) {
    await addOutlines(map, element.dataset.outlines);
    return;
  }
  const { addTiles } = await import("./ground.js");
  await addTiles(map, ground, element.dataset.language);
  element.closest(".map-frame")?.querySelector("[data-ground]")?.remove();
}

async function addOutlines(map, address) {
  const lines = await loadOutlines(address);
  const ground = { interactive: false, smoothFactor: 0.6 };
  L.polygon(lines("land"), { ...ground, className: "land" }).addTo(map).bringToBack();
  L.polyline(lines("departements"), { ...ground, className: "border" }).addTo(map);
  L.polyline(lines("regions"), { ...ground, className: "border strong" }).addTo(map);
}

function toBounds(text) {
  const [west, south, east, north] = text.split(",").map(Number);
  return [[south, west], [north, east]];
}

const POSITION = /^#([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/;

/** The marker of a cluster, or of a record: its size says how many, a touch lists what is known. */
function buildMarker(one, largest, centre, dataset) {
  const format = new Intl.NumberFormat(dataset.language);
  const short = new Intl.NumberFormat(dataset.language, { notation: "compact", maximumFractionDigits: 1 });
  const longitude = one.longitude + 360 * Math.round((centre - one.longitude) / 360);
  const size = one.count === 1 ? 16 : 2 * (11 + 15 * (one.count / largest) ** 0.4);
  const named = one.records?.length === 1 ? one.records[0] : null;
  const near = one.records?.every((record) => record.at_commune);
  const title = named ? named.name + (named.at_commune ? ` (${dataset.atCommune})` : "")
    : `${format.format(one.count)} ${dataset.many}${one.place ? ` (${one.place})` : ""}`;
  const icon = L.divIcon({
    className: named && near ? "mark near" : "mark",
    html: named ? "" : `<span>${one.count < 10000 ? format.format(one.count) : short.format(one.count)}</span>`,
    iconSize: [size, size],
  });
  const marker = L.marker([one.latitude, longitude], { icon, title, riseOnHover: true });
  // else the number in the circle is what it is called
  marker.on("add", () => marker.getElement().setAttribute("aria-label", title));
  if (one.records) addList(marker, one.records, dataset);
  return marker;
}

/** The list that a marker opens: the focus goes into it, and back to the marker when it is closed. */
function addList(marker, records, dataset) {
  marker.bindPopup(() => listRecords(records, dataset.atCommune), { maxHeight: 260 });
  marker.on("popupopen", ({ popup }) => {
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", dataset.close);
    if (document.activeElement === marker.getElement()) popup.getElement().querySelector("li a")?.focus({ preventScroll: true });
  });
  marker.on("popupclose", ({ popup }) => {
    if (popup.getElement().contains(document.activeElement)) marker.getElement()?.focus({ preventScroll: true });
  });
}

/** The map of an answer: its points stand in the page. */
function showPoints(element) {
  const points = JSON.parse(element.closest(".map-frame").querySelector("script[type='application/json']").textContent);
  const map = createMap(element);
  map.fitBounds(toBounds(element.dataset.window));
  const markers = L.layerGroup().addTo(map);
  const show = () => {
    markers.clearLayers();
    const groups = groupPoints(points, map);
    const largest = Math.max(1, ...groups.map((one) => one.count));
    for (const one of groups) markers.addLayer(buildMarker(one, largest, map.getCenter().lng, element.dataset));
  };
  map.on("zoomend", show);
  show();
}

/** Points that are near each other at the zoom of a map as one, so that no two markers overlap. */
function groupPoints(points, map) {
  const groups = [];
  for (const one of points) {
    const at = map.project([one.latitude, one.longitude]);
    const near = groups.find((group) => group.at.distanceTo(at) < 52);
    if (near) near.records.push(...one.records);
    else groups.push({ ...one, at, records: [...one.records] });
  }
  return groups.map((group) => ({ ...group, count: group.records.length }));
}

/** The map of a selection: asks for clusters whenever it is moved. */
function showSelection(element) {
  const { dataset } = element;
  const map = createMap(element);
  const markers = L.layerGroup().addTo(map);
  const here = element.closest(".map-frame")?.querySelector(".map-here");
  let asked, reading = false;

  const moveTo = () => {
    const [, zoom, latitude, longitude] = POSITION.exec(location.hash) ?? [];
    if (zoom) map.setView([latitude, longitude], Number(zoom));
    else map.fitBounds(toBounds(dataset.window));
  };

  const show = async () => {
    const bounds = map.getBounds();
    const wide = bounds.getEast() - bounds.getWest() >= 360;
    const turn = (degrees) => ((((degrees + 180) % 360) + 360) % 360) - 180;
    const box = [
      wide ? -180 : turn(bounds.getWest()), Math.max(-85, bounds.getSouth()),
      wide ? 180 : turn(bounds.getEast()), Math.min(85, bounds.getNorth()),
    ].map((degrees) => Number(degrees.toFixed(4))).join(",");
    asked?.abort();
    asked = new AbortController();
    const address = new URL(dataset.clusters, location);
    address.searchParams.set("window", box);
    address.searchParams.set("zoom", Math.round(map.getZoom()));
    try {
      const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      draw((await answer.json()).clusters);
    } catch (error) {
      if (error.name !== "AbortError") L.popup({ closeButton: false }).setLatLng(map.getCenter()).setContent(dataset.failed).openOn(map);
      return;
    }
    if (here) {
      const list = new URL(dataset.list, location);
      list.searchParams.set("bbox", box);
      here.querySelector("[data-here]").href = list.pathname + list.search;
      here.hidden = false;
    }
  };

  const draw = (clusters) => {
    const focused = element.contains(document.activeElement) && document.activeElement.title;
    markers.clearLayers();
    const largest = Math.max(1, ...clusters.map((one) => one.count));
    const centre = map.getCenter().lng;
    for (const one of clusters) {
      const marker = buildMarker(one, largest, centre, dataset);
      if (!one.records) marker.on("click keypress", (event) => {
        if (event.type === "click" || ["Enter", " "].includes(event.originalEvent.key)) enter(one);
      });
      markers.addLayer(marker);
      if (focused === marker.options.title) marker.getElement()?.focus();
    }
  };

  const enter = (one) => {
    const [west, south, east, north] = one.bounds;
    const inside = L.latLngBounds([[south, west], [north, east]]);
    if (map.getZoom() >= 17 || (east - west < 1e-4 && north - south < 1e-4)) {
      const list = new URL(dataset.list, location);
      const wider = [west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4];
      list.searchParams.set("bbox", wider.map((degrees) => degrees.toFixed(5)).join(","));
      location.assign(list);
      return;
    }
    const zoom = Math.max(map.getZoom() + 1, Math.min(17, map.getBoundsZoom(inside.pad(0.2))));
    map.setView(inside.getCenter(), zoom);
  };

  moveTo();
  map.on("moveend", () => {
    const { lat, lng } = map.getCenter();
    history.replaceState(history.state, "", `#${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`);
    if (!reading) show();
  });
  // what is being read stays, although the map moves to make room for it
  map.on("popupopen", () => { reading = true; });
  map.on("popupclose", () => { reading = false; show(); });
  window.addEventListener("hashchange", moveTo);
  for (const link of document.querySelectorAll(".insets a[data-window]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      map.fitBounds(toBounds(link.dataset.window));
      element.scrollIntoView({ block: "nearest" });
    });
  }
  show();
}

function listRecords(records, atCommune) {
  const list = document.createElement("ul");
  for (const { name, href, at_commune: near } of records) {
    const item = list.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    link.href = href;
    link.appendChild(document.createElement("bdi")).textContent = name;
    if (near) {
      const note = item.appendChild(document.createElement("span"));
      note.className = "count";
      note.textContent = ` (${atCommune})`;
    }
  }
  return list;
}

for (const element of document.querySelectorAll(".map[data-clusters]")) showSelection(element);
for (const element of document.querySelectorAll(".map[data-points]")) showPoints(element);
