/* What the map shows: areas, labels, dots, centres. Colours never speak alone: areas carry numbers
   or letters, dots differ in size and filling, centres in shape. */
const Draw = (() => {
  const COLOUR = { blue: "#12436D", teal: "#28A197", plum: "#801650", orange: "#F46A25" };
  const FOUR = [COLOUR.blue, COLOUR.teal, COLOUR.plum, COLOUR.orange];
  /* Classes of change: limits, words and colours come with the figures, as in the report. */
  const CHANGE = [
    { id: "gain" },
    { id: "none" },
    { id: "some" },
    { id: "more" },
    { id: "much", fill: "url(#much)", swatch: "much" },
    { id: "lost", fill: "url(#lost)", swatch: "lost" },
  ];
  const [NONE, LOST] = [1, 5];
  const NOBODY = "#FFFFFF";
  const DOTS = [
    { id: "both", label: "within reach before and after" },
    { id: "lost", label: "no longer within reach" },
    { id: "gained", label: "newly within reach" },
    { id: "neither", label: "not within reach, before or after" },
  ];
  const DOT_STYLE = {
    both: { fill: "rgba(18, 67, 109, .75)" },
    lost: { fill: COLOUR.orange, stroke: "#3A1604", width: 1.6, more: 1.5 },
    gained: { fill: "#FFFFFF", stroke: "#14645E", width: 2.2 },
    neither: { stroke: "#5C6166", width: 1 },
  };
  let map = null;
  let data = null;
  let areas = [];
  let tileLayer = null;
  let labelPane = null;
  let dots = null;
  let land = null;
  let at = null;
  let now = null;
  let seat = [];
  let seatedAt = null;
  const styled = [];
  const labels = new Map();

  function start(leafletMap, payload, onToggle) {
    map = leafletMap;
    data = payload;
    CHANGE.forEach((kind, i) => {
      kind.label = data.change.labels[i];
      kind.fill = kind.fill || data.change.colours[i];
    });
    map.attributionControl.setPrefix(false);
    Base.panes(map);
    areas = Base.draw(map, data);
    areas.forEach((drawn, i) => drawn.bindTooltip(() => Sites.tip(data.areas[i].name, words(i))));
    labelPane = map.getPane("labels");
    Sites.start(map, data, onToggle);
    home();
    const own = Canvas.units(map, map.getCenter());
    Isochrones.start(own);
    Base.ground(map, data, own);
    const places = data.origins.at;
    at = new Float64Array(places.length);
    for (let o = 0; o < places.length; o += 2) {
      const p = own.place([places[o] / 1e5, places[o + 1] / 1e5]);
      at[o] = p.x;
      at[o + 1] = p.y;
    }
    dots = Canvas.layer(map, "dots", own, paintDots);
    land = Canvas.layer(map, "isochrones", own, (context, scale) => Isochrones.paint(context, scale, now.figures.land));
    Keys.start(map, data, areas, (i) => (now ? `${data.areas[i].name}: ${words(i)}` : data.areas[i].name));
  }

  function home() {
    const bounds = L.latLngBounds([]);
    areas.forEach((area) => bounds.extend(area.getBounds()));
    data.sites.forEach((site) => site.at && !site.neighbour && bounds.extend(site.at));
    if (bounds.isValid()) map.fitBounds(bounds, { padding: [24, 24], animate: false });
  }

  function changeClass(more) {
    if (more === Infinity) return LOST;
    return Number.isNaN(more) ? NONE : data.change.bounds.filter((bound) => more >= bound).length;
  }

  /* ---- areas ---- */
  function words(i) {
    const facts = now.figures.areas[i];
    if (!facts.weight) return data.study.hiding ? "none of those asked about, or too few" : "none of those asked about";
    if (now.view === "change") return `${Core.added(facts.change)} minutes`;
    if (now.view === "catchments") return facts.site < 0 ? "none in reach" : data.sites[facts.site].name;
    return `${Core.percent(facts.share)} within reach after`;
  }

  function look(i) {
    const facts = now.figures.areas[i];
    const veil = tileLayer ? 0.62 : 1;
    if (now.view === "change" && facts.weight) return [CHANGE[changeClass(facts.change)].fill, veil];
    const colour = now.view === "catchments" && facts.weight ? now.figures.colours.get(facts.site) : undefined;
    if (colour !== undefined) return [FOUR[colour], 0.3];
    return [now.view === "coverage" ? CHANGE[1].fill : NOBODY, tileLayer ? 0.25 : 1];
  }

  function wanted(i) {
    const facts = now.figures.areas[i];
    if (!facts.weight) return null;
    if (now.view === "catchments") return facts.site < 0 ? null : [data.sites[facts.site].letter, "letter"];
    if (now.view !== "change" || changeClass(facts.change) === NONE) return null;
    if (facts.change === Infinity) return ["×", "more"];
    return Number.isFinite(facts.change) ? [wholeAdded(facts.change), "more"] : null;
  }

  const wholeAdded = (more) => `${more > 0 ? "+" : ""}${Core.fixed(more, 0)}`;

  function paintAreas() {
    areas.forEach((drawn, i) => {
      const [fillColor, fillOpacity] = look(i);
      const key = `${fillColor} ${fillOpacity}`;
      if (styled[i] === key) return;
      styled[i] = key;
      drawn.setStyle({ fillColor, fillOpacity });
    });
  }

  /* ---- labels: one that would cover a centre or another is left out, the tooltip still has it ---- */
  function seats() {
    const where = map.getPixelOrigin();
    if (seatedAt && where.equals(seatedAt.where) && map.getZoom() === seatedAt.zoom) return;
    seatedAt = { where, zoom: map.getZoom() };
    seat = areas.map((area, i) => {
      const box = area.getBounds();
      const a = map.latLngToLayerPoint(box.getNorthWest());
      const b = map.latLngToLayerPoint(box.getSouthEast());
      return { at: map.latLngToLayerPoint(data.areas[i].at), roomy: b.x - a.x > 22 && b.y - a.y > 14 };
    });
    labels.forEach((label) => label.node.remove());
    labels.clear();
  }

  const boxAt = (p, wide, high) => [p.x - wide / 2, p.y - high / 2, p.x + wide / 2, p.y + high / 2];
  const apart = (a, b) => a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3];

  function paintLabels() {
    seats();
    const size = (i) => Math.abs(now.figures.areas[i].change);
    const taken = Sites.places().map((place) => boxAt(map.latLngToLayerPoint(place), 30, 30));
    const chosen = new Map();
    areas.map((_, i) => i).filter((i) => seat[i].roomy && wanted(i))
      .sort((i, j) => size(j) - size(i) || i - j)
      .forEach((i) => {
        const [text, kind] = wanted(i);
        const box = boxAt(seat[i].at, 6 + 7 * text.length, 13);
        if (!taken.every((other) => apart(other, box))) return;
        taken.push(box);
        chosen.set(i, [text, kind]);
      });
    labels.forEach((label, i) => {
      if (chosen.has(i)) return;
      label.node.remove();
      labels.delete(i);
    });
    const fresh = document.createDocumentFragment();
    chosen.forEach(([text, kind], i) => {
      const label = labels.get(i) || { node: document.createElement("span"), told: "" };
      if (label.told === `${kind} ${text}`) return;
      label.told = `${kind} ${text}`;
      label.node.textContent = text;
      label.node.className = `area-label ${kind}`;
      if (labels.has(i)) return;
      label.node.style.transform = `translate(${seat[i].at.x}px, ${seat[i].at.y}px) translate(-50%, -50%)`;
      labels.set(i, label);
      fresh.append(label.node);
    });
    labelPane.append(fresh);
  }

  /* ---- dots: thousands, so they are painted ---- */
  function paintDots(context, scale) {
    const { figures } = now;
    const { weight } = figures.asked;
    const crowd = Math.max(0.45, Math.min(1, Math.sqrt(900 / weight.length)));
    const factor = (3.2 * crowd) / Math.sqrt(figures.typicalWeight || 1);
    const kinds = { neither: [], both: [], gained: [], lost: [] };
    figures.asked.members.forEach((o) => kinds[figures.dot(o)].push(o));
    Object.entries(kinds).forEach(([kind, list]) => {
      const style = DOT_STYLE[kind];
      const more = (style.more || 0) * crowd;
      context.beginPath();
      list.forEach((o) => {
        const size = Math.max(1.6 * crowd, Math.min(6 * crowd, factor * Math.sqrt(weight[o]))) + more;
        const [x, y, radius] = [at[2 * o], at[2 * o + 1], size / scale];
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      });
      if (style.fill) {
        context.fillStyle = style.fill;
        context.fill();
      }
      if (style.stroke) {
        context.strokeStyle = style.stroke;
        context.lineWidth = style.width / scale;
        context.stroke();
      }
    });
  }

  function paint(view, figures, states) {
    now = { view, figures };
    Sites.paint(states);
    paintAreas();
    paintLabels();
    if (view === "coverage") dots.show(); else dots.hide();
    if (view === "isochrones") land.show(); else land.hide();
    areas.forEach((drawn) => {
      if (drawn.isTooltipOpen()) drawn.getTooltip().update();
    });
    Keys.shown();
  }

  function tiles(on, onFailure) {
    if (tileLayer) tileLayer.remove();
    tileLayer = on ? Base.tiles(map, data.osm_credit, onFailure) : null;
  }

  return { start, home, paint, tiles, CHANGE, DOTS, NOBODY };
})();
