"use strict";

/* Follows columns through the uses of the data, to all that they come from and all that comes from them. */
alur.trails = (data) => {
  const key = (dataset, column) => dataset * 100000 + column + 1;
  const into = new Map();
  const out = new Map();
  const add = (map, at, number) => {
    if (!map.has(at)) map.set(at, []);
    map.get(at).push(number);
  };
  data.uses.forEach(([from, column, to, target], number) => {
    add(out, key(from, column), number);
    add(into, key(to, target), number);
  });

  const columns = (dataset) => data.datasets[dataset][3];
  const isOfRun = (dataset, column) => Boolean(columns(dataset)[column][3]);
  const every = (dataset) => columns(dataset).map((_, column) => column);

  /* The numbers of the uses by which a column comes from others, and by which others come from it. */
  function sources(dataset, column) {
    const shared = isOfRun(dataset, column) ? [] : into.get(key(dataset, -1)) || [];
    return [...(into.get(key(dataset, column)) || []), ...shared];
  }
  function targets(dataset, column) {
    return [...(out.get(key(dataset, column)) || []), ...(out.get(key(dataset, -1)) || [])];
  }

  /* The columns at the other end of a use: all of a dataset where the number is -1. */
  function above([from, column]) {
    return (column < 0 ? every(from) : [column]).map((each) => [from, each]);
  }
  function below([, , to, target]) {
    const found = target < 0 ? every(to).filter((each) => !isOfRun(to, each)) : [target];
    return found.map((each) => [to, each]);
  }

  function reach(dataset, column, usesAt, end) {
    const seen = new Set([key(dataset, column)]);
    const uses = new Set();
    const queue = [[dataset, column]];
    while (queue.length) {
      for (const number of usesAt(...queue.pop())) {
        uses.add(number);
        for (const next of end(data.uses[number])) {
          if (!seen.has(key(...next))) {
            seen.add(key(...next));
            queue.push(next);
          }
        }
      }
    }
    return { columns: seen, uses };
  }

  return {
    key,
    sources,
    targets,
    above,
    below,
    upstream: (dataset, column) => reach(dataset, column, sources, above),
    downstream: (dataset, column) => reach(dataset, column, targets, below),
  };
};

/* The datasets near one, the nearest first: what it is made from, and what is made from it, in so many steps. */
alur.surroundings = (data, focus, steps, most) => {
  const found = [focus];
  let left = 0;
  const walk = (from, to) => {
    const seen = new Map([[focus, 0]]);
    const queue = [focus];
    while (queue.length) {
      const at = queue.shift();
      if (seen.get(at) >= steps) continue;
      for (const pair of data.reads) {
        if (pair[from] === at && !seen.has(pair[to])) {
          seen.set(pair[to], seen.get(at) + 1);
          queue.push(pair[to]);
        }
      }
    }
    return seen;
  };
  const far = new Map([...walk(1, 0), ...walk(0, 1)]);
  far.delete(focus);
  for (const [dataset] of [...far].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
    if (found.length < most) found.push(dataset);
    else left += 1;
  }
  return { datasets: found, left };
};
