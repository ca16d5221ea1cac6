/* The page: what the reader chose, what follows from it, and where it is shown.
   Names from files reach the page as text nodes alone. Nothing is sent anywhere. */
function start(map) {
  const data = JSON.parse(document.getElementById("eh-data").textContent);
  const get = (id) => document.getElementById(id);
  const n = data.origins.weight.length;
  const unit = data.study.unit;
  const modes = data.modes.map((mode) => {
    const minutes = Core.decodeMinutes(mode.minutes);
    // "" means that the way home is as long as the way there
    const back = mode.back === null ? null : (mode.back && Core.decodeMinutes(mode.back)) || minutes;
    return { ...mode, minutes, back };
  });
  const unmoved = modes.map((each) => each.minutes);
  const moved = new Map();
  /* Minutes under a scenario: a site that moves has a column of its own there. */
  const minutesOf = (item, each) => {
    const at = modes.indexOf(each);
    if (!item.moved.length) return unmoved[at];
    const key = `${item.name} ${each.name}`;
    if (!moved.has(key)) {
      const own = unmoved[at].slice();
      item.moved.forEach((move) => own.set(Core.decodeMinutes(move.minutes[each.name]), move.site * n));
      moved.set(key, own);
    }
    return moved.get(key);
  };
  const placeOf = (i) => scenario().moved.find((move) => move.site === i)?.at || data.sites[i].at;
  const groups = [
    { id: "all", label: `all ${unit}`, members: null },
    ...data.origins.groups,
  ];
  const views = [["change", "Change by area"], ["catchments", "Catchments"], ["coverage", "Coverage"]];
  const counts = [
    ["any", `any ${data.study.site_word} that is open at all`],
    ["full", `full-time ${data.study.site_word}s (${data.settings.full_time_from_hours} hours a week or more)`],
  ];
  const rowKinds = [["ward", "ward"], ["area", data.area_word], ["centre", data.study.site_word]]
    .filter(([kind]) => kind !== "ward" || data.origins.ward_names.length);
  const state = {
    scenario: data.scenarios[Math.min(1, data.scenarios.length - 1)].name,
    mode: modes[0].name, minutes: data.settings.cutoff_min, who: "all", count: "full",
    view: "change", rows: rowKinds[0][0], changes: new Map(),
    sort: { column: 0, down: false }, filter: "",
  };
  let now = null;
  let announce = 0;

  const make = (tag, text, attributes) => {
    const node = document.createElement(tag);
    if (text !== undefined && text !== null) node.textContent = text;
    Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
    return node;
  };
  const scenarioOf = (name) => data.scenarios.find((item) => item.name === name);
  const scenario = () => scenarioOf(state.scenario);
  const mode = () => modes.find((item) => item.name === state.mode);
  const word = data.study.site_word;
  const countText = () => (state.count === "any" ? `open ${word}` : `full-time ${word}`);

  /* ---- what follows from the choices ---- */
  function workOut() {
    const before = Core.nearest(minutesOf(data.scenarios[0], mode()), n, Core.serving(data, data.scenarios[0], new Map(), state.count));
    const serves = Core.serving(data, scenario(), state.changes, state.count);
    const after = Core.nearest(minutesOf(scenario(), mode()), n, serves);
    const members = groups.find((group) => group.id === state.who).members;
    const chosen = members ? (o) => members[o] === "1" : () => true;
    const sums = (list) => Core.summarise(data, before, after, state.minutes, list);
    const asked = data.origins.weight.map((_, o) => o).filter(chosen);
    const total = sums(asked);
    const areaSite = Core.modal(data, after.site, data.origins.area, data.areas.length);
    const byArea = grouped(asked, data.origins.area, data.areas.length);
    const areas = data.areas.map((_, i) => {
      const sum = sums(byArea[i]);
      const lost = sum.losesAll > 0 && sum.finite === 0;
      const none = sum.weight === 0 || (sum.finite === 0 && !lost);
      return {
        sum, site: areaSite[i], weight: sum.weight, share: sum.shareAfter,
        change: lost ? Infinity : (none ? 0 : sum.meanAdded),
      };
    });
    return {
      before, after, serves, chosen, asked, total, areas, sums,
      typicalWeight: total.weight / n || 1,
      colours: Core.colouring(areaSite, data.areas),
      dot: (o) => {
        const [was, is] = [before, after].map((way) => Core.within(way.best[o], state.minutes));
        if (was) return is ? "both" : "lost";
        return is ? "gained" : "neither";
      },
    };
  }

  function grouped(asked, codes, length) {
    const lists = Array.from({ length }, () => []);
    asked.forEach((o) => { if (codes[o] >= 0) lists[codes[o]].push(o); });
    return lists;
  }

  /* ---- words ---- */
  function siteState(i) {
    const site = data.sites[i];
    const base = scenario();
    const changed = state.changes.get(site.id);
    const open = changed === undefined ? Boolean(base.open[i]) : changed;
    const hours = Core.hoursOf(data, base, state.changes)[i];
    const own = changed === undefined ? "" : ", by your choice";
    if (!open) return { state: "closed", words: `closed${own}`, does: "Press to open" };
    const part = hours !== null && hours < data.settings.full_time_from_hours;
    const words = part ? `open ${Core.whole(hours)} hours a week${own}` : `open full time${own}`;
    return { state: part ? "part" : "full", words, does: "Press to close" };
  }

  function scenarioLabel() {
    return state.changes.size ? `${scenario().label}, with your changes` : scenario().label;
  }

  function sentence() {
    const t = now.total;
    const who = state.who === "all" ? unit : `${unit} in ${groups.find((g) => g.id === state.who).label}`;
    const how = mode().label;
    const parts = [
      `${scenarioLabel()}: of ${Core.about(t.weight)} ${who}, ${Core.percent(t.shareBefore)} were within `
      + `${state.minutes} minutes ${how} of a ${countText()} before and ${Core.percent(t.shareAfter)} are after `
      + `(${Core.points(t.shareAfter - t.shareBefore)}).`,
    ];
    const about = Core.about(t.loses);
    parts.push(t.loses === 0
      ? `None would need over ${data.settings.loser_min} minutes longer to the nearest.`
      : `${about[0].toUpperCase()}${about.slice(1)} would need over ${data.settings.loser_min} minutes longer to the nearest${t.losesAll ? ", or could no longer reach one" : ""}; the mean time ${t.meanAdded >= 0 ? "grows" : "falls"} by ${Core.fixed(Math.abs(t.meanAdded), 1)} minutes.`);
    if (data.estimated) parts.push("These are straight-line estimates, not times by street.");
    return parts.join(" ");
  }

  /* ---- showing it ---- */
  function figuresShown() {
    const t = now.total;
    get("big-share-label").textContent = `of ${unit} within ${state.minutes} minutes ${mode().label}`;
    get("share-before").textContent = Core.percent(t.shareBefore);
    get("share-after").textContent = Core.percent(t.shareAfter);
    get("big-added-label").textContent = "minutes added to the nearest, on average";
    get("mean-added").textContent = Core.added(t.meanAdded);
    get("big-loses-label").textContent = `${unit} who lose (over ${data.settings.loser_min} minutes longer)`;
    get("loses").textContent = Core.whole(t.loses);
    const harm = (id, worse) => get(id).closest("div").classList.toggle("harm", worse);
    harm("share-after", t.shareAfter < t.shareBefore);
    harm("mean-added", t.meanAdded > 0);
    harm("loses", t.loses > 0);
    clearTimeout(announce);
    announce = setTimeout(() => { get("summary").textContent = sentence(); }, 150);
  }

  function legend() {
    const box = get("legend");
    const titles = {
      change: `Mean minutes added to the nearest ${countText()}, by ${data.area_word} (the number on it)`,
      catchments: `Nearest ${countText()}, by ${data.area_word} (the letter on it); neighbours differ in tint`,
      coverage: `Within ${state.minutes} minutes ${mode().label} of a ${countText()}; each dot is where some ${unit} live`,
    };
    box.replaceChildren(make("h3", titles[state.view]));
    const item = (mark, text) => {
      const holder = make("span", null, { class: "item" });
      holder.append(mark, text);
      box.append(holder);
    };
    if (state.view === "change") {
      Draw.CHANGE.forEach((kind) => {
        const mark = make("span", null, { class: `swatch ${kind.swatch || ""}` });
        if (!kind.swatch) mark.style.background = kind.fill;
        item(mark, kind.label);
      });
    } else if (state.view === "coverage") {
      Draw.DOTS.forEach((kind) => item(make("span", null, { class: `dot ${kind.id}` }), kind.label));
    }
    const kinds = [["full", "full-time"], ["part", "part-time"], ["closed", "closed"]];
    kinds.forEach(([kind, text]) => {
      const mark = make("span", kind === "full" ? "A" : (kind === "part" ? "B" : "C"), { class: `centre ${kind}`, "aria-hidden": "true" });
      mark.style.transform = "scale(.7)";
      item(mark, text);
    });
    if (data.sites.some((site) => site.basis === "estimate")) {
      item(make("span", "◌", { "aria-hidden": "true" }), "dashed circle: the place is only known this closely");
    }
  }

  function centresShown() {
    const focused = document.activeElement?.dataset?.key;
    const list = data.sites.map((site, i) => {
      const is = siteState(i);
      const button = make("button", null, { type: "button", "aria-pressed": String(is.state !== "closed"), "data-key": site.id });
      const letter = make("span", site.letter, { class: `centre ${is.state}`, "aria-hidden": "true" });
      const text = make("span");
      text.append(make("strong", site.name), make("span", [is.words, knownHow(site)].filter(Boolean).join("; "), { class: "words" }));
      button.append(letter, text);
      if (!site.at) button.classList.add("unplaced");
      button.addEventListener("click", () => toggle(site.id));
      const line = make("li");
      line.append(button);
      return line;
    });
    get("centres").replaceChildren(...list);
    if (focused) get("centres").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    get("own-word").textContent = state.changes.size
      ? `Your own scenario: ${scenario().label}, with ${Core.listed([...state.changes].map(([id, open]) => `${data.sites.find((s) => s.id === id).name} ${open ? "open" : "closed"}`))}.`
      : "";
    get("reset").disabled = state.changes.size === 0;
    sitesShown();
  }

  function sitesShown() {
    Draw.paintSites(data.sites.map((_, i) => ({ ...siteState(i), at: placeOf(i) })), toggle);
  }

  function knownHow(site) {
    if (!site.at) return "place not known: left out of every figure";
    if (site.basis === "estimate") return `place estimated, within ${Core.whole(site.radius_m)} m`;
    return "";
  }

  function toggle(id) {
    const i = data.sites.findIndex((site) => site.id === id);
    const open = siteState(i).state === "closed";
    if (Boolean(scenario().open[i]) === open) state.changes.delete(id);
    else state.changes.set(id, open);
    update();
  }

  function criteriaShown() {
    const own = state.changes.size > 0;
    const page = { data, modes, n, scenario, state, minutesOf };
    get("criteria-part").hidden = data.criteria.length === 0;
    get("criteria-word").textContent = own
      ? "Worked out in this page for your own scenario. For the full verdict, download the scenario file and run the study with it."
      : `For “${scenario().label}”, as the study found. Each yardstick fixes its own minutes, mode and centres, whatever is chosen above.`;
    get("criteria").tBodies[0].replaceChildren(...data.criteria.map((criterion) => {
      const found = data.verdicts.find((item) => item.scenario === state.scenario && item.criterion === criterion.id);
      const verdict = own || !found ? Criteria.judge(page, criterion) : found;
      const words = own || !found ? Criteria.sentence(criterion, verdict) : verdict.sentence;
      // on a phone the rows become blocks; the roles keep them a table for screen readers
      const row = make("tr", null, { "data-criterion": criterion.id, role: "row" });
      const outcome = make("td", null, { role: "cell" });
      outcome.append(make("span", verdict.outcome, { class: `outcome ${verdict.outcome.replace(" ", "-")}` }));
      if (verdict.indication) outcome.append(make("div", `points to: ${verdict.indication}`, { class: "hint" }));
      row.append(make("th", criterion.title, { scope: "row", role: "rowheader" }), outcome, make("td", words, { role: "cell" }));
      return row;
    }));
  }

  /* ---- the table ---- */
  function tableRows() {
    const share = (value) => ({ value, text: Core.percent(value) });
    const number = (value, text) => ({ value, text });
    if (state.rows === "centre") {
      const heads = [`${word[0].toUpperCase()}${word.slice(1)}`, "State after", `${unit} it is nearest to, before`, "after", "Mean minutes of those, after"];
      const rows = data.sites.map((site, i) => {
        const was = now.sums(now.asked.filter((o) => now.before.site[o] === i));
        const is = now.sums(now.asked.filter((o) => now.after.site[o] === i));
        return [
          { text: `${site.letter} ${site.name}` }, { text: siteState(i).words },
          number(was.weight, Core.whole(was.weight)), number(is.weight, Core.whole(is.weight)),
          number(is.meanAfter, is.weight ? Core.minutesText(is.meanAfter) : "none"),
        ];
      });
      return { heads, rows, numeric: 2 };
    }
    const ward = state.rows === "ward";
    const names = ward ? data.origins.ward_names : data.areas.map((area) => area.name);
    const lists = grouped(now.asked, ward ? data.origins.ward : data.origins.area, names.length);
    const heads = [
      ward ? "Ward" : data.area_word, unit, `Within ${state.minutes} min before`, "after",
      "Mean minutes before", "after", "Minutes added", `Lose over ${data.settings.loser_min} min`,
    ];
    const rows = lists.map((list, i) => {
      const sum = now.sums(list);
      if (sum.weight === 0) return null;
      const lost = sum.finite === 0 && sum.losesAll > 0;
      const more = lost ? Infinity : sum.meanAdded;
      return [
        { text: names[i] }, number(sum.weight, Core.whole(sum.weight)), share(sum.shareBefore),
        share(sum.shareAfter), number(sum.meanBefore, Core.minutesText(sum.meanBefore)),
        number(sum.meanAfter, Core.minutesText(sum.meanAfter)), number(more, Core.added(more)),
        number(sum.loses, Core.whole(sum.loses)),
      ];
    }).filter(Boolean);
    return { heads, rows, numeric: 1 };
  }

  function tableShown() {
    const { heads, rows, numeric } = tableRows();
    const table = get("facts");
    const { column, down } = state.sort;
    const key = (row) => row[column].value ?? row[column].text;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : (Number.isNaN(a) ? 1 : a - b || 0));
    const wanted = state.filter.trim().toLowerCase();
    const shown = rows.filter((row) => row.some((cell) => cell.text.toLowerCase().includes(wanted)))
      .sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
    const modelled = data.study.weight_label ? ` ${data.study.weight_label}.` : "";
    table.caption.textContent = `${scenarioLabel()}; ${mode().label}, to the nearest ${countText()}${data.estimated ? "; INDICATIVE, straight-line estimates" : ""}.${modelled}`;
    const head = make("tr");
    heads.forEach((text, i) => {
      const cell = make("th", null, { scope: "col", class: i >= numeric ? "n" : "" });
      if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const button = make("button", text + (i === column ? (down ? " ▼" : " ▲") : ""), { type: "button" });
      button.addEventListener("click", () => {
        state.sort = { column: i, down: i === column ? !down : i >= numeric };
        tableShown();
        table.tHead.querySelectorAll("button")[i].focus();
      });
      cell.append(button);
      head.append(cell);
    });
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...shown.map((row) => {
      const line = make("tr");
      row.forEach((cell, i) => line.append(make(i ? "td" : "th", cell.text, i ? { class: i >= numeric ? "n" : "" } : { scope: "row" })));
      return line;
    }));
    return { heads, shown };
  }

  start.api = { data, state, modes, scenario, minutesOf };
  Controls.start({
    data, map, get, make, state, modes, groups, views, counts, rowKinds, scenario, scenarioOf, mode,
    countText, minutesOf, update, tableShown, scenarioLabel, siteState, n,
  });

  function update() {
    now = workOut();
    figuresShown();
    get("scenario-note").textContent = scenario().note;
    legend();
    centresShown();
    Draw.paint(state.view, now);
    criteriaShown();
    tableShown();
    Controls.shown();
  }
  map.on("zoomend", () => {
    if (!now) return;
    sitesShown();
    Draw.paint(state.view, now);
  });
  update();
}
