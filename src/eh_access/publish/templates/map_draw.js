/* What the map shows: our own base, areas, dots, centres. Colours never speak alone: areas carry
   numbers or letters, dots differ in size and filling, centres in shape. */
const Draw = (() => {
  const COLOUR = { blue: "#12436D", teal: "#28A197", plum: "#801650", orange: "#F46A25" };
  const FOUR = [COLOUR.blue, COLOUR.teal, COLOUR.plum, COLOUR.orange];
  const CHANGE = [
    { id: "gain", label: "nearer by 0.5 minutes or more", fill: "#A9DBD6" },
    { id: "none", label: "under 0.5 minutes either way", fill: "#F5F5F2" },
    { id: "some", label: "0.5 to under 5 minutes longer", fill: "#FDE0CF" },
    { id: "more", label: "5 to under 10 minutes longer", fill: "#F8AE85" },
    { id: "much", label: "10 minutes or more longer", fill: "url(#much)", swatch: "much" },
    { id: "lost", label: "no longer reached", fill: "url(#lost)", swatch: "lost" },
  ];
  const DOTS = [
    { id: "both", label: "within reach before and after" },
    { id: "lost", label: "no longer within reach" },
    { id: "gained", label: "newly within reach" },
    { id: "neither", label: "not within reach, before or after" },
  ];
  const OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright";
  let map = null;
  let data = null;
  const layers = { areas: [], labels: null, dots: null, sites: null, circles: null, tiles: null };

  const pane = (name, order, clicks) => {
    const made = map.createPane(name);
    made.style.zIndex = order;
    if (!clicks) made.style.pointerEvents = "none";
    return name;
  };

  function start(leafletMap, payload) {
    map = leafletMap;
    data = payload;
    map.attributionControl.setPrefix(false);
    pane("tiles-under", 200, false);
    pane("areas", 400, true);
    pane("streets", 420, false);
    pane("outlines", 430, false);
    pane("dots", 440, true);
    pane("labels", 450, false);
    pane("circles", 460, false);
    pane("leaders", 470, false);
    drawBase();
    layers.labels = L.layerGroup().addTo(map);
    layers.dots = L.layerGroup().addTo(map);
    layers.dotRenderer = L.canvas({ pane: "dots", padding: 0.3 });
    layers.circles = L.layerGroup().addTo(map);
    layers.sites = L.layerGroup().addTo(map);
    home();
  }

  const escaped = (text) => {
    const holder = document.createElement("span");
    holder.textContent = text;
    return holder.innerHTML;
  };

  /* OpenStreetMap asks that its credit leads to its copyright page. */
  const creditHtml = (credit) => (credit.includes("OpenStreetMap")
    ? `<a href="${OSM_COPYRIGHT}">${escaped(credit)}</a>` : escaped(credit));

  const shapes = (parts) => parts.map((rings) => rings.map(Core.decodeLine));

  function drawBase() {
    const areaRenderer = L.svg({ pane: "areas", padding: 0.5 });
    data.areas.forEach((area) => {
      const drawn = L.polygon(shapes(area.shape), {
        pane: "areas", renderer: areaRenderer, weight: 0.6, color: "#8A8F94", fillOpacity: 1,
      });
      layers.areas.push(drawn.addTo(map));
    });
    addPatterns(areaRenderer);
    const streets = L.canvas({ pane: "streets", padding: 0.3 });
    data.base.streets.forEach((kind) => {
      L.polyline(kind.lines.map(Core.decodeLine), {
        pane: "streets", renderer: streets, weight: kind.width, color: "#6B6F73", opacity: 0.45,
        interactive: false, smoothFactor: 1.5,
      }).addTo(map);
    });
    const lines = L.svg({ pane: "outlines", padding: 0.5 });
    const outline = (list, weight, dashes) => list.forEach((parts) => {
      L.polygon(shapes(parts), {
        pane: "outlines", renderer: lines, fill: false, weight, color: "#4A4F54",
        dashArray: dashes, interactive: false,
      }).addTo(map);
    });
    outline(data.base.wards, 1, "1 3");
    outline(data.base.borough, 2, null);
  }

  /* Hatching, so that the worst areas stand out without colour. */
  function addPatterns(renderer) {
    const svg = renderer._container;
    const space = "http://www.w3.org/2000/svg";
    const defs = document.createElementNS(space, "defs");
    const make = (id, ground, ink, crossed) => {
      const pattern = document.createElementNS(space, "pattern");
      const set = (node, values) => Object.entries(values).forEach(([k, v]) => node.setAttribute(k, v));
      set(pattern, { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
      const rect = document.createElementNS(space, "rect");
      set(rect, { width: 8, height: 8, fill: ground });
      const path = document.createElementNS(space, "path");
      const slope = "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4";
      set(path, { d: crossed ? `${slope} M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4` : slope });
      set(path, { stroke: ink, "stroke-width": 1.2 });
      pattern.append(rect, path);
      defs.append(pattern);
    };
    make("much", COLOUR.orange, "#FFFFFF", false);
    make("lost", "#FFFFFF", COLOUR.orange, true);
    svg.prepend(defs);
  }

  function home() {
    const bounds = L.latLngBounds([]);
    layers.areas.forEach((area) => bounds.extend(area.getBounds()));
    data.sites.forEach((site) => site.at && bounds.extend(site.at));
    if (bounds.isValid()) map.fitBounds(bounds, { padding: [6, 6], animate: false });
  }

  function changeClass(more) {
    if (more === Infinity) return 5;
    if (more <= -0.5) return 0;
    if (more < 0.5 || Number.isNaN(more)) return 1;
    if (more < 5) return 2;
    return more < 10 ? 3 : 4;
  }

  let placed = [];
  let shownAt = [];
  const dots = [];
  const lost = [];
  const boxAt = (at, wide, high) => {
    const p = map.latLngToLayerPoint(at);
    return [p.x - wide / 2, p.y - high / 2, p.x + wide / 2, p.y + high / 2];
  };

  /* A label that would cover a centre or another label is left out: the tooltip still has it. */
  function free(box) {
    return placed.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
  }

  function label(at, text, kind) {
    const box = boxAt(at, 6 + 7 * text.length, 13);
    if (!free(box)) return;
    placed.push(box);
    const holder = document.createElement("span");
    holder.textContent = text;
    holder.className = `area-label ${kind}`;
    const icon = L.divIcon({ html: holder, className: "label-holder", iconSize: [0, 0] });
    L.marker(at, { icon, pane: "labels", interactive: false, keyboard: false })
      .addTo(layers.labels);
  }

  /* Room for a label: the area is wide enough on the screen at this zoom. */
  function roomy(area) {
    const box = area.getBounds();
    const a = map.latLngToLayerPoint(box.getNorthWest());
    const b = map.latLngToLayerPoint(box.getSouthEast());
    return b.x - a.x > 22 && b.y - a.y > 14;
  }

  function paint(view, figures) {
    layers.labels.clearLayers();
    layers.dots.clearLayers();
    placed = shownAt.filter(Boolean).map((at) => boxAt(at, 30, 30));
    const veil = layers.tiles ? 0.62 : 1;
    const order = layers.areas.map((_, i) => i)
      .sort((i, j) => Math.abs(figures.areas[j].change) - Math.abs(figures.areas[i].change) || i - j);
    order.forEach((i) => {
      const drawn = layers.areas[i];
      const facts = figures.areas[i];
      const style = { fillColor: "#F5F5F2", fillOpacity: layers.tiles ? 0.25 : 1, weight: 0.6 };
      if (view === "change") {
        style.fillColor = CHANGE[changeClass(facts.change)].fill;
        style.fillOpacity = veil;
        const text = Core.added(facts.change);
        if (Math.abs(facts.change) >= 0.5 && facts.weight > 0 && roomy(drawn)) {
          label(data.areas[i].at, facts.change === Infinity ? "×" : wholeAdded(facts.change), "more");
        }
        drawn.unbindTooltip().bindTooltip(tip(data.areas[i].name, `${text} minutes`));
      } else if (view === "catchments") {
        const colour = figures.colours.get(facts.site);
        if (colour !== undefined) {
          style.fillColor = FOUR[colour];
          style.fillOpacity = 0.3;
        }
        const letter = facts.site < 0 ? "" : data.sites[facts.site].letter;
        if (letter && roomy(drawn)) label(data.areas[i].at, letter, "letter");
        const name = facts.site < 0 ? "none in reach" : data.sites[facts.site].name;
        drawn.unbindTooltip().bindTooltip(tip(data.areas[i].name, name));
      } else {
        drawn.unbindTooltip().bindTooltip(tip(data.areas[i].name, `${Core.percent(facts.share)} within reach after`));
      }
      drawn.setStyle(style);
    });
    if (view === "coverage") paintDots(figures);
  }

  const wholeAdded = (more) => `${more > 0 ? "+" : ""}${Core.fixed(more, 0)}`;

  const tip = (name, text) => {
    const holder = document.createElement("span");
    const strong = document.createElement("strong");
    strong.textContent = name;
    holder.append(strong, document.createElement("br"), text);
    return holder;
  };

  const DOT_STYLE = {
    both: { fill: true, fillColor: COLOUR.blue, stroke: false, fillOpacity: 0.75 },
    lost: { fill: true, fillColor: COLOUR.orange, stroke: true, color: "#3A1604", weight: 1.6, fillOpacity: 1 },
    gained: { fill: true, fillColor: "#FFFFFF", stroke: true, color: "#14645E", weight: 2.2, fillOpacity: 1 },
    neither: { fill: false, stroke: true, color: "#5C6166", weight: 1 },
  };

  /* Dots are made once and only change their looks: thousands of them answer at once. */
  function paintDots(figures) {
    const { at, weight } = data.origins;
    const crowd = Math.max(0.45, Math.min(1, Math.sqrt(900 / weight.length)));
    const scale = (3.2 * crowd) / Math.sqrt(figures.typicalWeight || 1);
    for (let o = 0; o < weight.length; o += 1) {
      if (!dots[o]) {
        const options = { pane: "dots", renderer: layers.dotRenderer, interactive: false };
        dots[o] = L.circleMarker([at[2 * o] / 1e5, at[2 * o + 1] / 1e5], options);
      }
      const shown = figures.chosen(o);
      const kind = figures.dot(o);
      const size = Math.max(1.6 * crowd, Math.min(6 * crowd, scale * Math.sqrt(weight[o])));
      if (shown) {
        dots[o].options.radius = kind === "lost" ? size + 1.5 * crowd : size;
        dots[o]._radius = dots[o].options.radius;
        L.setOptions(dots[o], DOT_STYLE[kind]);
        layers.dots.addLayer(dots[o]);
        if (kind === "lost") lost.push(dots[o]);
      }
    }
    lost.splice(0).forEach((dot) => dot.bringToFront());
  }

  /* Centres that would cover one another are moved apart on the screen, a line to their place. */
  function apart(places) {
    const need = 33;
    const points = places.map((at) => at && map.latLngToLayerPoint(at));
    for (let turn = 0; turn < 60; turn += 1) {
      let still = true;
      points.forEach((p, i) => points.slice(0, i).forEach((q) => {
        if (!p || !q) return;
        const gap = Math.hypot(p.x - q.x, p.y - q.y);
        if (gap >= need) return;
        still = false;
        const push = (need - gap) / 2 + 0.1;
        const [x, y] = gap < 0.01 ? [1, 0] : [(p.x - q.x) / gap, (p.y - q.y) / gap];
        p.x += x * push;
        p.y += y * push;
        q.x -= x * push;
        q.y -= y * push;
      }));
      if (still) break;
    }
    return points.map((p) => p && map.layerPointToLatLng(p));
  }

  function leader(from, to) {
    const style = { pane: "leaders", color: "#1F2328", weight: 1.5, interactive: false };
    L.polyline([from, to], style).addTo(layers.circles);
    L.circleMarker(from, { ...style, radius: 2.5, fillOpacity: 1 }).addTo(layers.circles);
  }

  function paintSites(states, onToggle) {
    const held = document.activeElement?.dataset?.site;
    layers.sites.clearLayers();
    layers.circles.clearLayers();
    shownAt = apart(states.map((is) => is.at));
    data.sites.forEach((site, i) => {
      if (!states[i].at) return;
      if (map.latLngToLayerPoint(states[i].at).distanceTo(map.latLngToLayerPoint(shownAt[i])) > 3) {
        leader(states[i].at, shownAt[i]);
      }
      if (site.basis === "estimate" && site.radius_m) {
        L.circle(states[i].at, {
          radius: site.radius_m, pane: "circles", color: "#4A4F54", weight: 1.5, dashArray: "4 5",
          fill: false, interactive: false,
        }).addTo(layers.circles);
      }
      const holder = document.createElement("span");
      holder.className = `centre ${states[i].state}`;
      holder.textContent = site.letter;
      const icon = L.divIcon({ html: holder, className: "centre-holder", iconSize: [30, 30] });
      const marker = L.marker(shownAt[i], { icon, riseOnHover: true, alt: site.name });
      marker.on("click", () => onToggle(site.id));
      marker.on("keydown", (event) => {
        if (!["Enter", " "].includes(event.originalEvent.key)) return;
        event.originalEvent.preventDefault();
        onToggle(site.id);
      });
      marker.bindTooltip(tip(site.name, states[i].words), { direction: "top", offset: [0, -13] });
      marker.addTo(layers.sites);
      const node = marker.getElement();
      node.dataset.site = site.id;
      node.setAttribute("aria-label", `${site.letter}, ${site.name}: ${states[i].words}. ${states[i].does}`);
      node.removeAttribute("title");
      if (held === site.id) node.focus({ preventScroll: true });
    });
  }

  /* OpenStreetMap's picture under ours, only when the reader asks for it. */
  function tiles(on, onFailure) {
    if (layers.tiles) {
      layers.tiles.remove();
      layers.tiles = null;
    }
    if (!on) return;
    const address = ["https://tile.openstreetmap.org", "{z}", "{x}", "{y}.png"].join("/");
    layers.tiles = L.tileLayer(address, { pane: "tiles-under", maxZoom: 19, attribution: creditHtml(data.osm_credit) });
    layers.tiles.once("tileerror", onFailure);
    layers.tiles.addTo(map);
  }

  return { start, home, paint, paintSites, tiles, CHANGE, DOTS, FOUR };
})();
