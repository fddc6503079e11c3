"use strict";

/* Draws datasets as boxes with their columns, and the uses between them as lines. All text is set as text. */
alur.drawing = (() => {
  const WIDTH = 224;
  const HEAD = 46;
  const ROW = 24;
  const FOOT = 6;
  const MARGIN = 20;
  const MOST_ROWS = 14;
  const SVG = "http://www.w3.org/2000/svg";

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /* The rows of a box: its columns, or some of them and one for the others. */
  function rowsOf(data, dataset, { withColumns, expanded, wanted }) {
    if (!withColumns) return [];
    const columns = data.datasets[dataset][3].map((_, column) => column);
    if (columns.length <= MOST_ROWS || expanded.has(dataset)) return columns;
    const first = columns.slice(0, MOST_ROWS - 2);
    const others = columns.slice(first.length).filter((column) => wanted(dataset, column));
    const kept = [...first, ...others.slice(0, MOST_ROWS)];
    return kept.length === columns.length ? columns : [...kept, -1];
  }

  /* state: {shown, withColumns, expanded, wanted, focus, base}. */
  function draw(data, state) {
    const boxes = new Map(state.shown.map((dataset) => {
      const rows = rowsOf(data, dataset, state);
      const height = HEAD + rows.length * ROW + (rows.length ? FOOT : 0);
      return [dataset, { id: dataset, layer: data.datasets[dataset][1], width: WIDTH, height, rows }];
    }));
    const lines = linesOf(data, boxes, state);
    const links = linksOf(data, boxes, lines);
    const plan = alur.layout([...boxes.values()], [...links.values()].map((link) => link.plan));
    [...links.values()].forEach((link, i) => { link.ways = plan.ways[i]; });
    const canvas = element("div", { class: "lineage-canvas" });
    const width = plan.width + 2 * MARGIN;
    const height = plan.height + 2 * MARGIN;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.append(picture(lines, links, boxes, plan, width, height));
    const drawn = { canvas, width, height, lines, boxes: new Map(), columns: new Map(), more: new Map() };
    const order = [...boxes.values()].sort((a, b) => {
      const [one, two] = [plan.places.get(a.id), plan.places.get(b.id)];
      return one.rank - two.rank || one.y - two.y;
    });
    for (const box of order) {
      canvas.append(boxElement(data, box, plan.places.get(box.id), state, drawn));
    }
    return drawn;
  }

  /* The height of a column's row below the top of its box; a hidden column's lines end at the row for the others. */
  function port(box, column) {
    const at = column < 0 ? -1 : box.rows.indexOf(column);
    const row = at < 0 && column >= 0 ? box.rows.indexOf(-1) : at;
    return row < 0 ? HEAD / 2 : HEAD + row * ROW + ROW / 2;
  }

  /* One line for all uses that would fall together. */
  function linesOf(data, boxes, { withColumns }) {
    const lines = new Map();
    const add = (kind, from, column, to, target, number) => {
      const [fromY, toY] = [port(boxes.get(from), column), port(boxes.get(to), target)];
      const id = [kind, from, fromY, to, toY].join(" ");
      if (!lines.has(id)) lines.set(id, { kind, all: column < 0, from, to, fromY, toY, uses: [], lane: Math.round(fromY) });
      if (number !== null) lines.get(id).uses.push(number);
    };
    const drawn = new Set();
    if (withColumns) {
      data.uses.forEach(([from, column, to, target], number) => {
        if (from !== to && boxes.has(from) && boxes.has(to)) {
          add("use", from, column, to, target, number);
          drawn.add(`${from} ${to}`);
        }
      });
      data.rows.forEach(([from, column, to], number) => {
        if (from !== to && boxes.has(from) && boxes.has(to)) add("row", from, column, to, -1, number);
      });
    }
    for (const [from, to] of data.reads) {
      if (from !== to && boxes.has(from) && boxes.has(to) && !drawn.has(`${from} ${to}`)) {
        add("read", from, -1, to, -1, null);
      }
    }
    return [...lines.values()];
  }

  function linksOf(data, boxes, lines) {
    const links = new Map();
    for (const line of lines) {
      const id = `${line.from} ${line.to}`;
      if (!links.has(id)) links.set(id, { lines: [] });
      links.get(id).lines.push(line);
    }
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    for (const link of links.values()) {
      const [{ from, to }] = link.lines;
      link.plan = {
        from,
        to,
        fromY: mean(link.lines.map((line) => line.fromY)),
        toY: mean(link.lines.map((line) => line.toY)),
        lanes: [...new Set(link.lines.map((line) => line.lane))],
      };
    }
    return links;
  }

  function picture(lines, links, boxes, plan, width, height) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-hidden", "true");
    for (const line of lines) {
      const from = plan.places.get(line.from);
      const to = plan.places.get(line.to);
      const start = [MARGIN + from.x + WIDTH, MARGIN + from.y + line.fromY];
      const end = [MARGIN + to.x, MARGIN + to.y + line.toY];
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", `line ${line.kind}${line.kind === "use" && line.all ? " all" : ""}`);
      path.setAttribute("d", way(start, links.get(`${line.from} ${line.to}`).ways, line.lane, end));
      line.path = path;
      svg.append(path);
    }
    return svg;
  }

  /* Curves between the ranks, and straight through them: no line crosses a box. */
  function way(start, ways, lane, end) {
    let [x, y] = start;
    let path = `M${x} ${y}`;
    const curve = (toX, toY) => {
      const middle = (x + toX) / 2;
      path += `C${middle} ${y} ${middle} ${toY} ${toX} ${toY}`;
      [x, y] = [toX, toY];
    };
    for (const each of ways) {
      curve(MARGIN + each.left, MARGIN + each.at(lane));
      x = MARGIN + each.right;
      path += `H${x}`;
    }
    curve(...end);
    return path;
  }

  function boxElement(data, box, place, state, drawn) {
    const [title, layer, page] = data.datasets[box.id];
    const name = data.layers[layer];
    const made = element("div", { class: `box ${name}${box.id === state.focus ? " focus" : ""}` });
    made.style.cssText = `left:${MARGIN + place.x}px;top:${MARGIN + place.y}px;width:${WIDTH}px;height:${box.height}px`;
    const label = element("span", { class: "box-layer" }, name);
    const heading = element("span", { class: "box-name", title }, title);
    const head = page === null || box.id === state.focus
      ? element("div", { class: "box-head" }, label, heading)
      : element("a", { class: "box-head", href: state.base + page }, label, heading);
    made.append(head);
    if (box.rows.length) made.append(rowList(data, box, drawn));
    drawn.boxes.set(box.id, { element: made, head });
    return made;
  }

  function rowList(data, box, drawn) {
    const columns = data.datasets[box.id][3];
    const list = element("ul", { "aria-label": `Columns of ${data.datasets[box.id][0]}` });
    for (const column of box.rows) {
      const button = element("button", { type: "button", tabindex: "-1" });
      if (column < 0) {
        button.className = "more";
        button.append(`${columns.length - box.rows.length + 1} more columns`);
        drawn.more.set(button, box.id);
      } else {
        const [name, type, tags] = columns[column];
        button.className = "column";
        button.setAttribute("aria-pressed", "false");
        button.append(element("span", { class: "column-label", title: name }, name));
        for (const tag of tags) button.append(element("span", { class: "tag", title: tag }, tag));
        button.append(element("span", { class: "type", title: type }, type));
        drawn.columns.set(button, [box.id, column]);
      }
      list.append(element("li", {}, button));
    }
    return list;
  }

  return { draw, element };
})();
