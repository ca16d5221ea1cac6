/* The page: what the reader chose, what follows from it, and where it is shown.
   Names from files reach the page as text nodes alone. Nothing is sent anywhere. */
function start(map) {
  const data = JSON.parse(document.getElementById("eh-data").textContent);
  const get = (id) => document.getElementById(id);
  const n = data.origins.weight.length;
  const weight = Float64Array.from(data.origins.weight, (share) => share * data.origins.whole);
  Core.protect(data.study.hiding);
  const unit = data.study.unit;
  const word = data.study.site_word;
  const modes = data.modes.map((mode) => {
    const minutes = Core.decodeMinutes(mode.minutes);
    // "" means that the way home is as long as the way there
    const back = mode.back === null ? null : (mode.back && Core.decodeMinutes(mode.back)) || minutes;
    const label = mode.name === mode.of ? mode.label : `${mode.label}, ${Controls.share(mode.percentile)}`;
    return { ...mode, label, minutes, back, metres: mode.distances && Core.decodeMinutes(mode.distances) };
  });
  const groups = [{ id: "all", label: `all ${unit}`, members: null }, ...data.origins.groups];
  const views = [
    ["change", "Change by area"], ["catchments", "Catchments"], ["coverage", "Coverage"],
    ...(data.isochrones ? [["isochrones", "Isochrones"]] : []),
  ];
  const counts = [
    ["any", `any ${word} that is open at all`],
    ["full", `full-time ${word}s (${Core.hoursText(data.settings.full_time_from_hours)} or more)`],
  ];
  const rowKinds = [["ward", "ward"], ["area", data.area_word], ["centre", word]]
    .filter(([kind]) => kind !== "ward" || data.origins.ward_names.length);
  /* A mode by timetable has minutes at several percentiles; `modes` holds those it is judged by. */
  const judged = modes.filter((item) => item.name === item.of);
  const state = {
    scenario: data.scenarios[data.scenarios.length - 1].name,
    mode: modes[0].name, percentile: "", minutes: modes[0].limits.first, who: "all", count: "full",
    view: "change", rows: rowKinds[0][0], changes: new Map(), neighbours: false, kept: null,
    sort: { column: 0, down: false }, filter: "",
  };
  const order = Core.byId(data.sites);
  const nextTo = Core.neighbours(data.areas);
  const kept = new Map();

  const make = (tag, text, attributes) => {
    const node = document.createElement(tag);
    if (text !== undefined && text !== null) node.textContent = text;
    Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
    return node;
  };
  const once = (key, work) => {
    if (!kept.has(key)) kept.set(key, work());
    return kept.get(key);
  };
  const chosen = () => data.scenarios.find((item) => item.name === state.scenario);
  /* The sites a scenario leaves open with fewer hours, and how many: null unless all keep as many. */
  const agreed = (item) => once(`agreed ${item.name}`, () => {
    const was = data.scenarios[0].hours;
    const sites = data.sites.map((_, s) => s).filter((s) => item.open[s] && item.hours[s] !== null && (was[s] === null || item.hours[s] < was[s]));
    const hours = new Set(sites.map((s) => item.hours[s]));
    return hours.size === 1 ? { sites, hours: [...hours][0] } : null;
  });
  /* The scenario chosen, with as many hours kept where they are cut as the reader has chosen. */
  const scenario = () => (state.kept === null ? chosen() : once(`kept ${state.kept} ${state.scenario}`, () => {
    const { sites } = agreed(chosen());
    return { ...chosen(), hours: chosen().hours.map((hours, s) => (sites.includes(s) ? state.kept : hours)) };
  }));
  const own = () => state.changes.size > 0 || state.kept !== null;
  const mode = () => modes.find((item) => item.of === state.mode && String(item.percentile) === state.percentile)
    || modes.find((item) => item.name === state.mode);
  const group = () => groups.find((item) => item.id === state.who);

  /* Minutes under a scenario: a site that moves has a column of its own there. */
  function minutesOf(item, each) {
    if (!item.moved.length) return each.minutes;
    return once(`minutes ${item.name} ${each.name}`, () => {
      const own = each.minutes.slice();
      item.moved.forEach((move) => own.set(Core.decodeMinutes(move.minutes[each.name]), move.site * n));
      return own;
    });
  }

  /* The numbers of the origins asked about. */
  function membersOf(who) {
    return once(`members ${who.id}`, () => Int32Array.from(
      data.origins.id.map((_, o) => o).filter((o) => !who.members || who.members[o] === "1"),
    ));
  }

  /* ---- what follows from the choices; what was before is worked out once for each choice ---- */
  function workOut() {
    const [first, chosen, how] = [data.scenarios[0], scenario(), mode()];
    const servedBefore = Core.serving(data, first, { ...state, changes: new Map() });
    const serves = Core.serving(data, chosen, state);
    const before = once(
      `before ${how.name} ${state.count} ${state.neighbours}`,
      () => Core.nearest(minutesOf(first, how), n, servedBefore, order),
    );
    const after = Core.nearest(minutesOf(chosen, how), n, serves, order);
    const asked = { weight, members: membersOf(group()), minutes: state.minutes, loser: data.settings.loser_min };
    const sums = (codes, length) => Core.summarise(asked, before, after, codes, length);
    const [total] = sums();
    const nearestTo = Core.modal(asked, after.site, data.origins.area, data.areas.length, data.sites.length);
    const areas = sums(data.origins.area, data.areas.length).map((sum, i) => {
      const lost = sum.losesAll > 0 && sum.finite === 0;
      return {
        site: nearestTo[i], weight: sum.weight, share: sum.shareAfter,
        change: lost ? Infinity : (sum.finite === 0 ? 0 : sum.meanAdded),
      };
    });
    return {
      before, after, serves, asked, total, areas, sums,
      typicalWeight: total.weight / asked.members.length || 1,
      colours: Core.colouring(nearestTo, nextTo),
      land: {
        data, mode: how.name, minutes: state.minutes,
        before: { scenario: first, serves: servedBefore }, after: { scenario: chosen, serves },
      },
      dot: (o) => {
        const is = Core.within(after.best[o], state.minutes);
        if (Core.within(before.best[o], state.minutes)) return is ? "both" : "lost";
        return is ? "gained" : "neither";
      },
    };
  }

  /* What a centre is now, in words. */
  function siteState(i) {
    const site = data.sites[i];
    const changed = state.changes.get(site.id);
    const open = changed === undefined ? Boolean(scenario().open[i]) : changed;
    const hours = Core.hoursOf(data, scenario(), state.changes)[i];
    const byYou = changed === undefined ? "" : ", by your choice";
    const at = scenario().moved.find((move) => move.site === i)?.at || site.at;
    if (site.neighbour) {
      const counted = state.neighbours ? "counted" : "not counted";
      return { at, state: `neighbour ${counted.replace(" ", "-")}`, words: `a neighbour’s, ${counted}${hours === null ? "" : `, open ${Core.hoursText(hours)}`}`, does: "" };
    }
    if (!open) return { at, state: "closed", words: `closed${byYou}`, does: "Press to open" };
    const part = hours !== null && hours < data.settings.full_time_from_hours;
    const words = part ? `open ${Core.hoursText(hours)}${byYou}` : `open full time${byYou}`;
    return { at, state: part ? "part" : "full", words, does: "Press to close" };
  }

  function toggle(id) {
    const i = data.sites.findIndex((site) => site.id === id);
    const open = siteState(i).state === "closed";
    if (Boolean(scenario().open[i]) === open) state.changes.delete(id);
    else state.changes.set(id, open);
    update();
  }

  const page = {
    data, map, get, make, state, modes: judged, variants: modes, groups, views, counts, rowKinds, n, weight, unit, word,
    chosen, scenario, agreed: () => agreed(chosen()), own, mode, group, minutesOf, siteState, toggle, update, now: null, settled: false,
    // a degree of longitude beside one of latitude, here
    squeeze: Math.cos((data.origins.at[0] / 1e5) * (Math.PI / 180)),
    countText: () => (state.count === "any" ? `open ${word}` : `full-time ${word}`),
    scenarioLabel: () => [
      scenario().label, state.kept === null ? "" : `${Core.hoursText(state.kept)} kept`,
      state.changes.size ? "with your changes" : "",
      state.neighbours ? `neighbours’ ${word}s counted` : "",
    ].filter(Boolean).join(", "),
  };

  function update() {
    const states = data.sites.map((_, i) => siteState(i));
    page.now = workOut();
    Figures.shown(states);
    Draw.paint(state.view, page.now, states);
    Table.shown();
    Curve.shown();
    Controls.shown();
    // the yardsticks take longest: they follow once the map has been drawn
    Figures.criteria();
  }

  start.api = page;
  Figures.start(page);
  Table.start(page);
  Curve.start(page);
  Controls.start(page);
  Postcode.start(page);
  map.on("zoomend", () => page.now && Draw.paint(state.view, page.now, data.sites.map((_, i) => siteState(i))));
  update();
}
