/* The same facts as a table: sorted, filtered, copied, saved. */
const Table = (() => {
  let page = null;
  let drawnFor = "";

  function start(given) { page = given; }

  const number = (value, text) => ({ value, text });

  function byCentre() {
    const { data, now, unit, word } = page;
    const [was, is] = [now.before, now.after]
      .map((way) => now.sums(way.site, data.sites.length));
    return {
      numeric: 2,
      heads: [`${word[0].toUpperCase()}${word.slice(1)}`, "State after", `${unit} it is nearest to, before`, "after", "Mean minutes of those, after"],
      rows: data.sites.map((site, i) => [
        { text: `${site.letter} ${site.name}` }, { text: page.siteState(i).words },
        number(was[i].weight, Core.people(was[i].weight)), number(is[i].weight, Core.people(is[i].weight)),
        number(is[i].meanAfter, is[i].weight ? Core.minutesText(is[i].meanAfter) : "none"),
      ]),
    };
  }

  function byPlace() {
    const { data, now, unit, state } = page;
    const ward = state.rows === "ward";
    const names = ward ? data.origins.ward_names : data.areas.map((area) => area.name);
    const share = (value) => number(value, Core.percent(value));
    const time = (value) => number(value, Core.minutesText(value));
    const sums = now.sums(ward ? data.origins.ward : data.origins.area, names.length);
    return {
      numeric: 1,
      heads: [
        ward ? "Ward" : data.area_word, unit, `Within ${state.minutes} min before`, "after",
        "Mean minutes before", "after", "Minutes added", `Lose over ${data.settings.loser_min} min`,
      ],
      rows: sums.map((sum, i) => {
        if (sum.weight === 0) return null;
        const more = sum.finite === 0 && sum.losesAll > 0 ? Infinity : sum.meanAdded;
        return [
          { text: names[i] }, number(sum.weight, Core.people(sum.weight)), share(sum.shareBefore),
          share(sum.shareAfter), time(sum.meanBefore), time(sum.meanAfter),
          number(more, Core.added(more)), number(sum.loses, Core.people(sum.loses, sum.weight)),
        ];
      }).filter(Boolean),
    };
  }

  /* The rows as they stand: filtered, and sorted by the chosen column. */
  function chosen() {
    const { state } = page;
    const { heads, rows, numeric } = state.rows === "centre" ? byCentre() : byPlace();
    const { column, down } = state.sort;
    const key = (row) => row[column].value ?? row[column].text;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : (Number.isNaN(a) ? 1 : a - b || 0));
    const wanted = state.filter.trim().toLowerCase();
    const shown = rows.filter((row) => !wanted || row.some((cell) => cell.text.toLowerCase().includes(wanted)))
      .sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
    return { heads, shown, numeric };
  }

  function head(heads, numeric) {
    const { state, make, get } = page;
    const { column, down } = state.sort;
    const line = make("tr");
    heads.forEach((text, i) => {
      const cell = make("th", null, { scope: "col", class: i >= numeric ? "n" : "" });
      if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const button = make("button", text + (i === column ? (down ? " ▼" : " ▲") : ""), { type: "button" });
      button.addEventListener("click", () => {
        state.sort = { column: i, down: i === column ? !down : i >= numeric };
        shown();
        get("facts").tHead.querySelectorAll("button")[i].focus();
      });
      cell.append(button);
      line.append(cell);
    });
    return line;
  }

  function body(rows, numeric) {
    const { make } = page;
    const made = make("tbody");
    rows.forEach((row) => {
      const line = make("tr");
      row.forEach((cell, i) => line.append(make(i ? "td" : "th", cell.text, i ? { class: i >= numeric ? "n" : "" } : { scope: "row" })));
      made.append(line);
    });
    return made;
  }

  /* A table of the same shape keeps its cells: only what reads otherwise is written again. */
  function rewrite(made, rows) {
    rows.forEach((row, r) => {
      const { cells } = made.rows[r];
      row.forEach((cell, i) => {
        if (cells[i].textContent !== cell.text) cells[i].textContent = cell.text;
      });
    });
  }

  function shown() {
    const { get, data, state } = page;
    const { heads, shown: rows, numeric } = chosen();
    const table = get("facts");
    const hidden = data.study.hiding ? " [c]: hidden, so that nobody can be found." : "";
    const modelled = (data.study.weight_label ? ` ${data.study.weight_label}.` : "") + hidden;
    const who = state.who === "all" ? "" : ` Only ${page.group().label}.`;
    const caption = `${page.scenarioLabel()}; ${page.mode().label}, to the nearest ${page.countText()}${data.estimated ? "; INDICATIVE, straight-line estimates" : ""}.${who}${modelled}`;
    if (table.caption.textContent !== caption) table.caption.textContent = caption;
    const shape = JSON.stringify([heads, numeric, state.sort, rows.length]);
    if (shape === drawnFor) {
      rewrite(table.tBodies[0], rows);
      return;
    }
    drawnFor = shape;
    table.tHead.replaceChildren(head(heads, numeric));
    table.tBodies[0].replaceWith(body(rows, numeric));
  }

  /* A text that a spreadsheet would take for a formula gets an apostrophe in front. */
  const harmless = (text) => (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);

  function text(separator, quoted) {
    const { heads, shown: rows } = chosen();
    const cell = (value) => (quoted ? `"${harmless(value).replace(/"/g, '""')}"` : value.replace(/[\t\n]/g, " "));
    const full = heads.map((name, i) => (name === "after" ? `${heads[i - 1].replace(/,? before$/, "")} after` : name));
    return [full, ...rows.map((row) => row.map((item) => item.text))]
      .map((row) => row.map(cell).join(separator)).join("\r\n");
  }

  return { start, shown, text };
})();
