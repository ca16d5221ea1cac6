/* The sums of the page: minutes in, figures out. Nothing here touches the page itself.
   They are the library's own: the same minutes (32-bit), the same comparisons, the same order. */
const Core = (() => {
  const STEP = 1e5;
  /* Half of the smallest difference a search can make: exactly 30 minutes is within 30. */
  const SPARE = 0.5 / 600;
  const within = (value, limit) => value <= limit + SPARE;

  /* Minutes of one mode, one site after the other: minutes[site * origins + origin]. */
  function decodeMinutes(text) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return new Float32Array(bytes.buffer);
  }

  /* An encoded polyline, five decimals -> [[lat, lon], ...] in degrees. */
  function decodeLine(text) {
    const points = [];
    const at = [0, 0];
    let axis = 0;
    let bits = 0;
    let shift = 0;
    for (let i = 0; i < text.length; i += 1) {
      const group = text.charCodeAt(i) - 63;
      bits |= (group & 31) << shift;
      shift += 5;
      if (group < 32) {
        at[axis] += bits & 1 ? ~(bits >> 1) : bits >> 1;
        if (axis) points.push([at[0] / STEP, at[1] / STEP]);
        axis = 1 - axis;
        bits = 0;
        shift = 0;
      }
    }
    return points;
  }

  /* Whether a site's hours count: any hours, or full-time only (no figure means full hours). */
  function counts(hours, count, settings) {
    if (hours === null) return true;
    return count === "any" ? hours > 0 : hours >= settings.full_time_from_hours;
  }

  /* Hours a week under a scenario, changed by what the reader closed or opened by hand. */
  function hoursOf(data, scenario, changes) {
    const base = data.scenarios[0];
    return data.sites.map((site, i) => (
      changes.get(site.id) === true && !scenario.open[i] ? base.hours[i] : scenario.hours[i]
    ));
  }

  /* Which sites serve: what the reader closed or opened, how many hours count, and whether
     neighbours' sites do (`chosen`: { changes, count, neighbours }). */
  function serving(data, scenario, chosen) {
    const { changes, count, neighbours } = chosen;
    const hours = hoursOf(data, scenario, changes);
    return data.sites.map((site, i) => {
      if (site.neighbour && !neighbours) return false;
      const changed = changes.get(site.id);
      const open = changed === undefined ? Boolean(scenario.open[i]) : changed;
      return open && counts(hours[i], count, data.settings);
    });
  }

  /* The numbers of the sites in the order of their ids, whoever runs them. */
  const byId = (sites) => sites.map((_, s) => s).sort((s, t) => (sites[s].id < sites[t].id ? -1 : 1));

  /* Time to the nearest serving site; of equally near ones the first in `order`. */
  function nearest(minutes, n, serves, order) {
    const best = new Float64Array(n).fill(Infinity);
    const site = new Int16Array(n).fill(-1);
    order.forEach((s) => {
      if (!serves[s]) return;
      const offset = s * n;
      for (let o = 0; o < n; o += 1) {
        const value = minutes[offset + o];
        if (value < best[o]) {
          best[o] = value;
          site[o] = s;
        }
      }
    });
    return { best, site };
  }

  /* Minutes added; never NaN: 0 where there was and is no way, infinite where the only way went. */
  function change(before, after) {
    if (before === Infinity && after === Infinity) return 0;
    return after - before;
  }

  /* How small counts are hidden where what is counted is not public (as in analysis/policy.py);
     null where it is. */
  let rules = null;
  const protect = (given) => { rules = given; };
  const HIDDEN = "[c]";
  const NOBODY = 1e-6;
  const small = (value) => rules !== null && Math.abs(value) > NOBODY && Math.abs(value) < rules.below - NOBODY;
  const few = (value) => rules !== null && value < rules.base - NOBODY;
  const steps = (value) => Math.floor(value / rules.step + 0.5 + NOBODY) * rules.step;
  const shown = (value) => (rules === null ? value : small(value) ? NaN : steps(value));

  /* A share as it is printed: of rounded counts; NaN of few, or where few are in it or out of it. */
  function share(part, whole) {
    if (!(whole > 0)) return NaN;
    if (rules === null) return part / whole;
    if (few(whole) || small(part) || small(whole - part)) return NaN;
    return Math.min(steps(part) / steps(whole), 1);
  }

  /* A share that is judged by, of rounded counts, none hidden. */
  function coarse(part, whole) {
    if (!(whole > 0) || few(whole)) return NaN;
    return rules === null ? part / whole : Math.min(steps(part) / steps(whole), 1);
  }

  const emptySum = () => ({
    weight: 0, inBefore: 0, inAfter: 0, loses: 0, gains: 0, losesAll: 0, unreached: 0,
    finite: 0, added: 0, timeBefore: 0, timeAfter: 0, finiteBefore: 0, finiteAfter: 0,
  });

  function addTo(sum, w, b, a, minutes, loser) {
    const more = change(b, a);
    sum.weight += w;
    if (within(b, minutes)) sum.inBefore += w;
    if (within(a, minutes)) sum.inAfter += w;
    if (more > loser + SPARE) sum.loses += w;
    if (more < -loser - SPARE) sum.gains += w;
    if (a === Infinity) sum.unreached += w;
    if (a === Infinity && b < Infinity) sum.losesAll += w;
    if (b < Infinity) { sum.finiteBefore += w; sum.timeBefore += w * b; }
    if (a < Infinity) { sum.finiteAfter += w; sum.timeAfter += w * a; }
    if (b < Infinity && a < Infinity) { sum.finite += w; sum.added += w * more; }
  }

  function finished(sum) {
    const mean = (total, whole) => (whole > 0 ? total / whole : NaN);
    const after = small(sum.inAfter - sum.inBefore) ? NaN : share(sum.inAfter, sum.weight);
    return Object.assign(sum, {
      shareBefore: share(sum.inBefore, sum.weight), shareAfter: after,
      shareLoses: share(sum.loses, sum.weight), meanAdded: mean(sum.added, sum.finite),
      meanBefore: mean(sum.timeBefore, sum.finiteBefore), meanAfter: mean(sum.timeAfter, sum.finiteAfter),
      few: few(sum.weight),
    });
  }

  /* Sums over some origins by number (`asked`: { weight, members, minutes, loser }), one for each
     of `length` groups (`codes`, -1 for none), or one for all; every share is of their weight. */
  function summarise(asked, before, after, codes, length) {
    const sums = Array.from({ length: codes ? length : 1 }, emptySum);
    const { weight, members, minutes, loser } = asked;
    for (let i = 0; i < members.length; i += 1) {
      const o = members[i];
      const group = codes ? codes[o] : 0;
      if (group >= 0) addTo(sums[group], weight[o], before.best[o], after.best[o], minutes, loser);
    }
    return sums.map(finished);
  }

  /* As Python prints it: the exact value rounded, a tie to the even digit, never "-0.0". */
  function fixed(value, digits) {
    const scale = 10 ** digits;
    const scaled = value * scale;
    const low = Math.floor(scaled);
    let text = value.toFixed(digits);
    if (scaled - low === 0.5 && (low + 0.5) / scale === value) {
      text = ((low % 2 === 0 ? low : low + 1) / scale).toFixed(digits);
    }
    return Number(text) === 0 ? text.replace("-", "") : text;
  }

  function thousands(text) {
    return text.replace(/^(-?\d+)/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));
  }

  const whole = (value) => thousands(fixed(value, 0));
  /* How many people: rounded and, where few, hidden. `of` is what they are some of. */
  const people = (value, of = value) => {
    const told = few(of) || small(of - value) ? NaN : shown(value);
    return Number.isNaN(told) ? HIDDEN : whole(told);
  };
  /* The same for a figure that stands alone: as a sentence has it, the table has the count. */
  const peopleAbout = (value, of = value) => {
    const told = people(value, of);
    return told === HIDDEN || value === 0 ? told : about(value);
  };
  const unknown = () => (rules === null ? "not known" : HIDDEN);
  const percent = (part) => (Number.isFinite(part) ? `${fixed(100 * part, 1)}%` : unknown());
  const points = (part) => {
    if (Number.isNaN(part)) return unknown();
    const text = fixed(100 * part, 1);
    return `${Number(text) > 0 ? "+" : ""}${text} points`;
  };
  const minutesText = (value) => {
    if (Number.isNaN(value)) return "not known";
    return Number.isFinite(value) ? fixed(value, 1) : "not reached";
  };
  const added = (value) => {
    if (value === Infinity) return "no longer reached";
    if (value === -Infinity) return "newly reached";
    if (Number.isNaN(value)) return "not known";
    const text = fixed(value, 1);
    return `${Number(text) > 0 ? "+" : ""}${text}`;
  };

  /* For prose: three significant figures, and says so where that rounds. */
  function about(value) {
    if (value === 0) return "no";
    if (small(value)) return `fewer than ${rules.below}`;
    if (rules !== null) return `about ${whole(steps(value))}`;
    if (value < 0.5) return "fewer than 1";
    const digits = Math.max(String(Math.round(value)).length - 3, 0);
    const rounded = Math.round(value / 10 ** digits) * 10 ** digits;
    return `${Math.abs(rounded - value) < 1e-6 ? "" : "about "}${thousands(fixed(rounded, 0))}`;
  }

  const aOrAn = (words) => `${/^[aeiou]/i.test(words) ? "an" : "a"} ${words}`;
  const hoursText = (hours) => (hours === 0 ? "no hours a week" : `${whole(hours)} hour${hours === 1 ? "" : "s"} a week`);

  function listed(words) {
    if (words.length < 2) return words.join("");
    return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
  }

  /* The eight areas nearest to each: worked out once, they never move. */
  function neighbours(areas) {
    return areas.map((a) => areas
      .map((b, j) => [(a.at[0] - b.at[0]) ** 2 + ((a.at[1] - b.at[1]) * 0.6) ** 2, j])
      .sort((x, y) => x[0] - y[0]).slice(1, 9).map(([, j]) => j));
  }

  /* Neighbours in the catchment view get different colours: few suffice for any map. */
  function colouring(areaSite, nextTo) {
    const near = new Map();
    areaSite.forEach((s, i) => {
      if (s < 0) return;
      nextTo[i].forEach((j) => {
        const t = areaSite[j];
        if (t < 0 || s === t) return;
        [[s, t], [t, s]].forEach(([u, v]) => {
          if (!near.has(u)) near.set(u, new Set());
          near.get(u).add(v);
        });
      });
    });
    const colour = new Map();
    const sites = [...new Set(areaSite)].filter((s) => s >= 0)
      .sort((s, t) => (near.get(t)?.size || 0) - (near.get(s)?.size || 0) || s - t);
    sites.forEach((s) => {
      const taken = new Set([...(near.get(s) || [])].map((t) => colour.get(t)));
      const free = [0, 1, 2, 3].find((c) => !taken.has(c));
      colour.set(s, free === undefined ? s % 4 : free);
    });
    return colour;
  }

  /* Each area's site: where most of the weight asked about goes; ties to the first, -1 for none. */
  function modal(asked, site, codes, areas, sites) {
    const votes = new Float64Array(areas * sites);
    asked.members.forEach((o) => {
      if (codes[o] >= 0 && site[o] >= 0) votes[codes[o] * sites + site[o]] += asked.weight[o];
    });
    return Array.from({ length: areas }, (_, area) => {
      let best = -1;
      let most = 0;
      for (let s = 0; s < sites; s += 1) {
        if (votes[area * sites + s] > most) { most = votes[area * sites + s]; best = s; }
      }
      return best;
    });
  }

  return {
    SPARE, within, decodeMinutes, decodeLine, hoursOf, serving, byId, nearest, change, summarise, fixed,
    whole, people, peopleAbout, percent, coarse, few, protect, points, minutesText, added, about, aOrAn, hoursText, listed, neighbours, colouring, modal,
  };
})();
