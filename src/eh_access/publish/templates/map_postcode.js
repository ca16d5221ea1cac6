/* Postcodes, looked up in the page: what is typed is sent nowhere. */
const Postcode = (() => {
  const FIRST = "A".charCodeAt(0);
  let page = null;
  let table = null;
  let asked = null;
  const plain = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

  function start(given) {
    page = given;
    const { data, get } = page;
    if (!data.postcodes) return;
    table = data.postcodes.ids ? listed(data.postcodes) : ofOrigins();
    const index = new Map(table.ids.map((id, o) => [plain(id), o]));
    get("postcode-part").hidden = false;
    get("postcode-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const code = plain(get("postcode").value);
      asked = index.get(code);
      if (asked !== undefined) shown();
      else get("postcode-answer").replaceChildren(page.make("p", code ? "That postcode is not among those of this study." : "Type a postcode first."));
    });
  }

  /* Where the origins are postcodes, what the page has of them answers. */
  function ofOrigins() {
    return {
      ids: page.data.origins.id,
      minutes: (item, mode, s, o) => page.minutesOf(item, mode)[s * page.n + o],
      level: (mode, s, o) => (mode.metres ? mode.metres[s * page.n + o] : null),
    };
  }

  /* Else postcodes have columns of their own, three bytes to a number, read one number at a time. */
  function listed({ ids, steps, minutes, lengths, moved, across }) {
    const read = (column, o) => {
      const bytes = atob(column.slice(4 * o, 4 * o + 4));
      const value = bytes.charCodeAt(0) + 256 * bytes.charCodeAt(1) + 65536 * bytes.charCodeAt(2);
      // 32 bits, as the library has them: else a tie at half a tenth would be rounded the other way
      return value === 0xFFFFFF ? Infinity : Math.fround(value / steps);
    };
    // of neighbours' sites only the nearest are here
    const first = page.data.sites.findIndex((site) => site.neighbour);
    const over = (item, mode, s, o) => {
      const ranks = (across[item.name] || across[page.data.scenarios[0].name])[mode.name];
      const found = ranks.find(([which]) => which.charCodeAt(o) - FIRST === s - first);
      return found ? read(found[1], o) : Infinity;
    };
    const { sites } = page.data;
    return {
      ids,
      minutes: (item, mode, s, o) => (sites[s].neighbour ? over(item, mode, s, o) : read(moved[item.name]?.[mode.name][s] ?? minutes[mode.name][s], o)),
      level: (mode, s, o) => (lengths[mode.name] && !sites[s].neighbour ? read(lengths[mode.name][s], o) : null),
    };
  }

  /* Metres by the shortest way: minutes at one speed are metres; a car's minutes are none. */
  function metres(mode, item, s, o) {
    if (mode.uses_road_speeds || item.moved.some((move) => move.site === s && !mode.estimated)) return null;
    const minutes = mode.estimated ? table.minutes(item, mode, s, o) : table.level(mode, s, o);
    return minutes === null ? null : (minutes * mode.speed_km_h * 1000) / 60;
  }

  const km = (value) => (value < 1000 ? `${Core.fixed(Math.round(value / 10) * 10, 0)} m` : `${Core.fixed(value / 1000, 1)} km`);

  function ranked(mode, item, serves, o) {
    return page.data.sites
      .map((site, s) => ({ id: site.id, s, minutes: table.minutes(item, mode, s, o), name: site.name, metres: metres(mode, item, s, o), serves: serves[s] }))
      .filter((found) => found.serves && found.minutes < Infinity)
      .sort((a, b) => a.minutes - b.minutes || (a.id < b.id ? -1 : 1));
  }

  /* On a phone a row is a block: roles keep it a row, and each cell says its own heading. */
  const part = (tag, role, text, head) => page.make(tag, text, { role, ...(head ? { "data-head": head } : {}) });

  function cell(head, found, other = "none reached") {
    const node = part("td", "cell", found ? `${Core.fixed(found.minutes, 1)} minutes, ${found.name}` : other, head);
    if (found && found.metres !== null && Number.isFinite(found.metres)) node.append(page.make("span", `${page.data.estimated ? "about " : ""}${km(found.metres)}`, { class: "length" }));
    return node;
  }

  /* One mode's row: before, after, what is added, and the second nearest. */
  function answerRow(mode, heads, o) {
    const { data, state } = page;
    const before = ranked(mode, data.scenarios[0], Core.serving(data, data.scenarios[0], { ...state, changes: new Map() }), o);
    const after = ranked(mode, page.scenario(), Core.serving(data, page.scenario(), state), o);
    const [was, is] = [before, after].map((list) => (list.length ? list[0].minutes : Infinity));
    const more = before.length || after.length ? Core.added(Core.change(was, is)) : "none reached before or after";
    const second = cell(heads[4], after[1], after.length ? "no second one reached" : "none reached");
    const row = part("tr", "row");
    // the switch of percentiles is of the map: these minutes are those judged by
    const label = mode.percentile === null ? mode.label : `${mode.label}: enough ${Controls.share(mode.percentile)}`;
    row.append(part("th", "rowheader", label), cell(heads[1], before[0]), cell(heads[2], after[0]), part("td", "cell", more, heads[3]), second);
    return row;
  }

  /* The journey by timetable to a site, in rides, and what makes it up to the minutes shown;
     nothing where one walks all the way. */
  function journey(item, found, o) {
    const { names, of } = page.data.trips;
    const trip = found && (of[item.name] || of[page.data.scenarios[0].name] || {})[`${o} ${found.s}`];
    if (!trip) return null;
    const [moment, spare, leaves, arrives, ...rides] = trip;
    const parts = rides.map(([line, from, at, to, there]) => `line ${names[line]} at ${at} from ${names[from]} to ${names[to]}, there at ${there}`);
    const way = `leave home at ${leaves} and walk; ${parts.join("; then ")}; then walk, and be at ${found.name} at ${arrives}`;
    const [waits, whole] = [Core.fixed(spare, 1), `${Core.fixed(found.minutes, 1)} minutes`];
    const spared = waits === "0.0" ? "" : `, ${waits} minutes`;
    return moment >= arrives // a deadline, else the moment one is free to leave
      ? `to be there by ${moment}: ${way}${spared && `${spared} before time`}. From ${leaves} to ${moment} is ${whole}.`
      : `free to leave at ${moment}${spared && `${spared} before leaving`}: ${way}. From ${moment} to ${arrives} is ${whole}.`;
  }

  /* How one gets to the nearest before and after by timetable. */
  function journeys(o) {
    const { data, state, make } = page;
    const mode = page.modes.find((each) => each.name === "transit");
    if (!mode) return [];
    const sides = [["Before", data.scenarios[0], new Map()], ["After", page.scenario(), state.changes]];
    return sides.flatMap(([when, item, changes]) => {
      const text = journey(item, ranked(mode, item, Core.serving(data, item, { ...state, changes }), o)[0], o);
      return text ? [make("p", `${when}, ${mode.label}, ${text}`, { class: "journey" })] : [];
    });
  }

  /* Which of the sites just named are known only roughly, so that minutes to them are too. */
  function roughly(o) {
    const { data, state, make } = page;
    const sides = [[data.scenarios[0], new Map(), 1], [page.scenario(), state.changes, 2]];
    const named = page.modes.flatMap((mode) => sides.flatMap(([item, changes, many]) =>
      ranked(mode, item, Core.serving(data, item, { ...state, changes }), o).slice(0, many).map((found) => found.s)));
    const rough = [...new Set(named)].map((s) => data.sites[s]).filter((site) => site.rough_m);
    if (!rough.length) return [];
    const told = rough.map((site) => `${site.name} (within ${Core.whole(site.rough_m)} m)`).join(", ");
    return [make("p", `Known only roughly: ${told}. Minutes and lengths are to where each is drawn.`, { class: "hint" })];
  }

  /* Again whenever a switch changes what is true of the postcode last asked for. */
  function shown() {
    if (asked === null || asked === undefined) return;
    const { make, get } = page;
    const heads = ["How", "Nearest before", "Nearest after", "Minutes added", "Second nearest after"];
    const answer = part("table", "table");
    answer.append(make("caption", caption(asked)), part("thead", "rowgroup"), part("tbody", "rowgroup"));
    const head = part("tr", "row");
    head.append(...heads.map((text) => part("th", "columnheader", text)));
    answer.tHead.append(head);
    answer.tBodies[0].append(...page.modes.map((mode) => answerRow(mode, heads, asked)));
    const holder = make("div", null, { class: "scroll", tabindex: 0, role: "region", "aria-label": "Times from the postcode" });
    holder.append(answer);
    get("postcode-answer").replaceChildren(holder, ...journeys(asked), ...roughly(asked), make("p", lengthWord(), { class: "hint" }));
  }

  function caption(o) {
    const { data } = page;
    return `${table.ids[o]}, to ${Core.aOrAn(page.countText())}: ${page.scenarioLabel()}.${data.estimated ? " INDICATIVE: straight-line estimates, not times by street." : ""}`;
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
