/* The yardsticks, worked out again for a scenario made by hand: the library's own arithmetic
   (criteria/evaluate), with every site where it is drawn. What is not known is drawn by the study alone. */
const Criteria = (() => {
  const LEVELS = ["met", "too close to call", "not met", "cannot say"];
  const ROUNDING = 1e-9;
  const HALF_DECIMETRE_M = 0.05;
  const MOST_AREAS = 3;
  const beforehand = new Map();
  const inGroup = new Map();

  const metresPerMinute = (mode) => (mode.speed_km_h * 1000) / 60;

  /* What a criterion reads: columns of minutes (or metres). */
  function tables(page, criterion) {
    const find = (name) => page.modes.find((mode) => mode.name === name);
    const own = find(criterion.mode);
    const group = !criterion.group || page.data.origins.groups.some((item) => item.id === criterion.group);
    const reach = page.data.settings.search_min >= (criterion.cutoff_min || 0);
    if (!own || !group || !reach || (criterion.by && !page.data.columns[criterion.by])) return null;
    const moves = page.scenario().moved.length > 0;
    if (criterion.measure === "coverage_distance") {
      // minutes at one speed are metres; by street the shortest way is searched for by itself
      const metres = own.estimated && !own.uses_road_speeds;
      if (!metres && (!own.metres || moves)) return null;
      const columns = (scenario) => [metres ? page.minutesOf(scenario, own) : own.metres];
      return { columns, scale: metresPerMinute(own), missing: [] };
    }
    const named = [criterion.mode, ...criterion.also_modes];
    const found = named.map(find).filter(Boolean);
    if (criterion.figure === "hours" && (!own.back || moves)) return null;
    return {
      columns: (scenario) => found.map((mode) => page.minutesOf(scenario, mode)), back: own.back,
      scale: 1, missing: named.filter((name) => !find(name)),
    };
  }

  /* How one site changes what origins have: the nearest so far, or the hours so far. */
  function fold(page, criterion, read, side, s, result) {
    const { data, n } = page;
    const columns = side.columns;
    const weekly = side.hours[s] === null ? data.settings.full_time_from_hours : side.hours[s];
    const hoursAsked = criterion.figure === "hours";
    const total = criterion.there_and_back === "total";
    const limit = criterion.cutoff_min;
    for (let o = 0, at = s * n; o < n; o += 1, at += 1) {
      let there = columns[0][at];
      for (let t = 1; t < columns.length; t += 1) if (columns[t][at] < there) there = columns[t][at];
      there *= read.scale;
      if (!hoursAsked) {
        if (there < result[o]) result[o] = there;
      } else {
        const back = read.back[at];
        const near = total ? Core.within(there + back, limit) : Core.within(there, limit) && Core.within(back, limit);
        if (near) result[o] += weekly;
      }
    }
  }

  /* Minutes or metres to the nearest, or hours a week, for every origin on one side. */
  function figure(page, criterion, read, side) {
    if (!side.figure) {
      side.columns = read.columns(side.scenario);
      side.figure = new Float64Array(page.n).fill(criterion.figure === "hours" ? 0 : Infinity);
      page.data.sites.forEach((site, s) => {
        if (side.serves[s] && site.basis !== "unknown") fold(page, criterion, read, side, s, side.figure);
      });
    }
    return side.figure;
  }

  /* Who is served: at least so many hours, or at most so many metres or minutes. */
  function bound(criterion) {
    if (criterion.min_hours !== null) return { least: criterion.min_hours - ROUNDING, most: Infinity };
    if (criterion.within_m !== null) return { least: -Infinity, most: criterion.within_m + HALF_DECIMETRE_M };
    return { least: -Infinity, most: criterion.cutoff_min + Core.SPARE };
  }

  /* The share of weight with a value inside the bound. */
  function shareWithin(weights, values, { least, most }) {
    let whole = 0;
    let part = 0;
    for (let o = 0; o < weights.length; o += 1) {
      whole += weights[o];
      if (values[o] >= least && values[o] <= most) part += weights[o];
    }
    return Core.coarse(part, whole);
  }

  /* The share of weight with more minutes added than a limit. */
  function shareAdded(weights, before, after, limit) {
    let whole = 0;
    let part = 0;
    for (let o = 0; o < weights.length; o += 1) {
      whole += weights[o];
      if (Core.change(before[o], after[o]) > limit) part += weights[o];
    }
    return Core.coarse(part, whole);
  }

  /* Of those who could or can reach one: the rest have nothing to add or to lose. */
  function meanChange(before, after, weights) {
    let whole = 0;
    let sum = 0;
    for (let o = 0; o < weights.length; o += 1) {
      if (weights[o] > 0 && (before[o] < Infinity || after[o] < Infinity)) {
        whole += weights[o];
        sum += weights[o] * Core.change(before[o], after[o]);
      }
    }
    return whole > 0 && !Core.few(whole) ? sum / whole : NaN;
  }

  /* By how many points the share of weight inside the bound falls. */
  function fallPoints(weights, before, after, { least, most }) {
    let [whole, was, is] = [0, 0, 0];
    for (let o = 0; o < weights.length; o += 1) {
      whole += weights[o];
      if (before[o] >= least && before[o] <= most) was += weights[o];
      if (after[o] >= least && after[o] <= most) is += weights[o];
    }
    return (Core.coarse(was, whole) - Core.coarse(is, whole)) * 100;
  }

  /* Minutes more added for each step down the numbers of a column: the weighted slope. */
  function slopeDown(weight, { codes, names }, before, after) {
    const [every, load, added] = [0, 1, 2].map(() => new Float64Array(names.length));
    for (let o = 0; o < weight.length; o += 1) {
      if (codes[o] < 0) continue;
      every[codes[o]] += weight[o];
      if (weight[o] > 0 && (before[o] < Infinity || after[o] < Infinity)) {
        load[codes[o]] += weight[o];
        added[codes[o]] += weight[o] * Core.change(before[o], after[o]);
      }
    }
    let [whole, middle] = [0, 0];
    const kept = names.map((_, i) => i).filter((i) => every[i] > 0 && !Core.few(every[i]));
    kept.forEach((i) => { whole += load[i]; middle += load[i] * Number(names[i]); });
    let [slope, spread] = [0, 0];
    kept.forEach((i) => {
      const off = Number(names[i]) - middle / whole;
      slope -= off * added[i];
      spread += load[i] * off * off;
    });
    return Number.isFinite(slope / spread) ? slope / spread : NaN;
  }

  /* The share of the mean hours within reach that is lost. */
  function hoursLost(weights, before, after) {
    let [whole, was, is] = [0, 0, 0];
    for (let o = 0; o < weights.length; o += 1) {
      whole += weights[o];
      was += weights[o] * before[o];
      is += weights[o] * after[o];
    }
    return was > 0 && !Core.few(whole) ? (was - is) / was : NaN;
  }

  function differ(before, after) {
    for (let o = 0; o < before.length; o += 1) if (before[o] !== after[o]) return true;
    return false;
  }

  /* The weights of a group's members ("1"), or of all who are known not to be ("0"). */
  function weightsOf(page, group, member) {
    if (!group) return page.weight;
    const key = `${group} ${member}`;
    if (!inGroup.has(key)) {
      const { members } = page.data.origins.groups.find((item) => item.id === group);
      inGroup.set(key, page.weight.map((w, o) => (members[o] === member ? w : 0)));
    }
    return inGroup.get(key);
  }

  function read(page, criterion, before, after) {
    const { data, weight } = page;
    const inside = weightsOf(page, criterion.group, "1");
    const inBound = bound(criterion);
    const changed = !criterion.of_change || differ(before, after);
    if (criterion.measure === "added_time") {
      return { value: shareAdded(inside, before, after, criterion.added_min + Core.SPARE), baseline: 0, changed };
    }
    if (criterion.measure === "group_gap") {
      const outside = weightsOf(page, criterion.group, "0");
      return { value: meanChange(before, after, inside) - meanChange(before, after, outside), baseline: 0, changed };
    }
    if (criterion.measure === "coverage_fall") {
      return { value: fallPoints(inside, before, after, inBound), baseline: 0, changed };
    }
    if (criterion.measure === "fall_gap") {
      const outside = weightsOf(page, criterion.group, "0");
      return { value: fallPoints(inside, before, after, inBound) - fallPoints(outside, before, after, inBound), baseline: 0, changed };
    }
    if (criterion.measure === "slope") {
      return { value: slopeDown(weight, data.columns[criterion.by], before, after), baseline: 0, changed };
    }
    if (criterion.measure === "hours_fall") return { value: hoursLost(inside, before, after), baseline: 0, changed };
    if (criterion.measure === "area_loss") {
      const by = data.columns[criterion.by];
      const [whole, was, is] = [0, 1, 2].map(() => new Float64Array(by.names.length));
      const codes = by.codes;
      for (let o = 0; o < weight.length; o += 1) {
        const code = codes[o];
        if (code < 0) continue;
        whole[code] += weight[o];
        if (before[o] >= inBound.least && before[o] <= inBound.most) was[code] += weight[o];
        if (after[o] >= inBound.least && after[o] <= inBound.most) is[code] += weight[o];
      }
      const lost = by.names.map((_, i) => (whole[i] > 0 && !Core.few(whole[i]) ? Core.coarse(was[i], whole[i]) - Core.coarse(is[i], whole[i]) : -Infinity));
      const worst = by.names.map((_, i) => i).filter((i) => lost[i] > 0).sort((i, j) => lost[j] - lost[i]).slice(0, MOST_AREAS);
      return { value: Math.max(...lost, 0) * 100, baseline: 0, changed, where: worst.map((i) => by.names[i]) };
    }
    return {
      value: shareWithin(inside, after, inBound), baseline: shareWithin(inside, before, inBound), changed,
    };
  }

  function graded(room, margin, never) {
    if (Number.isNaN(room)) return 3;
    if (Math.abs(room) <= margin + ROUNDING && margin > 0 && !never) return 1;
    return room >= -ROUNDING ? 0 : 2;
  }

  function grade(criterion, reading) {
    const sign = criterion.better === "higher" ? 1 : -1;
    return graded(sign * (reading.value - criterion.threshold), criterion.margin, criterion.of_change && !reading.changed);
  }

  /* One criterion for the scenario at hand. */
  function judge(page, criterion) {
    const { data } = page;
    const inputs = tables(page, criterion);
    if (!inputs) return { outcome: "cannot say", indication: "", value: NaN, baseline: NaN, why: "this page lacks what it needs; run the study for it" };
    const count = criterion.sites === "open" ? "any" : "full";
    const { neighbours } = page.state;
    const side = (scenario, changes) => ({
      scenario, serves: Core.serving(data, scenario, { changes, count, neighbours }), hours: Core.hoursOf(data, scenario, changes),
      columns: null, figure: null,
    });
    // what was before never changes, whatever is pressed
    const key = `${criterion.id} ${neighbours}`;
    if (!beforehand.has(key)) beforehand.set(key, side(data.scenarios[0], new Map()));
    const before = beforehand.get(key);
    const after = side(page.scenario(), page.state.changes);
    const found = read(page, criterion, figure(page, criterion, inputs, before), figure(page, criterion, inputs, after));
    const level = grade(criterion, found);
    const why = [];
    const without = inputs.missing.length > 0 && !(level === 0 && !criterion.of_change);
    if (data.estimated) why.push("travel times are straight-line estimates");
    if (without) why.push(`${Core.listed(inputs.missing)} times are missing`);
    const pointless = without || level === 3;
    return { ...found, outcome: why.length ? "cannot say" : LEVELS[level], indication: why.length && !pointless ? LEVELS[level] : "", why: why.join("; ") };
  }

  const shown = (criterion, value) => {
    if (criterion.unit === "share") return Core.percent(value);
    return criterion.unit === "points" ? `${Core.fixed(value, 1)} points` : `${Core.added(value)} minutes`;
  };

  function sentence(criterion, verdict) {
    if (Number.isNaN(verdict.value)) return `Cannot say: ${verdict.why}.`;
    const limit = `${criterion.better === "higher" ? "at least" : "at most"} ${shown(criterion, criterion.threshold).replace("+", "")}`;
    const [before, after] = [verdict.baseline, verdict.value].map((value) => shown(criterion, value));
    const was = criterion.of_change ? "" : `, ${before === after ? "as" : before} before`;
    const where = verdict.where && verdict.where.length ? ` (${verdict.where[0]}${verdict.where.length > 1 ? `; next ${Core.listed(verdict.where.slice(1))}` : ""})` : "";
    const why = verdict.why ? ` Cannot say for sure: ${verdict.why}.` : "";
    return `${after}${where}${was}; the yardstick is ${limit}.${why}`;
  }

  return { judge, sentence };
})();
