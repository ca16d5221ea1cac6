/* The areas by keyboard: one stop for the tab key, arrow keys from one to the next. */
const Keys = (() => {
  const TOWARDS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  /* How much a step aside counts against one ahead. */
  const ASIDE = 2;
  let map = null;
  let drawn = [];
  let nodes = [];
  let places = [];
  let told = null;
  let ring = null;
  let here = 0;

  /* `words(i)` is what is said of an area. */
  function start(leafletMap, data, areas, words) {
    [map, drawn, told] = [leafletMap, areas, words];
    places = data.areas.map((area) => area.at);
    nodes = areas.map((area) => area.getElement());
    if (!nodes.length) return;
    const holder = nodes[0].parentNode;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", `Map of each ${data.area_word}: arrow keys go from one to the next, Escape hides its words`);
    nodes.forEach((node, i) => {
      node.setAttribute("tabindex", -1);
      node.addEventListener("keydown", (event) => pressed(event, i));
      node.addEventListener("focus", () => { stand(i); ringed(node.matches(":focus-visible")); });
      node.addEventListener("blur", () => ringed(false));
    });
    here = middle();
    stand(here);
  }

  /* The first stop: the area nearest to the middle of them all. */
  function middle() {
    const mean = [0, 1].map((k) => places.reduce((sum, at) => sum + at[k], 0) / places.length);
    const far = places.map((at) => Math.hypot(at[0] - mean[0], (at[1] - mean[1]) * 0.6));
    return far.indexOf(Math.min(...far));
  }

  function stand(i) {
    nodes[here].setAttribute("tabindex", -1);
    ["role", "aria-label"].forEach((name) => nodes[here].removeAttribute(name));
    here = i;
    nodes[here].setAttribute("role", "img");
    nodes[here].setAttribute("tabindex", 0);
    shown();
  }

  /* The focus is drawn over everything, for an area's neighbours cover half of its own outline. */
  function ringed(on) {
    if (ring) ring.remove();
    const style = { pane: "leaders", fill: false, interactive: false };
    const lines = [["#FFFFFF", 6], ["#12436D", 3.5]];
    ring = on ? L.featureGroup(lines.map(([color, weight]) => L.polygon(drawn[here].getLatLngs(), { ...style, color, weight }))).addTo(map) : null;
  }

  /* Only the area that has the stop is named, for only that one can be read out. */
  function shown() {
    if (nodes.length) nodes[here].setAttribute("aria-label", told(here));
  }

  /* The nearest area in a direction; the same one where there is none. */
  function next(from, [right, down]) {
    const own = map.latLngToLayerPoint(places[from]);
    let best = from;
    let least = Infinity;
    places.forEach((at, i) => {
      const step = map.latLngToLayerPoint(at).subtract(own);
      const ahead = step.x * right + step.y * down;
      const aside = Math.abs(step.x * down) + Math.abs(step.y * right);
      if (i === from || ahead <= 0 || aside > ASIDE * ahead) return;
      const cost = ahead + ASIDE * aside;
      if (cost < least) [best, least] = [i, cost];
    });
    return best;
  }

  function pressed(event, i) {
    if (event.key === "Escape") drawn[i].closeTooltip();
    const ends = { Home: 0, End: nodes.length - 1 };
    const way = TOWARDS[event.key];
    const to = way ? next(i, way) : ends[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    stand(to);
    nodes[to].focus({ preventScroll: true });
    if (!map.getBounds().contains(places[to])) map.panTo(places[to], { animate: false });
  }

  return { start, shown };
})();
