/* A layer that is painted, not built: thousands of dots or long outlines answer within a frame. */
const Canvas = (() => {
  const UNIT_ZOOM = 14;
  const MARGIN = 0.25;

  /* Places in the painter's own units: pixels at one zoom, from the middle of the study. */
  function units(map, middle) {
    const from = map.project(middle, UNIT_ZOOM);
    const place = (at) => map.project(at, UNIT_ZOOM).subtract(from);
    const perMetre = 2 ** UNIT_ZOOM / (40075016.7 * Math.cos((middle.lat * Math.PI) / 180) / 256);
    return { from, place, perMetre };
  }

  /* `paint(context, scale)` draws in those units; `scale` is how many pixels one of them takes. */
  function layer(map, pane, own, paint) {
    const canvas = document.createElement("canvas");
    canvas.className = "leaflet-zoom-hide";
    canvas.setAttribute("aria-hidden", "true");
    map.getPane(pane).append(canvas);
    const context = canvas.getContext("2d");
    let shown = false;

    function redraw() {
      if (!shown && canvas.width === 0) return;
      const size = map.getSize();
      const sharp = window.devicePixelRatio || 1;
      const spare = size.multiplyBy(MARGIN).round();
      const [wide, high] = [size.x + 2 * spare.x, size.y + 2 * spare.y];
      const corner = map.containerPointToLayerPoint(spare.multiplyBy(-1)).round();
      L.DomUtil.setPosition(canvas, corner);
      canvas.width = shown ? Math.round(wide * sharp) : 0;
      canvas.height = shown ? Math.round(high * sharp) : 0;
      if (!shown) return;
      Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
      const scale = 2 ** (map.getZoom() - UNIT_ZOOM);
      const move = own.from.multiplyBy(scale).subtract(map.getPixelOrigin()).subtract(corner);
      context.setTransform(sharp * scale, 0, 0, sharp * scale, sharp * move.x, sharp * move.y);
      paint(context, scale);
    }

    map.on("moveend resize", redraw);
    return {
      show: () => { shown = true; redraw(); },
      hide: () => { shown = false; redraw(); },
    };
  }

  return { units, layer };
})();
