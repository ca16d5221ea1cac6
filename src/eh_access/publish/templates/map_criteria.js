/* The yardsticks, worked out again for a scenario made by hand: the library's own arithmetic
   (analysis/views, readings, doubts), without the search for where an unknown site might be. */
const Criteria = (() => {
  const LEVELS = ["met", "marginal", "not met", "cannot say"];
  const ROUNDING = 1e-9;
  const HALF_DECIMETRE_M = 0.05;

  const metresPerMinute = (mode) => (mode.speed_km_h * 1000) / 60;

  /* What a criterion reads: tables of minutes (or metres) and how far a metre goes in them. */
  function tables(page, criterion) {
    const find = (name) => page.modes.find((mode) => mode.name === name);
    const own = find(criterion.mode);
    const group = !criterion.group || page.data.origins.groups.some((item) => item.id === criterion.group);
    const reach = page.data.settings.search_min >= (criterion.cutoff_min || 0);
    if (!own || !group || !reach || (criterion.by && !page.data.columns[criterion.by])) return null;
    if (criterion.measure === "coverage_distance") {
      if (own.uses_road_speeds || !own.estimated) return null;
      return { there: [own], scale: metresPerMinute(own), perMetre: 1, missing: [] };
    }
    const named = [criterion.mode, ...criterion.also_modes];
    const missing = named.filter((name) => !find(name));
    const found = named.map(find).filter(Boolean);
    if (criterion.measure === "hours_reachable" && (!own.back || page.scenario().moved.length)) return null;
    return {
      there: found, back: own.back, scale: 1,
      perMetre: 1 / metresPerMinute(own), missing,
    };
  }

  /* Minutes or metres to the nearest, or hours a week, for every origin on one side. */
  function figure(page, criterion, read, side, shift) {
    const { data, n } = page;
    const hoursAsked = criterion.measure === "hours_reachable";
    const result = new Float64Array(n).fill(hoursAsked ? 0 : Infinity);
    const tablesThere = read.there.map((mode) => page.minutesOf(side.scenario, mode));
    data.sites.forEach((site, s) => {
      if (!side.serves[s] || site.basis === "unknown") return;
      const radius = site.basis === "estimate" && site.radius_m ? site.radius_m : 0;
      const moved = (shift.get(s) || 0) * radius * data.settings.detour * read.perMetre;
      const weekly = side.hours[s] === null ? data.settings.full_time_from_hours : side.hours[s];
      const offset = s * n;
      for (let o = 0; o < n; o += 1) {
        let there = tablesThere[0][offset + o];
        for (let t = 1; t < tablesThere.length; t += 1) there = Math.min(there, tablesThere[t][offset + o]);
        there = Math.max(there * read.scale + moved, 0);
        if (!hoursAsked) {
          if (there < result[o]) result[o] = there;
        } else {
          const back = Math.max(read.back[offset + o] + moved, 0);
          const limit = criterion.cutoff_min;
          const near = criterion.there_and_back === "total"
            ? Core.within(there + back, limit) : Core.within(there, limit) && Core.within(back, limit);
          if (near) result[o] += weekly;
        }
      }
    });
    return result;
  }

  function served(criterion, value) {
    if (criterion.min_hours !== null) return value >= criterion.min_hours - ROUNDING;
    if (criterion.within_m !== null) return value <= criterion.within_m + HALF_DECIMETRE_M;
    return Core.within(value, criterion.cutoff_min);
  }

  function share(weights, yes) {
    let whole = 0;
    let part = 0;
    weights.forEach((w, o) => { whole += w; if (yes(o)) part += w; });
    return whole > 0 ? part / whole : NaN;
  }

  function mean(change, weights) {
    let whole = 0;
    let sum = 0;
    weights.forEach((w, o) => { if (w > 0) { whole += w; sum += w * change(o); } });
    return whole > 0 ? sum / whole : NaN;
  }

  function read(data, criterion, before, after) {
    const weight = data.origins.weight;
    const group = criterion.group && data.origins.groups.find((item) => item.id === criterion.group);
    const inside = group ? weight.map((w, o) => (group.members[o] === "1" ? w : 0)) : weight;
    const change = (o) => Core.change(before[o], after[o]);
    const changed = before.some((value, o) => value !== after[o]);
    if (criterion.measure === "added_time") {
      return { value: share(inside, (o) => change(o) > criterion.added_min + Core.SPARE), baseline: 0, changed };
    }
    if (criterion.measure === "group_gap") {
      const reached = (o) => before[o] < Infinity || after[o] < Infinity;
      const outside = weight.map((w, o) => (group.members[o] === "0" && reached(o) ? w : 0));
      return { value: mean(change, inside.map((w, o) => (reached(o) ? w : 0))) - mean(change, outside), baseline: 0, changed };
    }
    if (criterion.measure === "area_loss") {
      const by = data.columns[criterion.by];
      const sums = by.names.map(() => [0, 0, 0]);
      by.codes.forEach((code, o) => {
        if (code < 0) return;
        sums[code][0] += weight[o];
        if (served(criterion, before[o])) sums[code][1] += weight[o];
        if (served(criterion, after[o])) sums[code][2] += weight[o];
      });
      const lost = sums.map(([whole, was, is]) => (whole > 0 ? was / whole - is / whole : -Infinity));
      const worst = lost.indexOf(Math.max(...lost));
      return { value: Math.max(lost[worst], 0) * 100, baseline: 0, changed, where: by.names[worst] };
    }
    return {
      value: share(inside, (o) => served(criterion, after[o])),
      baseline: share(inside, (o) => served(criterion, before[o])), changed,
    };
  }

  function graded(room, margin, never) {
    if (Number.isNaN(room)) return 3;
    if (Math.abs(room) <= margin + ROUNDING && margin > 0 && !never) return 1;
    return room >= -ROUNDING ? 0 : 2;
  }

  function grade(criterion, reading) {
    const sign = criterion.better === "higher" ? 1 : -1;
    const first = graded(sign * (reading.value - criterion.threshold), criterion.margin, criterion.of_change && !reading.changed);
    if (criterion.max_fall_points === null) return first;
    const fall = (reading.baseline - reading.value) * 100;
    return Math.max(first, graded(criterion.max_fall_points - fall, criterion.margin * 100, fall <= 0));
  }

  /* Estimated sites, nearer and farther, one at a time and all at once: do they turn the outcome? */
  function turning(uncertain, outcomeAt, now) {
    const alone = uncertain.filter((s) => [-1, 1].some((sign) => outcomeAt(new Map([[s, sign]])) !== now));
    if (alone.length || uncertain.length < 2) return alone;
    const together = [-1, 1].some((sign) => outcomeAt(new Map(uncertain.map((s) => [s, sign]))) !== now);
    return together ? uncertain : [];
  }

  /* One criterion for the scenario at hand. */
  function judge(page, criterion) {
    const { data } = page;
    const inputs = tables(page, criterion);
    if (!inputs) return { outcome: "cannot say", indication: "", value: NaN, baseline: NaN, why: "this page lacks what it needs; run the study for it" };
    const count = criterion.sites === "open" ? "any" : "full";
    const side = (scenario, changes) => ({
      scenario, serves: Core.serving(data, scenario, changes, count), hours: Core.hoursOf(data, scenario, changes),
    });
    const before = side(data.scenarios[0], new Map());
    const after = side(page.scenario(), page.state.changes);
    const reading = (shift) => read(data, criterion, figure(page, criterion, inputs, before, shift), figure(page, criterion, inputs, after, shift));
    const found = reading(new Map());
    const level = grade(criterion, found);
    const counted = data.sites.map((_, s) => s).filter((s) => before.serves[s] || after.serves[s]);
    const names = (list) => Core.listed(list.map((s) => data.sites[s].name));
    const why = [];
    const without = inputs.missing.length > 0 && !(level === 0 && criterion.max_fall_points === null);
    if (data.estimated) why.push("travel times are straight-line estimates");
    if (without) why.push(`${Core.listed(inputs.missing)} times are missing`);
    const unknown = counted.filter((s) => data.sites[s].basis === "unknown");
    if (unknown.length) why.push(`where ${names(unknown)} stands is not known`);
    const uncertain = counted.filter((s) => data.sites[s].basis === "estimate" && data.sites[s].radius_m);
    const turns = turning(uncertain, (shift) => grade(criterion, reading(shift)), level);
    if (turns.length) why.push(`it turns on where ${names(turns)} stands`);
    return {
      ...found, outcome: why.length ? "cannot say" : LEVELS[level], indication: why.length && level < 3 && !without ? LEVELS[level] : "",
      why: why.join("; "),
    };
  }

  const shown = (criterion, value) => {
    if (criterion.unit === "share") return Core.percent(value);
    return criterion.unit === "points" ? `${Core.fixed(value, 1)} points` : `${Core.added(value)} minutes`;
  };

  function sentence(criterion, verdict) {
    if (Number.isNaN(verdict.value)) return `Cannot say: ${verdict.why}.`;
    const limit = `${criterion.better === "higher" ? "at least" : "at most"} ${shown(criterion, criterion.threshold).replace("+", "")}`;
    const was = criterion.of_change ? "" : `, ${shown(criterion, verdict.baseline)} before`;
    const where = verdict.where && verdict.value > 0 ? ` (${verdict.where})` : "";
    const fall = criterion.max_fall_points === null ? "" : ` and a fall of no more than ${criterion.max_fall_points} points`;
    const why = verdict.why ? ` Cannot say for sure: ${verdict.why}.` : "";
    return `${shown(criterion, verdict.value)}${where}${was}; the yardstick is ${limit}${fall}.${why}`;
  }

  return { judge, sentence };
})();
