/* Postcodes, looked up in the page: what is typed is sent nowhere. */
const Postcode = (() => {
  let page = null;
  let asked = null;
  const plain = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

  function start(given) {
    page = given;
    const { data, get } = page;
    if (!data.origins.are_postcodes) return;
    const index = new Map(data.origins.id.map((id, o) => [plain(id), o]));
    get("postcode-part").hidden = false;
    get("postcode-form").addEventListener("submit", (event) => {
      event.preventDefault();
      asked = index.get(plain(get("postcode").value));
      if (asked === undefined) get("postcode-answer").replaceChildren(page.make("p", "That postcode is not among those of this study."));
      else shown();
    });
  }

  /* Metres by the shortest way: minutes at one speed are metres; a car's minutes are none. */
  function metres(mode, item, s, o) {
    if (mode.uses_road_speeds || item.moved.some((move) => move.site === s && !mode.estimated)) return null;
    const minutes = mode.estimated ? page.minutesOf(item, mode) : mode.metres;
    return minutes ? (minutes[s * page.n + o] * mode.speed_km_h * 1000) / 60 : null;
  }

  const km = (value) => (value < 1000 ? `${Core.fixed(Math.round(value / 10) * 10, 0)} m` : `${Core.fixed(value / 1000, 1)} km`);

  function ranked(mode, item, serves, o) {
    return page.data.sites
      .map((site, s) => ({ minutes: page.minutesOf(item, mode)[s * page.n + o], name: site.name, metres: metres(mode, item, s, o), serves: serves[s] }))
      .filter((found) => found.serves && found.minutes < Infinity)
      .sort((a, b) => a.minutes - b.minutes);
  }

  function cell(found) {
    if (!found) return page.make("td", "none reached");
    const node = page.make("td", `${Core.fixed(found.minutes, 1)} minutes, ${found.name}`);
    if (found.metres !== null && Number.isFinite(found.metres)) node.append(page.make("span", `${page.data.estimated ? "about " : ""}${km(found.metres)}`, { class: "length" }));
    return node;
  }

  /* Again whenever a switch changes what is true of the postcode last asked for. */
  function shown() {
    if (asked === null || asked === undefined) return;
    const { data, make, state, get } = page;
    const o = asked;
    const heads = ["How", "Nearest before", "Nearest after", "Minutes added", "Second nearest after"];
    const table = make("table");
    table.append(make("caption", caption(o)), make("thead"), make("tbody"));
    const head = make("tr");
    heads.forEach((text) => head.append(make("th", text, { scope: "col" })));
    table.tHead.append(head);
    page.modes.forEach((mode) => {
      const before = ranked(mode, data.scenarios[0], Core.serving(data, data.scenarios[0], new Map(), state.count), o);
      const after = ranked(mode, page.scenario(), Core.serving(data, page.scenario(), state.changes, state.count), o);
      const [was, is] = [before, after].map((list) => (list.length ? list[0].minutes : Infinity));
      const row = make("tr");
      row.append(make("th", mode.label, { scope: "row" }), cell(before[0]), cell(after[0]), make("td", Core.added(Core.change(was, is))), cell(after[1]));
      table.tBodies[0].append(row);
    });
    const holder = make("div", null, { class: "scroll", tabindex: 0, role: "region", "aria-label": "Times from the postcode" });
    holder.append(table);
    get("postcode-answer").replaceChildren(holder, make("p", lengthWord(), { class: "hint" }));
  }

  function caption(o) {
    const { data } = page;
    return `${data.origins.id[o]}, to a ${page.countText()}: ${page.scenarioLabel()}.${data.estimated ? " INDICATIVE: straight-line estimates, not times by street." : ""}`;
  }

  function lengthWord() {
    const known = page.data.estimated
      ? "Lengths are estimates too: the metres the estimate takes a walk to be."
      : "Lengths are of the shortest way along streets, which need not be the quickest.";
    const car = page.modes.find((mode) => mode.uses_road_speeds);
    return car ? `${known} None is given ${car.label}: minutes there depend on each road's speed and say nothing of metres.` : known;
  }

  return { start, shown };
})();
