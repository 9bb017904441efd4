// The ground of a map from a PMTiles archive, drawn by MapLibre under the layers of Leaflet. Loaded
// only where an operator has set one up.
/* global L, basemaps, pmtiles */
import * as maplibregl from "./vendor/maplibre-gl.mjs";
import { loadLibrary } from "./load_library.js";

const SOURCE = "ground";
const atHand = (name) => new URL(`./vendor/${name}`, import.meta.url);
let libraries;

/** The libraries, once for all maps of a page. */
function loadLibraries() {
  libraries ??= (async () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = atHand("maplibre-gl.css");
    document.head.append(sheet);
    globalThis.maplibregl = maplibregl; // where the layer for Leaflet looks for it
    await Promise.all(["pmtiles.js", "basemaps.js", "leaflet-maplibre-gl.js"].map((name) => loadLibrary(atHand(name))));
    maplibregl.addProtocol("pmtiles", new pmtiles.Protocol().tile);
  })();
  return libraries;
}

/** Adds the tiles of an archive to a Leaflet map; fails where they cannot be drawn. */
export async function addTiles(map, ground, language) {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL");
  await loadLibraries();
  const address = `pmtiles://${new URL(ground.address, location)}`;
  const style = {
    version: 8,
    sources: { [SOURCE]: { type: ground.raster ? "raster" : "vector", url: address, ...(ground.raster && { tileSize: 256 }) } },
    layers: ground.raster ? [{ id: SOURCE, type: "raster", source: SOURCE }] : buildLayers(language),
  };
  // its own attribution is what the archive says, unescaped
  L.maplibreGL({ style, attributionControl: false }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(escape(ground.attribution)).addTo(map);
}

/** The layers of Protomaps in the colours of the page, without what needs pictures of its own. */
function buildLayers(language) {
  const flavour = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  return basemaps.layers(SOURCE, basemaps.namedFlavor(flavour), { lang: language })
    .filter((layer) => !layer.layout?.["icon-image"] || layer.layout["text-field"])
    .map((layer) => {
      if (!layer.layout) return layer;
      const { "icon-image": _, ...layout } = layer.layout;
      return { ...layer, layout };
    });
}

/** A text as HTML. */
function escape(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}
