/* Where a site of unknown place is tried, and how far every origin is from there. */
const Places = (() => {
  const MOST_PLACES = 1000;
  const STEP_M = 1.1132; // metres in 0.00001 degrees of latitude
  let tried = null;
  let metresTo = null;

  /* At every origin, or at the heaviest of each area. */
  function placesTried(page) {
    const { n, weight, data } = page;
    if (tried) return tried;
    tried = Array.from({ length: n }, (_, o) => o);
    if (n > MOST_PLACES) {
      const heaviest = new Map();
      tried.forEach((o) => {
        const area = data.origins.area[o];
        if (!heaviest.has(area) || weight[o] > weight[heaviest.get(area)]) heaviest.set(area, o);
      });
      tried = [...heaviest.values()];
    }
    return tried;
  }

  /* Metres as the crow flies from each place tried to each origin: worked out once. */
  function crowFlies(page) {
    const { n, data, squeeze } = page;
    if (metresTo) return metresTo;
    const { at } = data.origins;
    metresTo = placesTried(page).map((place) => {
      const row = new Float32Array(n);
      for (let o = 0; o < n; o += 1) {
        const north = at[2 * o] - at[2 * place];
        const east = (at[2 * o + 1] - at[2 * place + 1]) * squeeze;
        row[o] = Math.sqrt(north * north + east * east) * STEP_M;
      }
      return row;
    });
    return metresTo;
  }

  return { crowFlies };
})();
