/* The yardsticks, worked out again for a scenario made by hand: the library's own arithmetic
   (analysis/views, readings, doubts), with sites tried nearer, farther, or somewhere else. */
const Criteria = (() => {
  const LEVELS = ["met", "marginal", "not met", "cannot say"];
  const ROUNDING = 1e-9;
  const HALF_DECIMETRE_M = 0.05;
  const MOST_AREAS = 3;
  const beforehand = new Map();
  const inGroup = new Map();
  const ROAD_SPEED_KM_H = 112;

  const metresPerMinute = (mode) => (mode.speed_km_h * 1000) / 60;

  /* What a criterion reads: columns of minutes (or metres), and how far a metre goes in them. */
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
      return { columns, scale: metresPerMinute(own), perMetre: 1, crow: 1, missing: [] };
    }
    const named = [criterion.mode, ...criterion.also_modes];
    const found = named.map(find).filter(Boolean);
    if (criterion.figure === "hours" && (!own.back || moves)) return null;
    return {
      columns: (scenario) => found.map((mode) => page.minutesOf(scenario, mode)), back: own.back,
      scale: 1, perMetre: 1 / metresPerMinute(own),
      crow: 60 / 1000 / (own.uses_road_speeds || criterion.also_modes.length ? ROAD_SPEED_KM_H : own.speed_km_h), missing: named.filter((name) => !find(name)),
    };
  }

  /* How one site changes what origins have: the nearest so far, or the hours so far. */
  function fold(page, criterion, read, side, s, moved, result) {
    const { data, n } = page;
    const columns = side.columns;
    const weekly = side.hours[s] === null ? data.settings.full_time_from_hours : side.hours[s];
    const hoursAsked = criterion.figure === "hours";
    const total = criterion.there_and_back === "total";
    const limit = criterion.cutoff_min;
    for (let o = 0, at = s * n; o < n; o += 1, at += 1) {
      let there = columns[0][at];
      for (let t = 1; t < columns.length; t += 1) if (columns[t][at] < there) there = columns[t][at];
      there = there * read.scale + moved;
      if (there < 0) there = 0;
      if (!hoursAsked) {
        if (there < result[o]) result[o] = there;
      } else {
        const back = Math.max(read.back[at] + moved, 0);
        const near = total ? Core.within(there + back, limit) : Core.within(there, limit) && Core.within(back, limit);
        if (near) result[o] += weekly;
      }
    }
  }

  /* How far a site may be from where it is drawn, if far enough to be tried; it may move. */
  function roughness(page, side, s) {
    const move = side.scenario.moved.find((item) => item.site === s);
    return move ? move.rough_m : page.data.sites[s].rough_m;
  }

  /* The sites in doubt that serve on a side. */
  const inDoubt = (page, side) => page.data.sites.map((_, s) => s)
    .filter((s) => side.serves[s] && page.data.sites[s].basis !== "unknown" && roughness(page, side, s));

  const movedBy = (page, read, side, s, shift) => (
    (shift.get(s) || 0) * roughness(page, side, s) * page.data.settings.detour * read.perMetre);

  /* What the certain sites give, with every site in doubt laid over it. */
  function laidOver(page, criterion, read, side, shift) {
    const result = side.certain.slice();
    inDoubt(page, side).forEach((s) => fold(page, criterion, read, side, s, movedBy(page, read, side, s, shift), result));
    return result;
  }

  /* The nearest of all, whose it is, and the nearest of all others: worked out once for a side. */
  function ranked(page, criterion, read, side) {
    if (side.ranked) return side.ranked;
    const best = side.certain.slice();
    const [next, own] = [0, 1].map(() => new Float64Array(page.n).fill(Infinity));
    const whose = new Int16Array(page.n).fill(-1);
    inDoubt(page, side).forEach((s) => {
      fold(page, criterion, read, side, s, 0, own.fill(Infinity));
      for (let o = 0; o < page.n; o += 1) {
        if (own[o] < best[o]) {
          next[o] = best[o];
          best[o] = own[o];
          whose[o] = s;
        } else if (own[o] < next[o]) next[o] = own[o];
      }
    });
    side.ranked = { best, next, whose };
    return side.ranked;
  }

  /* One site moved: its own figure, or the nearest of the others. */
  function oneMoved(page, criterion, read, side, shift) {
    const [s] = shift.keys();
    const { best, next, whose } = ranked(page, criterion, read, side);
    if (!inDoubt(page, side).includes(s)) return best;
    const result = new Float64Array(page.n).fill(Infinity);
    fold(page, criterion, read, side, s, movedBy(page, read, side, s, shift), result);
    for (let o = 0; o < page.n; o += 1) {
      const other = whose[o] === s ? next[o] : best[o];
      if (other < result[o]) result[o] = other;
    }
    return result;
  }

  /* Minutes or metres to the nearest, or hours a week, for every origin on one side. What the sites
     of certain place give is worked out once; those in doubt are laid over it, wherever they stand. */
  function figure(page, criterion, read, side, shift) {
    const { data, n } = page;
    if (!side.certain) {
      side.columns = read.columns(side.scenario);
      side.certain = new Float64Array(n).fill(criterion.figure === "hours" ? 0 : Infinity);
      data.sites.forEach((site, s) => {
        if (side.serves[s] && site.basis !== "unknown" && !roughness(page, side, s)) fold(page, criterion, read, side, s, 0, side.certain);
      });
    }
    const key = [...shift].join(";");
    if (!side.known.has(key)) {
      const one = shift.size === 1 && criterion.figure !== "hours";
      side.known.set(key, (one ? oneMoved : laidOver)(page, criterion, read, side, shift));
    }
    return side.known.get(key);
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
    return whole > 0 && !Core.few(whole) ? (was / whole - is / whole) * 100 : NaN;
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
      const lost = by.names.map((_, i) => (whole[i] > 0 && !Core.few(whole[i]) ? was[i] / whole[i] - is[i] / whole[i] : -Infinity));
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

  /* Roughly known sites, nearer and farther, one at a time and all at once: do they turn it? */
  function turning(uncertain, outcomeAt, now) {
    const alone = uncertain.filter((s) => [-1, 1].some((sign) => outcomeAt(new Map([[s, sign]])) !== now));
    if (alone.length || uncertain.length < 2) return alone;
    const together = [-1, 1].some((sign) => outcomeAt(new Map(uncertain.map((s) => [s, sign]))) !== now);
    return together ? uncertain : [];
  }

  /* What origins have with one more site on a side: `metres` is how far it is from each. */
  function withSite(criterion, side, s, base, metres, pace, result) {
    if (!side.serves[s]) return base;
    if (criterion.figure !== "hours") {
      for (let o = 0; o < base.length; o += 1) result[o] = Math.min(base[o], metres[o] * pace);
      return result;
    }
    const weekly = side.hours[s] === null ? side.fullHours : side.hours[s];
    const ways = criterion.there_and_back === "total" ? 2 : 1;
    for (let o = 0; o < base.length; o += 1) {
      result[o] = base[o] + (Core.within(ways * metres[o] * pace, criterion.cutoff_min) ? weekly : 0);
    }
    return result;
  }

  /* Sites of unknown place that could turn the outcome from where they are tried, as the crow flies. */
  function turningUnknowns(page, criterion, inputs, sides, unknown, level) {
    if (!unknown.length) return [];
    const figures = sides.map((side) => figure(page, criterion, inputs, side, new Map()));
    const room = sides.map(() => new Float64Array(page.n));
    const other = (found) => grade(criterion, read(page, criterion, ...found)) !== level;
    const alone = unknown.filter((s) => Places.crowFlies(page).some((metres) => other(
      sides.map((side, i) => withSite(criterion, side, s, figures[i], metres, inputs.crow, room[i])),
    )));
    if (alone.length || unknown.length < 2) return alone;
    const door = new Float32Array(page.n);
    const all = sides.map((side, i) => unknown.reduce(
      (base, s) => withSite(criterion, side, s, base, door, inputs.crow, new Float64Array(page.n)), figures[i],
    ));
    return other(all) ? unknown : [];
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
      fullHours: data.settings.full_time_from_hours, certain: null, columns: null, ranked: null, known: new Map(),
    });
    // what was before never changes, whatever is pressed
    const key = `${criterion.id} ${neighbours}`;
    if (!beforehand.has(key)) beforehand.set(key, side(data.scenarios[0], new Map()));
    const before = beforehand.get(key);
    const after = side(page.scenario(), page.state.changes);
    const reading = (shift) => read(page, criterion, figure(page, criterion, inputs, before, shift), figure(page, criterion, inputs, after, shift));
    const found = reading(new Map());
    const level = grade(criterion, found);
    const counted = data.sites.map((_, s) => s).filter((s) => before.serves[s] || after.serves[s]);
    const names = (list) => Core.listed(list.map((s) => data.sites[s].name));
    const stand = (list) => (list.length === 1 ? "stands" : "stand");
    const why = [];
    const without = inputs.missing.length > 0 && !(level === 0 && !criterion.of_change);
    if (data.estimated) why.push("travel times are straight-line estimates");
    if (without) why.push(`${Core.listed(inputs.missing)} times are missing`);
    const uncertain = counted.filter((s) => data.sites[s].basis !== "unknown" && [before, after].some((one) => one.serves[s] && roughness(page, one, s)));
    const turns = turning(uncertain, (shift) => grade(criterion, reading(shift)), level);
    if (turns.length) why.push(`it turns on where ${names(turns)} ${stand(turns)}`);
    const unknown = counted.filter((s) => data.sites[s].basis === "unknown");
    const open = turningUnknowns(page, criterion, inputs, [before, after], unknown, level);
    if (open.length) why.push(`where ${names(open)} ${stand(open)} is not known, and could change it`);
    const pointless = without || turns.length > 0 || open.length > 0 || level === 3;
    return { ...found, outcome: why.length ? "cannot say" : LEVELS[level], indication: why.length && !pointless ? LEVELS[level] : "", why: why.join("; ") };
  }

  const shown = (criterion, value) => {
    if (criterion.unit === "share") return Core.percent(value);
    return criterion.unit === "points" ? `${Core.fixed(value, 1)} points` : `${Core.added(value)} minutes`;
  };

  function sentence(criterion, verdict) {
    if (Number.isNaN(verdict.value)) return `Cannot say: ${verdict.why}.`;
    const limit = `${criterion.better === "higher" ? "at least" : "at most"} ${shown(criterion, criterion.threshold).replace("+", "")}`;
    const was = criterion.of_change ? "" : `, ${shown(criterion, verdict.baseline)} before`;
    const where = verdict.where && verdict.where.length ? ` (${verdict.where[0]}${verdict.where.length > 1 ? `; next ${Core.listed(verdict.where.slice(1))}` : ""})` : "";
    const why = verdict.why ? ` Cannot say for sure: ${verdict.why}.` : "";
    return `${shown(criterion, verdict.value)}${where}${was}; the yardstick is ${limit}.${why}`;
  }

  return { judge, sentence };
})();
