/* The figures, the sentence, the legend, the centres and the yardsticks, in words. */
const Figures = (() => {
  const DRAWN_MS = 60;
  let page = null;
  let announce = 0;
  let legendFor = "";
  let soon = 0;
  const buttons = [];

  function start(given) { page = given; }

  function asked() {
    const { state, unit } = page;
    return state.who === "all" ? unit : `${unit} in ${page.group().label}`;
  }

  function sentence() {
    const { data, state } = page;
    const t = page.now.total;
    const about = Core.about(t.loses);
    const losing = t.loses === 0
      ? `None would need over ${data.settings.loser_min} minutes longer to the nearest.`
      : `${about[0].toUpperCase()}${about.slice(1)} would need over ${data.settings.loser_min} minutes longer to the nearest${t.losesAll ? ", or could no longer reach one" : ""}; the mean time ${t.meanAdded >= 0 ? "grows" : "falls"} by ${Core.fixed(Math.abs(t.meanAdded), 1)} minutes.`;
    const [was, is] = [t.shareBefore, t.shareAfter].map(Core.percent);
    return [
      `${page.scenarioLabel()}: of ${Core.about(t.weight)} ${asked()}, ${was} were within `
      + `${state.minutes} minutes ${page.mode().label} of ${Core.aOrAn(page.countText())} before and `
      + `${was === is && Number.isFinite(t.shareAfter) ? "" : `${is} `}are after (${Core.points(t.shareAfter - t.shareBefore)}).`,
      losing, data.estimated ? "These are straight-line estimates, not times by street." : "",
    ].filter(Boolean).join(" ");
  }

  /* The sentence stands there at once; it is read out when the reader has stopped pressing. */
  function big() {
    const { data, get, state } = page;
    const t = page.now.total;
    get("big-share-label").textContent = `of ${asked()} within ${state.minutes} minutes ${page.mode().label} of ${Core.aOrAn(page.countText())}`;
    get("share-before").textContent = Core.percent(t.shareBefore);
    get("share-after").textContent = Core.percent(t.shareAfter);
    get("big-added-label").textContent = `minutes added to the nearest ${page.countText()}, on average`;
    get("mean-added").textContent = Core.added(t.meanAdded);
    get("big-loses-label").textContent = `${page.unit} who lose (over ${data.settings.loser_min} minutes longer to the nearest ${page.countText()})`;
    get("loses").textContent = Core.peopleAbout(t.loses, t.weight);
    const harm = (id, worse) => get(id).closest("div").classList.toggle("harm", worse);
    harm("share-after", t.shareAfter < t.shareBefore);
    harm("mean-added", t.meanAdded > 0);
    harm("loses", t.loses > 0);
    const words = sentence();
    get("summary").textContent = words;
    clearTimeout(announce);
    announce = setTimeout(() => { get("announce").textContent = words; }, 300);
  }

  /* ---- the legend ---- */
  function title() {
    const { state, data, unit } = page;
    const who = state.who === "all" ? "" : `, for ${asked()}`;
    const lines = Isochrones.drawn(data, page.mode().name, state.minutes);
    const last = lines[lines.length - 1];
    return {
      change: `Mean minutes added to the nearest ${page.countText()}, by ${data.area_word} (the number on it)${who}`,
      catchments: `Nearest ${page.countText()}, by ${data.area_word} (the letter on it); neighbours differ in tint${who}`,
      coverage: `Within ${state.minutes} minutes ${page.mode().label} of ${Core.aOrAn(page.countText())}; each dot is where some ${unit} live${who}`,
      isochrones: !lines.length ? `No land is drawn ${page.mode().label}: choose a mode along streets` : `Land from which ${Core.aOrAn(page.countText())} is reached ${page.mode().label} along streets, lines at ${Core.listed(lines.map(String))} minutes${last === state.minutes ? "" : ` (none is stored for ${state.minutes})`}${state.neighbours ? `; that of neighbours’ ${page.word}s is not drawn` : ""}`,
    }[state.view];
  }

  function marks() {
    const { state, data, make, now } = page;
    const swatch = (name, colour) => {
      const mark = make("span", null, { class: `swatch ${name || ""}` });
      if (colour) mark.style.background = colour;
      return mark;
    };
    const list = [];
    if (state.view === "change") Draw.CHANGE.forEach((kind) => list.push([swatch(kind.swatch, kind.swatch ? "" : kind.fill), kind.label]));
    if (state.view === "coverage") Draw.DOTS.forEach((kind) => list.push([make("span", null, { class: `dot ${kind.id}` }), kind.label]));
    if (state.view === "isochrones") Isochrones.legend(data, page.mode().name, state.minutes, page.word).forEach((kind) => list.push([swatch(kind.kind, kind.colour), kind.label]));
    if (["change", "catchments"].includes(state.view) && now.areas.some((area) => !area.weight)) list.push([swatch("", Draw.NOBODY), `no ${asked()} there${data.study.hiding ? ", or too few" : ""}`]);
    [["full", "full-time"], ["part", "part-time"], ["closed", "closed"]].forEach(([kind, text], i) => {
      list.push([make("span", "ABC"[i], { class: `centre small ${kind}`, "aria-hidden": "true" }), text]);
    });
    if (data.sites.some((site) => site.neighbour)) {
      const counted = state.neighbours ? "counted" : "not counted";
      list.push([make("span", "1", { class: `centre small neighbour ${counted.replace(" ", "-")}`, "aria-hidden": "true" }), `a neighbour’s, ${counted}`]);
    }
    if (data.sites.some((site) => site.rough_m)) list.push([make("span", "◌", { "aria-hidden": "true" }), "dashed circle: the place is only known this closely"]);
    if (data.base.water.length) list.push([swatch("", Base.WATER), "water"]);
    if (data.base.rail.length) list.push([make("span", null, { class: "rail" }), "railway"]);
    return list;
  }

  function legend() {
    const { get, make, data } = page;
    const heading = title();
    const list = marks();
    const wanted = JSON.stringify([heading, list.map(([, text]) => text)]);
    if (wanted === legendFor) return;
    legendFor = wanted;
    const head = make("h3", heading);
    if (data.estimated) head.prepend(make("span", "indicative", { class: "badge" }), " ");
    get("legend").replaceChildren(head, ...list.map(([mark, text]) => {
      const holder = make("span", null, { class: "item" });
      holder.append(mark, text);
      return holder;
    }));
  }

  /* ---- centres ---- */
  function knownHow(site) {
    if (!site.at) return "place not known: left out of every figure";
    if (!site.rough_m) return "";
    const how = { estimate: "estimated", surveyed: "known" }[site.basis] || `known by ${site.basis}`;
    return `place ${how}, within ${Core.whole(site.rough_m)} m`;
  }

  function button(site, i) {
    const { make } = page;
    const node = make("button", null, { type: "button", "data-key": site.id });
    const letter = make("span", site.letter, { "aria-hidden": "true" });
    const text = make("span");
    const words = make("span", null, { class: "words" });
    text.append(make("strong", site.name), words);
    node.append(letter, text);
    if (!site.at) node.classList.add("unplaced");
    node.addEventListener("click", () => page.toggle(site.id));
    const line = make("li");
    line.append(node);
    page.get("centres").append(line);
    buttons[i] = { node, letter, words, told: "" };
  }

  function centres(states) {
    const { data, get, state } = page;
    data.sites.forEach((site, i) => {
      if (site.neighbour) return;
      if (!buttons[i]) button(site, i);
      const told = [states[i].words, knownHow(site)].filter(Boolean).join("; ");
      if (buttons[i].told === told) return;
      buttons[i].told = told;
      buttons[i].words.textContent = told;
      buttons[i].letter.className = `centre ${states[i].state}`;
      buttons[i].node.setAttribute("aria-pressed", String(states[i].state !== "closed"));
    });
    const named = [...state.changes].map(([id, open]) => `${data.sites.find((s) => s.id === id).name} ${open ? "open" : "closed"}`);
    if (state.kept !== null) named.unshift(`${Core.hoursText(state.kept)} kept where they are cut`);
    const words = named.length ? `Your own scenario: ${page.scenario().label}, with ${Core.listed(named)}.` : "";
    if (get("own-word").textContent !== words) get("own-word").textContent = words;
    get("reset").disabled = !page.own();
  }

  /* ---- yardsticks ---- */
  /* One yardstick at a time, so that the next press is never kept waiting, and none before the
     browser has had time to draw the map. */
  function criteria() {
    const { data, state } = page;
    clearTimeout(soon);
    page.settled = false;
    const judged = [];
    const next = () => {
      const criterion = data.criteria[judged.length];
      if (!criterion) {
        criteriaShown(judged);
        page.settled = true;
        return;
      }
      const found = byLibrary(criterion);
      judged.push(found || Criteria.judge(page, criterion));
      if (found) next();
      else soon = setTimeout(next, 0);
    };
    if (state.changes.size === 0) next();
    else soon = setTimeout(next, DRAWN_MS);
  }

  /* Whether a yardstick counts any of the sites whose hours the reader has set. */
  function onHours(criterion) {
    const { data, state } = page;
    if (state.kept === null || criterion.sites === "open") return state.kept !== null;
    const full = { changes: new Map(), count: "full", neighbours: state.neighbours };
    const [agreed, kept] = [page.chosen(), page.scenario()].map((item) => Core.serving(data, item, full));
    return agreed.some((counts, s) => counts !== kept[s]);
  }

  /* What the library found for just these hours and centres; nothing where it looked at others. */
  function byLibrary(criterion) {
    const { data, state } = page;
    const asked = (item) => item.scenario === state.scenario && item.criterion === criterion.id && item.neighbours === state.neighbours;
    if (state.changes.size) return null;
    if (onHours(criterion)) return data.hours_kept.find((item) => asked(item) && item.kept === state.kept);
    return data.verdicts.find(asked);
  }

  /* Where the yardsticks' figures come from. */
  function criteriaFrom() {
    const { data, state } = page;
    if (state.changes.size) return "Worked out in this page for your own scenario. How sure it is, is not worked out here: for that, download the scenario file and run the study with it.";
    const here = data.criteria.filter((criterion) => !byLibrary(criterion)).map((criterion) => `“${criterion.label}”`);
    const rest = here.length ? ` But ${Core.listed(here)} ${here.length === 1 ? "is" : "are"} worked out in this page for the hours kept, from the counts it shows; how sure that is, is not.` : "";
    return `For “${page.scenarioLabel()}”, as the study found.${rest} Each yardstick fixes its own minutes, mode, ${page.unit} and ${page.word}s, whatever is chosen above. ${data.protected}`.trim();
  }

  function criteriaShown(judged) {
    const { data, get, make } = page;
    get("criteria-part").hidden = data.criteria.length === 0;
    get("criteria-word").textContent = criteriaFrom();
    get("criteria").tBodies[0].replaceChildren(...data.criteria.map((criterion, i) => {
      const verdict = judged[i];
      const words = verdict.sentence || Criteria.sentence(criterion, verdict);
      // on a phone the rows become blocks; the roles keep them a table for screen readers
      const row = make("tr", null, { "data-criterion": criterion.id, role: "row" });
      const outcome = make("td", null, { role: "cell" });
      outcome.append(make("span", verdict.outcome, { class: `outcome ${verdict.outcome.replaceAll(" ", "-")}` }));
      if (verdict.sure) outcome.append(make("div", verdict.sure, { class: "hint" }));
      if (verdict.indication) outcome.append(make("div", `points to: ${verdict.indication}`, { class: "hint" }));
      const name = make("th", criterion.label, { scope: "row", role: "rowheader" });
      name.append(make("div", criterion.title, { class: "hint" }));
      row.append(name, outcome, make("td", words, { role: "cell" }));
      return row;
    }));
  }

  function shown(states) {
    big();
    page.get("scenario-note").textContent = page.scenario().note;
    legend();
    centres(states);
  }

  return { start, shown, criteria, sentence };
})();
