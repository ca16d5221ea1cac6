/* Centres on the map: made once, then only their looks and words change. */
const Sites = (() => {
  const APART_PX = 33;
  const MOVED_PX = 3;
  let map = null;
  let data = null;
  let toggle = null;
  let lines = null;
  let states = [];
  let shownAt = [];
  let drawnFor = "";
  const markers = [];

  function start(leafletMap, payload, onToggle) {
    [map, data, toggle] = [leafletMap, payload, onToggle];
    lines = L.layerGroup().addTo(map);
  }

  const tip = (name, text) => {
    const holder = document.createElement("span");
    const strong = document.createElement("strong");
    strong.textContent = name;
    holder.append(strong, document.createElement("br"), text);
    return holder;
  };

  /* Centres that would cover one another are moved apart on the screen, a line to their place. */
  function apart(places) {
    const points = places.map((at) => at && map.latLngToLayerPoint(at));
    for (let turn = 0; turn < 60; turn += 1) {
      let still = true;
      points.forEach((p, i) => points.slice(0, i).forEach((q) => {
        if (!p || !q) return;
        const gap = Math.hypot(p.x - q.x, p.y - q.y);
        if (gap >= APART_PX) return;
        still = false;
        const push = (APART_PX - gap) / 2 + 0.1;
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
    L.polyline([from, to], style).addTo(lines);
    L.circleMarker(from, { ...style, radius: 2.5, fillOpacity: 1 }).addTo(lines);
  }

  /* Where they stand, worked out again only when the zoom or a place has changed. */
  function arrange() {
    const wanted = JSON.stringify([map.getZoom(), states.map((is) => is.at)]);
    if (wanted === drawnFor) return false;
    drawnFor = wanted;
    lines.clearLayers();
    shownAt = apart(states.map((is) => is.at));
    data.sites.forEach((site, i) => {
      const { at } = states[i];
      if (!at) return;
      if (map.latLngToLayerPoint(at).distanceTo(map.latLngToLayerPoint(shownAt[i])) > MOVED_PX) leader(at, shownAt[i]);
      if (site.rough_m) {
        const style = {
          pane: "circles", color: "#4A4F54", weight: 1.5, dashArray: "4 5", fill: false, interactive: false,
        };
        // where it is drawn the circle stops at the borough; where a reader has moved it, it is whole
        const stays = at[0] === site.at[0] && at[1] === site.at[1];
        (stays ? L.polygon(site.rough_at.map((part) => part.map(Core.decodeLine)), style)
          : L.circle(at, { ...style, radius: site.rough_m })).addTo(lines);
      }
    });
    return true;
  }

  function pressed(marker, site) {
    marker.on("click", () => toggle(site.id));
    marker.on("keydown", (event) => {
      if (!["Enter", " "].includes(event.originalEvent.key)) return;
      event.originalEvent.preventDefault();
      toggle(site.id);
    });
  }

  function create(site, i) {
    const holder = document.createElement("span");
    holder.textContent = site.letter;
    const icon = L.divIcon({ html: holder, className: "centre-holder", iconSize: [30, 30] });
    const marker = L.marker(shownAt[i], { icon, riseOnHover: true, alt: site.name, keyboard: !site.neighbour });
    if (!site.neighbour) pressed(marker, site);
    marker.bindTooltip(() => tip(site.name, states[i].words), { direction: "top", offset: [0, -13] });
    marker.addTo(map);
    const node = marker.getElement();
    node.dataset.site = site.id;
    if (site.neighbour) node.setAttribute("role", "img");
    node.removeAttribute("title");
    return { marker, node, holder, told: "" };
  }

  /* Returns whether their places on the screen have changed. */
  function paint(given) {
    states = given;
    const moved = arrange();
    data.sites.forEach((site, i) => {
      if (!states[i].at) return;
      if (!markers[i]) markers[i] = create(site, i);
      const drawn = markers[i];
      if (moved) drawn.marker.setLatLng(shownAt[i]);
      const told = `${site.letter}, ${site.name}: ${states[i].words}. ${states[i].does}`.trim();
      if (told === drawn.told) return;
      drawn.told = told;
      drawn.holder.className = `centre ${states[i].state}`;
      drawn.node.setAttribute("aria-label", told);
      if (drawn.marker.isTooltipOpen()) drawn.marker.getTooltip().update();
    });
    return moved;
  }

  return { start, paint, tip, places: () => shownAt.filter(Boolean) };
})();
