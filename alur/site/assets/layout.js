"use strict";
window.alur = window.alur || {};

/* Places boxes in columns from left to right, by layer and then by what they are made from, and leads the lines between
   them around the boxes. It is Sugiyama's method: ranks, places for long lines in the ranks between, few crossings,
   and straight lines where there is room. */
alur.layout = (() => {
  const BETWEEN_RANKS = 72;
  const BETWEEN_BOXES = 18;
  const BETWEEN_LINES = 10;
  const LANE = 5;
  const MOST_LANES = 10;
  const SWEEPS = 12;

  /* boxes: [{id, layer, width, height}]; links: [{from, to, fromY, toY, lanes}], where fromY and toY are the places of
     its lines' ends below the tops of the boxes, and lanes are keys of the lines that may not fall together.
     Returns the size, the boxes' places by id, and for each link its ways through the ranks between. */
  function layout(boxes, links) {
    const rank = ranks(boxes, links);
    const nodes = new Map();
    for (const box of boxes) nodes.set(box.id, node(box.id, rank.get(box.id), box.height));
    const chains = links.map((link) => chain(link, nodes));
    const columns = inColumns(nodes);
    order(columns);
    stack(columns);
    straighten(columns);
    return measured(boxes, nodes, chains, columns.length);
  }

  function node(id, rank, height) {
    return { id, rank, height, y: 0, ins: [], outs: [], lanes: null, place: 0 };
  }

  /* A layer begins behind everything of the layers before it; a box stands behind all that it is made from. */
  function ranks(boxes, links) {
    const layers = new Map(boxes.map((box) => [box.id, box.layer]));
    const before = new Map(boxes.map((box) => [box.id, []]));
    for (const link of links) before.get(link.to).push(link.from);
    const within = longest(before, () => 0, (a, b) => layers.get(a) === layers.get(b));
    const first = new Map();
    let next = 0;
    for (const layer of [...new Set(layers.values())].sort((a, b) => a - b)) {
      first.set(layer, next);
      const depths = boxes.filter((box) => box.layer === layer).map((box) => within.get(box.id));
      next += Math.max(...depths) + 1;
    }
    const own = (id) => first.get(layers.get(id)) + within.get(id);
    const found = longest(before, own, () => true);
    const used = [...new Set(found.values())].sort((a, b) => a - b);
    return new Map([...found].map(([id, rank]) => [id, used.indexOf(rank)]));
  }

  function longest(before, least, counts) {
    const found = new Map();
    const visit = (id, above) => {
      if (found.has(id)) return found.get(id);
      let depth = least(id);
      above.add(id);
      for (const source of before.get(id)) {
        if (!above.has(source) && counts(source, id)) {
          depth = Math.max(depth, visit(source, above) + 1);
        }
      }
      above.delete(id);
      found.set(id, depth);
      return depth;
    };
    for (const id of before.keys()) visit(id, new Set());
    return found;
  }

  /* All lines of one box through a rank share a place there, each in a lane of its own. */
  function chain(link, nodes) {
    const from = nodes.get(link.from);
    const to = nodes.get(link.to);
    const between = [];
    for (let rank = from.rank + 1; rank < to.rank; rank += 1) {
      const id = `${link.from} in ${rank}`;
      if (!nodes.has(id)) {
        nodes.set(id, node(id, rank, 0));
        nodes.get(id).lanes = [];
      }
      const way = nodes.get(id);
      for (const lane of link.lanes) if (!way.lanes.includes(lane)) way.lanes.push(lane);
      way.lanes.sort((a, b) => a - b);
      way.height = LANE * Math.min(way.lanes.length - 1, MOST_LANES);
      between.push(way);
    }
    const all = [from, ...between, to];
    for (let i = 0; i + 1 < all.length; i += 1) {
      const fromY = i === 0 ? link.fromY : all[i].height / 2;
      const toY = i + 2 === all.length ? link.toY : all[i + 1].height / 2;
      if (!all[i].outs.some((out) => out.node === all[i + 1])) {
        all[i].outs.push({ node: all[i + 1], shift: toY - fromY });
        all[i + 1].ins.push({ node: all[i], shift: fromY - toY });
      }
    }
    return between;
  }

  function inColumns(nodes) {
    const columns = [];
    for (const each of nodes.values()) (columns[each.rank] ||= []).push(each);
    return columns;
  }

  function order(columns) {
    const number = () => columns.forEach((column) => column.forEach((each, i) => { each.place = i; }));
    number();
    let fewest = crossings(columns);
    let best = columns.map((column) => [...column]);
    for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
      const forwards = sweep % 2 === 0;
      const turn = forwards ? columns : [...columns].reverse();
      for (const column of turn) {
        const mean = new Map(column.map((each) => {
          const near = forwards ? each.ins : each.outs;
          const sum = near.reduce((total, other) => total + other.node.place, 0);
          return [each, near.length ? sum / near.length : each.place];
        }));
        column.sort((a, b) => mean.get(a) - mean.get(b));
        column.forEach((each, i) => { each.place = i; });
      }
      const now = crossings(columns);
      if (now < fewest) {
        fewest = now;
        best = columns.map((column) => [...column]);
      }
    }
    best.forEach((column, rank) => { columns[rank].splice(0, column.length, ...column); });
    number();
  }

  function crossings(columns) {
    let count = 0;
    for (const column of columns) {
      const ends = column.flatMap((each) =>
        each.outs.map((out) => out.node.place).sort((a, b) => a - b));
      for (let i = 0; i < ends.length; i += 1) {
        for (let j = i + 1; j < ends.length; j += 1) if (ends[j] < ends[i]) count += 1;
      }
    }
    return count;
  }

  function gap(above, below) {
    return above.lanes && below.lanes ? BETWEEN_LINES : BETWEEN_BOXES;
  }

  function stack(columns) {
    for (const column of columns) {
      let y = 0;
      column.forEach((each, i) => {
        if (i > 0) y += gap(column[i - 1], each);
        each.y = y;
        y += each.height;
      });
      column.forEach((each) => { each.y -= y / 2; });
    }
  }

  function straighten(columns) {
    const both = (each) => [...each.ins, ...each.outs];
    for (let turn = 0; turn < 8; turn += 1) {
      for (const column of columns) settle(column, (each) => each.ins);
      for (const column of [...columns].reverse()) settle(column, (each) => each.outs);
    }
    for (let turn = 0; turn < 4; turn += 1) for (const column of columns) settle(column, both);
  }

  /* Moves the boxes of a rank as near as their order permits to where their lines would be straight: least squares under
     an order, by pooling adjacent violators. */
  function settle(column, near) {
    let offset = 0;
    const offsets = column.map((each, i) => {
      if (i > 0) offset += column[i - 1].height + gap(column[i - 1], each);
      return offset;
    });
    const pools = [];
    column.forEach((each, i) => {
      const others = near(each);
      const wanted = others.reduce((sum, other) => sum + other.node.y + other.shift, 0);
      const weight = others.length ? (each.lanes ? 4 : 1) : 0.05;
      const at = (others.length ? wanted / others.length : each.y) - offsets[i];
      pools.push({ at, weight, count: 1 });
      while (pools.length > 1 && pools[pools.length - 2].at > pools[pools.length - 1].at) {
        const last = pools.pop();
        const pool = pools[pools.length - 1];
        const sum = pool.weight + last.weight;
        pool.at = (pool.at * pool.weight + last.at * last.weight) / sum;
        pool.weight = sum;
        pool.count += last.count;
      }
    });
    let i = 0;
    for (const pool of pools) {
      for (let n = 0; n < pool.count; n += 1, i += 1) column[i].y = pool.at + offsets[i];
    }
  }

  function measured(boxes, nodes, chains, ranksCount) {
    const width = Math.max(...boxes.map((box) => box.width));
    const all = [...nodes.values()];
    const top = Math.min(...all.map((each) => each.y));
    const bottom = Math.max(...all.map((each) => each.y + each.height));
    const left = (rank) => rank * (width + BETWEEN_RANKS);
    const places = new Map(boxes.map((box) => {
      const each = nodes.get(box.id);
      return [box.id, { x: left(each.rank), y: Math.round(each.y - top), rank: each.rank }];
    }));
    const ways = chains.map((between) => between.map((each) => ({
      left: left(each.rank),
      right: left(each.rank) + width,
      at: (lane) => each.y - top + LANE * Math.min(each.lanes.indexOf(lane), MOST_LANES),
    })));
    return { width: left(ranksCount - 1) + width, height: bottom - top, places, ways };
  }

  return layout;
})();
