/* Land within so many minutes of the open centres, along streets: stored shapes, laid together. */
const Isochrones = (() => {
  const TINTS = ["#12436D", "#3F76A3", "#76A3C4", "#A9C8DC", "#D6E5EE"];
  const OPENED = "#28A197";
  const ORANGE = "#F46A25";
  const HATCH_PX = 8;
  const kept = new Map();
  let own = null;

  const start = (units) => { own = units; };

  /* The cutoffs drawn for so many minutes: every one stored and no longer; none by timetable. */
  const drawn = (data, mode, minutes) => (data.isochrones?.modes[mode] ? data.isochrones.cutoffs.filter((cutoff) => cutoff <= minutes) : []);

  const tint = (rank, count) => TINTS[Math.max(TINTS.length - count, 0) + rank];

  /* One site's land within one cutoff, in the painter's units; made when first wanted. */
  function path(key, shape, rings) {
    if (!kept.has(key)) {
      const made = new Path2D();
      shape.flat().forEach((ring) => {
        Core.decodeLine(typeof ring === "number" ? rings[ring] : ring).map(own.place)
          .forEach((p, i) => (i ? made.lineTo(p.x, p.y) : made.moveTo(p.x, p.y)));
        made.closePath();
      });
      kept.set(key, made);
    }
    return kept.get(key);
  }

  /* A site that moves in a scenario has land of its own there. */
  function land(data, scenario, mode, site, rank) {
    const move = scenario.moved.find((item) => item.site === site);
    const own = move ? move.isochrones[mode] : null;
    const shapes = own || (move && !move.stays ? [] : data.isochrones.modes[mode][site]);
    const shape = (shapes || [])[rank] || [];
    return path(`${own ? scenario.name : ""} ${mode} ${site} ${rank}`, shape, data.isochrones.rings);
  }

  function hatching(context, scale) {
    const tile = document.createElement("canvas");
    tile.width = HATCH_PX;
    tile.height = HATCH_PX;
    const ink = tile.getContext("2d");
    ink.fillStyle = "#FFFFFF";
    ink.fillRect(0, 0, HATCH_PX, HATCH_PX);
    ink.strokeStyle = ORANGE;
    ink.lineWidth = 3;
    [-HATCH_PX, 0, HATCH_PX].forEach((x) => {
      ink.beginPath();
      ink.moveTo(x - 2, HATCH_PX + 2);
      ink.lineTo(x + HATCH_PX + 2, -2);
      ink.stroke();
    });
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / scale));
    return pattern;
  }

  /* What was reached before lies under what is reached after: where it shows, it is lost. */
  function paint(context, scale, { data, before, after, mode, minutes }) {
    const cutoffs = drawn(data, mode, minutes);
    if (!cutoffs.length) return;
    const last = cutoffs.length - 1;
    const each = (side, rank, chosen, work) => data.sites.forEach((site, s) => {
      if (site.at && !site.neighbour && side.serves[s] && chosen(s)) work(land(data, side.scenario, mode, s, rank));
    });
    const fill = (side, style, rank, chosen) => {
      context.fillStyle = style;
      each(side, rank, chosen, (shape) => context.fill(shape, "nonzero"));
    };
    fill(before, hatching(context, scale), last, () => true);
    // each line is drawn to within so many metres: slivers between two of them are no loss
    context.strokeStyle = tint(last, cutoffs.length);
    context.lineWidth = 2 * data.isochrones.detail_m[mode] * own.perMetre;
    context.lineJoin = "round";
    each(after, last, (s) => before.serves[s], (shape) => context.stroke(shape));
    fill(after, OPENED, last, (s) => !before.serves[s]);
    for (let rank = last; rank >= 0; rank -= 1) fill(after, tint(rank, cutoffs.length), rank, (s) => before.serves[s]);
  }

  function legend(data, mode, minutes, word) {
    const cutoffs = drawn(data, mode, minutes);
    if (!cutoffs.length) return [];
    const bands = cutoffs.map((cutoff, rank) => ({
      colour: tint(rank, cutoffs.length),
      label: rank ? `over ${cutoffs[rank - 1]} to ${cutoff} minutes` : `within ${cutoff} minutes`,
    }));
    const last = cutoffs[cutoffs.length - 1];
    return [
      ...bands,
      { kind: "gone", label: `within ${last} minutes before, no longer after` },
      { colour: OPENED, label: `within ${last} minutes only of a ${word} that opens` },
    ];
  }

  return { start, paint, legend, drawn };
})();
