/* Switches, link, files, postcode: how the reader's choices come in and go out. */
const Controls = (() => {
  const ADDRESS_MS = 250;
  let page = null;
  let addressing = 0;

  function start(given) {
    page = given;
    const { data, get, make } = page;
    document.documentElement.classList.add("ready");
    get("place").textContent = data.study.place + (data.study.illustrative ? " (illustrative)" : "");
    get("title").textContent = data.study.title;
    get("question").textContent = data.study.question;
    if (data.estimated) {
      get("banner").hidden = false;
      // the first sentence says that it is an estimate, the third begins with how far off it can be
      const [first, , third] = data.accuracy.split(/(?<=\.) (?=[A-Z])/);
      get("banner-first").textContent = first;
      get("banner-short").textContent = third ? `${third.split(";")[0]}.` : "";
      get("banner-all").textContent = data.accuracy.slice(first.length + 1);
      ["figures", "table-heading"].forEach((id) => get(id).append(" ", make("span", "indicative", { class: "badge" })));
    }
    fillSelect("scenario", data.scenarios.map((item) => [item.name, item.label]), () => { page.state.changes.clear(); page.state.kept = null; });
    fillSelect("who", page.groups.map((group) => [group.id, group.label]));
    fillSelect("count", page.counts);
    fillSelect("rows", page.rowKinds, () => { page.state.sort = { column: 0, down: false }; });
    radios("modes", "mode", page.modes.map((mode) => [mode.name, mode.label]), within);
    radios("views", "view", page.views);
    percentiles();
    minutesInputs();
    keptInputs();
    neighbours();
    const word = data.study.site_word;
    get("count-label").textContent = `Which ${word}s count`;
    ["who", "who-label"].forEach((id) => { get(id).hidden = page.groups.length < 2; });
    get("centres-heading").textContent = `Close or open a ${word}`;
    get("centres-hint").textContent = `Press a ${word} here or on the map. Every figure is worked out again, in this page.`;
    notes();
    readLink();
    Draw.start(page.map, data, page.toggle);
    wire();
  }

  function fillSelect(id, options, before) {
    const select = page.get(id);
    options.forEach(([value, text]) => select.append(page.make("option", text, { value })));
    select.addEventListener("change", () => {
      if (before) before();
      page.state[id] = select.value;
      page.update();
    });
  }

  function radios(id, key, options, after) {
    const holder = page.make("div", null, { class: "choice" });
    options.forEach(([value, text]) => {
      const label = page.make("label");
      const input = page.make("input", null, { type: "radio", name: key, value });
      input.addEventListener("change", () => {
        page.state[key] = value;
        if (after) after();
        page.update();
      });
      label.append(input, text);
      holder.append(label);
    });
    page.get(id).append(holder);
  }

  /* Each mode has minutes of its own to choose from: those of a visit are out and home together. */
  const limits = () => page.mode().limits;
  const span = () => `${limits().least} to ${limits().most}`;
  function inLimits(value) {
    const { least, most, step: by } = limits();
    return Number.isInteger((value - least) / by) && value >= least && value <= most;
  }

  /* Minutes chosen for one mode stay for the next that offers the same; else its own come first. */
  let limitsFor = "";
  function within() {
    const now = JSON.stringify(limits());
    if (limitsFor && limitsFor !== now) page.state.minutes = limits().first;
    limitsFor = now;
  }

  function limitsShown() {
    const { least, most, step: by } = limits();
    ["minutes", "minutes-number"].forEach((id) => { Object.assign(page.get(id), { min: least, max: most, step: by }); });
    if (page.get("minutes-number").getAttribute("aria-invalid") !== "true") page.get("minutes-hint").textContent = limitsHint();
  }

  const limitsHint = () => `From ${span()}${page.mode().limits.step > 1 || page.state.mode === "visit" ? ", out and home together" : ""}`;

  const share = (percentile) => ({ 10: "at best (a tenth of the time)", 50: "half of the time", 90: "nine tenths of the time" }[percentile] || `${percentile}% of the time`);

  /* Of journeys by timetable a reader may ask how long they take at best, or at nearly any time. */
  function percentiles() {
    const shown = page.variants.filter((item) => item.percentile !== null).sort((a, b) => a.percentile - b.percentile);
    fillSelect("percentile", shown.map((item) => [String(item.percentile), share(item.percentile)]));
    const own = shown.find((item) => item.name === item.of);
    if (own) page.state.percentile = String(own.percentile);
  }

  function minutesInputs() {
    const pair = [page.get("minutes"), page.get("minutes-number")];
    pair.forEach((input) => input.addEventListener("input", () => {
      const value = Number(input.value);
      const fits = input.value !== "" && inLimits(value);
      fitting(input, fits, "minutes-hint", `Give whole minutes from ${span()}; ${page.state.minutes} stay chosen.`);
      if (!fits) return;
      page.state.minutes = value;
      page.update();
    }));
    pair[1].addEventListener("blur", () => {
      pair[1].value = page.state.minutes;
      fitting(pair[1], true, "minutes-hint");
    });
  }

  /* What is typed and cannot be meant changes nothing, and says so. */
  function fitting(input, fits, hint, words) {
    const place = page.get(hint);
    input.setAttribute("aria-invalid", String(!fits));
    place.classList.toggle("wrong", !fits);
    if (!fits) place.textContent = words;
    else if (hint === "minutes-hint") place.textContent = limitsHint();
  }

  /* From none to as many as the scenario allows; as many as that is the scenario itself. */
  function keptInputs() {
    const { get, state } = page;
    const pair = [get("kept"), get("kept-number")];
    pair.forEach((input) => input.addEventListener("input", () => {
      const value = Number(input.value);
      const most = page.agreed().hours;
      const fits = input.value !== "" && value >= 0 && value <= most && Number.isInteger(value / step(most));
      if (!fits) {
        fitting(input, fits, "kept-hint", `Give hours from 0 to ${most} in steps of ${step(most)}; ${Core.hoursText(state.kept === null ? most : state.kept)} stay chosen.`);
        return;
      }
      fitting(input, fits, "kept-hint");
      state.kept = value === most ? null : value;
      page.update();
    }));
    pair[1].addEventListener("blur", () => {
      fitting(pair[1], true, "kept-hint");
      keptShown();
    });
  }

  const step = (most) => (Number.isInteger(most) ? 1 : 0.5);

  function keptShown() {
    const { data, get, state } = page;
    const agreed = page.agreed();
    get("kept-part").hidden = agreed === null;
    if (!agreed) return;
    const value = state.kept === null ? agreed.hours : state.kept;
    ["kept", "kept-number"].forEach((id) => { Object.assign(get(id), { max: agreed.hours, step: step(agreed.hours) }); });
    get("kept").value = value;
    get("kept").setAttribute("aria-valuetext", Core.hoursText(value));
    if (document.activeElement !== get("kept-number")) get("kept-number").value = value;
    const names = Core.listed(agreed.sites.map((s) => data.sites[s].name));
    get("kept-hint").textContent = `At ${names}: from none to ${agreed.hours}. ${data.study.site_word[0].toUpperCase()}${data.study.site_word.slice(1)}s count as full-time from ${data.settings.full_time_from_hours}.`;
  }

  function neighbours() {
    const { data, get, state } = page;
    const across = data.sites.filter((site) => site.neighbour);
    get("neighbours-part").hidden = across.length === 0;
    if (!across.length) return;
    get("neighbours-label").textContent = `Count neighbours’ ${data.study.site_word}s`;
    get("neighbours-hint").textContent = `Run by others just outside: ${Core.listed(across.map((site) => `${site.letter} ${site.name}`))}.`;
    get("neighbours").addEventListener("change", () => { state.neighbours = get("neighbours").checked; page.update(); });
  }

  function notes() {
    const { data, get, make } = page;
    const unknown = data.sites.filter((site) => !site.at).map((site) => site.name);
    get("unplaced").textContent = unknown.length
      ? `Not on the map, and in no figure, because where ${unknown.length === 1 ? "it stands" : "they stand"} is not known: ${Core.listed(unknown)}.` : "";
    const list = [...data.notes];
    if (data.accuracy && !list.some((note) => note.text === data.accuracy)) list.unshift({ level: "warning", text: data.accuracy });
    get("isochrones-word").textContent = data.isochrones ? ""
      : "Isochrones are not drawn: they need streets, and a circle round a place is not one.";
    page.modes.forEach((mode) => list.push({ level: "info", text: `Times ${mode.label}: ${mode.method}` }));
    get("notes").replaceChildren(...list.map((note) => make("li", note.text, { class: note.level })));
    const lines = data.credits.map((credit) => (credit.includes("OpenStreetMap")
      ? make("a", credit, { href: Base.OSM_COPYRIGHT }) : make("span", credit)));
    get("map-credits").replaceChildren(...lines.flatMap((line, i) => (i ? [". ", line.cloneNode(true)] : [line.cloneNode(true)])));
    get("credits").replaceChildren(...lines.map((line) => { const item = make("li"); item.append(line); return item; }));
  }

  /* The switches show what is chosen, and so does the address: a link brings the same page back. */
  function shown() {
    const { get, state } = page;
    ["scenario", "who", "count", "rows"].forEach((id) => { get(id).value = state[id]; });
    ["mode", "view"].forEach((key) => {
      document.querySelectorAll(`input[name="${key}"]`).forEach((input) => { input.checked = input.value === state[key]; });
    });
    get("neighbours").checked = state.neighbours;
    get("percentiles-part").hidden = !page.variants.some((item) => item.of === state.mode && item.name !== item.of);
    get("percentile").value = state.percentile;
    limitsShown();
    get("minutes").value = state.minutes;
    get("minutes").setAttribute("aria-valuetext", `${state.minutes} minutes`);
    if (document.activeElement !== get("minutes-number")) get("minutes-number").value = state.minutes;
    keptShown();
    Postcode.shown();
    clearTimeout(addressing);
    addressing = setTimeout(address, ADDRESS_MS);
  }

  /* The address follows when the reader has stopped pressing: writing it takes longer than a frame. */
  function address() {
    clearTimeout(addressing);
    addressing = 0;
    try {
      history.replaceState(null, "", `#${link()}`);
    } catch {
      // some viewers forbid it inside a frame; the page works without
    }
  }

  function link() {
    const { state } = page;
    const parts = new URLSearchParams();
    ["scenario", "mode", "minutes", "who", "count", "view"].forEach((key) => parts.set(key, state[key]));
    if (page.mode().percentile !== null) parts.set("percentile", state.percentile);
    if (state.kept !== null) parts.set("kept", state.kept);
    if (state.neighbours) parts.set("neighbours", "counted");
    [[true, "open"], [false, "close"]].forEach(([open, key]) => {
      const ids = [...state.changes].filter(([, value]) => value === open).map(([id]) => id);
      ids.sort().forEach((id) => parts.append(key, id));
    });
    return parts.toString();
  }

  /* Whatever stands in a link, only what the page itself offers is taken from it. */
  function readLink() {
    const { data, state } = page;
    const parts = new URLSearchParams(location.hash.slice(1));
    const offered = {
      scenario: data.scenarios.map((item) => item.name), mode: page.modes.map((item) => item.name),
      who: page.groups.map((item) => item.id), count: page.counts.map(([id]) => id),
      view: page.views.map(([id]) => id),
    };
    Object.entries(offered).forEach(([key, values]) => {
      if (values.includes(parts.get(key))) state[key] = parts.get(key);
    });
    const [minutes, percentile] = [Number(parts.get("minutes")), parts.get("percentile")];
    if (page.variants.some((item) => String(item.percentile) === percentile)) state.percentile = percentile;
    state.minutes = parts.get("minutes") !== null && inLimits(minutes) ? minutes : limits().first;
    limitsFor = JSON.stringify(limits());
    const [kept, agreed] = [parts.get("kept") || "", page.agreed()];
    state.kept = agreed && /^\d+(\.5)?$/.test(kept) && Number(kept) < agreed.hours && Number.isInteger(Number(kept) / step(agreed.hours)) ? Number(kept) : null;
    state.neighbours = parts.get("neighbours") === "counted" && data.sites.some((site) => site.neighbour);
    state.changes.clear();
    [["open", true], ["close", false]].forEach(([key, open]) => parts.getAll(key).forEach((id) => {
      const i = data.sites.findIndex((site) => site.id === id);
      if (i >= 0 && !data.sites[i].neighbour && Boolean(page.scenario().open[i]) !== open) state.changes.set(id, open);
    }));
  }

  /* The reader's scenario as a table of a study.toml. */
  function toml() {
    const { data, state } = page;
    const base = data.scenarios[0];
    const text = (value) => JSON.stringify(String(value)).replace(/\u007f/g, "\\u007f");
    const closed = [];
    const opened = [];
    const hours = [];
    data.sites.forEach((site, i) => {
      const changed = state.changes.get(site.id);
      const open = changed === undefined ? Boolean(page.scenario().open[i]) : changed;
      if (open !== Boolean(base.open[i])) (open ? opened : closed).push(site.id);
      const is = page.scenario().hours[i];
      if (open && is !== base.hours[i] && is !== null) hours.push(`${text(site.id)} = ${is}`);
    });
    const name = `own-${state.scenario}`.slice(0, 40).replace(/-+$/, "");
    const lines = [
      `# Made by hand on the map of the study ${text(data.study.id)}; for: eh-access challenge`,
      "[[scenario]]", `name = ${text(name)}`, `label = ${text(page.own() ? `${page.scenario().label}, changed by hand` : page.scenario().label)}`,
      `note = ${text("Made by hand on the map page.")}`,
    ];
    if (closed.length) lines.push(`close = [${closed.map(text).join(", ")}]`);
    if (opened.length) lines.push(`open = [${opened.map(text).join(", ")}]`);
    if (hours.length) lines.push(`set_hours = { ${hours.join(", ")} }`);
    const number = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));
    const moves = page.scenario().moved.filter((move) => !move.stays && !closed.includes(data.sites[move.site].id))
      .map((move) => `{ site = ${text(data.sites[move.site].id)}, easting = ${number(move.easting)}, northing = ${number(move.northing)}, location_radius_m = ${number(move.radius_m)} }`);
    if (moves.length) lines.push(`move = [${moves.join(", ")}]`);
    return `${lines.join("\n")}\n`;
  }

  function save(name, text, type) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const anchor = page.make("a", "", { href: address, download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async function copy(text, said, id) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = page.make("textarea", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    page.get(id).textContent = said;
  }

  function wire() {
    const { get, state } = page;
    get("switches").addEventListener("submit", (event) => event.preventDefault());
    get("home").addEventListener("click", Draw.home);
    get("tiles").addEventListener("change", () => {
      get("tiles-word").textContent = "";
      Draw.tiles(get("tiles").checked, () => { get("tiles-word").textContent = "OpenStreetMap cannot be reached from here; the map below is complete without it."; });
      page.update();
    });
    get("reset").addEventListener("click", () => { state.changes.clear(); state.kept = null; page.update(); get("centres").querySelector("button")?.focus(); });
    get("copy-link").addEventListener("click", () => copy(`${location.href.split("#")[0]}#${link()}`, "The link is copied.", "own-word"));
    get("save-toml").addEventListener("click", () => save(`${state.scenario}-own.toml`, toml(), "application/toml"));
    get("filter").addEventListener("input", () => { state.filter = get("filter").value; Table.shown(); });
    get("copy-table").addEventListener("click", () => copy(Table.text("\t", false), "The table is copied.", "table-word"));
    get("save-csv").addEventListener("click", () => save(`${state.scenario}-${state.mode}-${state.rows}.csv`, `\ufeff${Table.text(",", true)}\r\n`, "text/csv"));
    window.addEventListener("pagehide", () => addressing && address());
    window.addEventListener("hashchange", () => { readLink(); page.update(); });
    const frame = document.querySelector(".map-frame");
    const details = get("banner").querySelector("details");
    let wasOpen = false;
    window.addEventListener("beforeprint", () => {
      document.documentElement.classList.add("printing");
      wasOpen = details.open;
      details.open = true;
      Object.assign(frame.style, { width: "158mm", height: "100mm" });
      page.map.invalidateSize({ animate: false });
      Draw.home();
    });
    window.addEventListener("afterprint", () => {
      document.documentElement.classList.remove("printing");
      details.open = wasOpen;
      Object.assign(frame.style, { width: "", height: "" });
      page.map.invalidateSize({ animate: false });
      Draw.home();
    });
  }

  return { start, shown, share, toml };
})();
