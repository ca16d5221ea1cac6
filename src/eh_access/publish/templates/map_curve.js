/* The share within each number of minutes, before and after: a picture, and the same as a table. */
const Curve = (() => {
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 230, 44, 60, 10, 40];
  const STEPS = 10;
  const LINES = [["before", "var(--blue)", "6 4"], ["after", "var(--rust)", ""]];
  let page = null;

  function start(given) { page = given; }

  /* Every minute there is a point for, with the shares: those the slider gives for it. */
  function points() {
    const { least, most } = page.mode().limits;
    const { asked, before, after } = page.now;
    return Array.from({ length: STEPS + 1 }, (_, i) => {
      const minutes = Math.round(least + (i * (most - least)) / STEPS);
      const [sum] = Core.summarise({ ...asked, minutes }, before, after);
      return { minutes, before: sum.shareBefore, after: sum.shareAfter };
    });
  }

  function draw(tag, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    if (text) node.textContent = text;
    return node;
  }

  function picture(rows, words) {
    const [first, last] = [rows[0].minutes, rows[rows.length - 1].minutes];
    const x = (minutes) => LEFT + ((minutes - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
    const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words });
    [0, 0.25, 0.5, 0.75, 1].forEach((share) => svg.append(
      draw("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share), stroke: "var(--line)" }),
      draw("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}%`),
    ));
    rows.filter((_, i) => i % 2 === 0).forEach((row) => svg.append(draw("text", { x: x(row.minutes), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, String(row.minutes))));
    svg.append(draw("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, `minutes ${page.mode().label}`));
    const chosen = x(page.state.minutes);
    svg.append(draw("line", { x1: chosen, x2: chosen, y1: TOP, y2: HEIGHT - BOTTOM, stroke: "var(--quiet)", "stroke-dasharray": "2 3" }));
    const ends = LINES.map(([when, colour, dashes], i) => {
      const known = rows.filter((row) => Number.isFinite(row[when]));
      svg.append(draw("polyline", { points: known.map((row) => `${x(row.minutes)},${y(row[when])}`).join(" "), fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes }));
      return known.length ? { when, colour, at: y(known[known.length - 1][when]), i } : null;
    }).filter(Boolean);
    const close = ends.length === 2 && Math.abs(ends[0].at - ends[1].at) < 14;
    ends.forEach(({ when, colour, at, i }) => svg.append(draw("text", { x: WIDTH - RIGHT + 5, y: at + 4 + (close ? 14 * i : 0), fill: colour, "font-weight": 600 }, when)));
    return svg;
  }

  function table(rows) {
    const { make } = page;
    const made = make("table");
    const line = (kind, cells) => {
      const row = make("tr");
      cells.forEach((text, i) => row.append(make(i ? kind : "th", text, i ? { class: "n" } : { scope: kind === "th" ? "col" : "row" })));
      return row;
    };
    const [head, body] = [make("thead"), make("tbody")];
    head.append(line("th", ["Minutes", "Share before", "Share after"]));
    rows.forEach((row) => body.append(line("td", [String(row.minutes), Core.percent(row.before), Core.percent(row.after)])));
    made.append(head, body);
    return made;
  }

  function shown() {
    const rows = points();
    const apart = (row) => Math.abs(row.after - row.before) || 0;
    const widest = rows.reduce((most, row) => (apart(row) > apart(most) ? row : most));
    const [was, is] = [widest.before, widest.after].map(Core.percent);
    const words = `${page.scenarioLabel()}: the share within a number of minutes ${page.mode().label} of ${Core.aOrAn(page.countText())}. `
      + `${was === is ? "Before and after are the same." : `Of the limits drawn, before and after differ most at ${widest.minutes} minutes: ${was} and ${is}.`}`;
    page.get("curve-word").textContent = words;
    page.get("curve").replaceChildren(picture(rows, words));
    page.get("curve-table").replaceChildren(table(rows));
  }

  return { start, shown };
})();
