/* The map's own base, there without any connection: areas, water, rail, streets, outlines. */
const Base = (() => {
  const OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright";
  const SPACE = "http://www.w3.org/2000/svg";
  const WATER = "#CFE3EE";
  const RIVER = { style: "#BCD7E6", width: 2.5 };
  const STREET = "rgba(107, 111, 115, .45)";
  const MAIN_ROAD = 1;
  const RAIL = { style: "rgba(74, 79, 84, .75)", width: 1.4, dashes: [6, 3] };
  const shapes = (parts) => parts.map((rings) => rings.map(Core.decodeLine));

  function pane(map, name, order, clicks) {
    const made = map.createPane(name);
    made.style.zIndex = order;
    if (!clicks) made.style.pointerEvents = "none";
    return made;
  }

  function panes(map) {
    pane(map, "tiles-under", 200, false);
    pane(map, "areas", 400, true);
    pane(map, "isochrones", 410, false).style.opacity = 0.8;
    pane(map, "streets", 420, false);
    pane(map, "outlines", 430, false);
    pane(map, "dots", 440, false);
    pane(map, "labels", 450, false).classList.add("leaflet-zoom-hide");
    pane(map, "circles", 460, false);
    pane(map, "leaders", 470, false);
  }

  /* Returns the areas drawn, in their order. */
  function draw(map, data) {
    const renderer = L.svg({ pane: "areas", padding: 0.5 });
    const areas = data.areas.map((area) => L.polygon(shapes(area.shape), {
      pane: "areas", renderer, weight: 0.6, color: "#8A8F94", fillOpacity: 1,
    }).addTo(map));
    addPatterns(renderer._container, data.change.colours[4]);
    const lines = L.svg({ pane: "outlines", padding: 0.5 });
    const outline = (list, weight, dashes) => list.forEach((parts) => {
      L.polygon(shapes(parts), {
        pane: "outlines", renderer: lines, fill: false, weight, color: "#4A4F54",
        dashArray: dashes, interactive: false,
      }).addTo(map);
    });
    outline(data.base.wards, 1, "1 3");
    outline(data.base.borough, 2, null);
    return areas;
  }

  /* Water under the streets, rail over them: painted, for there are many. */
  function ground(map, data, own) {
    const trace = (path, line) => Core.decodeLine(line).map(own.place)
      .forEach((p, i) => (i ? path.lineTo(p.x, p.y) : path.moveTo(p.x, p.y)));
    const traced = (lines) => lines.reduce((path, line) => { trace(path, line); return path; }, new Path2D());
    const { water, rivers, streets, rail } = data.base;
    const strokes = [
      { path: traced(rivers), ...RIVER },
      ...streets.map((kind) => ({ path: traced(kind.lines), style: STREET, width: kind.width })),
      { path: traced(rail), ...RAIL },
    ];
    const lakes = traced(water.flat(2));
    Canvas.layer(map, "streets", own, (context, scale) => {
      context.fillStyle = WATER;
      context.fill(lakes, "evenodd");
      // on paper main roads are enough to find one's way, and a third of the file
      const least = document.documentElement.classList.contains("printing") ? MAIN_ROAD : 0;
      strokes.filter(({ width }) => width >= least).forEach(({ path, style, width, dashes }) => {
        context.strokeStyle = style;
        context.lineWidth = width / scale;
        context.setLineDash((dashes || []).map((length) => length / scale));
        context.stroke(path);
      });
    }).show();
  }

  /* Hatching, so that the worst areas stand out without colour. */
  function addPatterns(svg, worst) {
    const defs = document.createElementNS(SPACE, "defs");
    const make = (id, ground, ink, crossed) => {
      const pattern = document.createElementNS(SPACE, "pattern");
      const set = (node, values) => Object.entries(values).forEach(([k, v]) => node.setAttribute(k, v));
      set(pattern, { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
      const rect = document.createElementNS(SPACE, "rect");
      set(rect, { width: 8, height: 8, fill: ground });
      const path = document.createElementNS(SPACE, "path");
      const slope = "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4";
      set(path, { d: crossed ? `${slope} M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4` : slope });
      set(path, { stroke: ink, "stroke-width": 1.2 });
      pattern.append(rect, path);
      defs.append(pattern);
    };
    make("much", worst, "#FFFFFF", false);
    make("lost", "#FFFFFF", worst, true);
    svg.prepend(defs);
  }

  const escaped = (text) => {
    const holder = document.createElement("span");
    holder.textContent = text;
    return holder.innerHTML;
  };

  /* OpenStreetMap asks that its credit leads to its copyright page. */
  const creditHtml = (credit) => (credit.includes("OpenStreetMap")
    ? `<a href="${OSM_COPYRIGHT}">${escaped(credit)}</a>` : escaped(credit));

  /* OpenStreetMap's picture under ours, only when the reader asks for it. */
  function tiles(map, credit, onFailure) {
    const address = ["https://tile.openstreetmap.org", "{z}", "{x}", "{y}.png"].join("/");
    const layer = L.tileLayer(address, { pane: "tiles-under", maxZoom: 19, attribution: creditHtml(credit) });
    layer.once("tileerror", onFailure);
    return layer.addTo(map);
  }

  return { panes, draw, ground, tiles, WATER, OSM_COPYRIGHT };
})();
