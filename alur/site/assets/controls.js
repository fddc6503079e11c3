"use strict";

/* The controls above a picture of a lineage. */
alur.controls = (bar, data, state, { remark, isTooMuch, redraw, lit, zoomBy, fit }) => {
  const { element } = alur.drawing;

  function labelled(text, control) {
    return element("label", {}, text, control);
  }

  function choice(options, chosen, onChange) {
    const select = element("select");
    for (const [value, text] of options) {
      const option = element("option", { value: String(value) }, text);
      option.selected = value === chosen;
      select.append(option);
    }
    select.addEventListener("change", () => onChange(select.value));
    return select;
  }

  function box(name, text, onChange) {
    const input = element("input", { type: "checkbox", "data-state": name });
    input.addEventListener("change", () => {
      state[name] = input.checked;
      onChange();
    });
    return element("label", {}, input, text);
  }

  function button(label, text, onClick) {
    const made = element("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", onClick);
    return made;
  }

  if (isTooMuch) {
    const names = data.datasets.map(([title, layer], number) => [number, `${data.layers[layer]}: ${title}`]);
    bar.append(labelled("Around", choice(names, state.focus, (value) => {
      state.focus = Number(value);
      state.pinned = null;
      redraw();
    })));
  }
  if (state.focus !== null) {
    const steps = [[1, "1 step"], [2, "2 steps"], [3, "3 steps"], [Infinity, "all steps"]];
    bar.append(labelled("Show", choice(steps, state.steps, (value) => {
      state.steps = Number(value);
      redraw();
    })));
  }
  bar.append(
    box("withColumns", "Columns", () => {
      alur.refresh(bar, state);
      redraw();
    }),
    box("withRows", "What decides rows", lit),
    remark,
    element(
      "span",
      { class: "zoom" },
      button("Smaller", "−", () => zoomBy(1 / 1.25)),
      button("Larger", "+", () => zoomBy(1.25)),
      button("Fit the width", "Fit", fit),
    ),
  );
};

/* Sets the boxes to tick as the state is. */
alur.refresh = (bar, state) => {
  for (const input of bar.querySelectorAll("input")) input.checked = state[input.dataset.state];
  // Without columns there is nothing from which such a line could begin.
  bar.querySelector("[data-state=withRows]").disabled = !state.withColumns;
};

/* Returns the column's button to which an arrow key leads, or null. */
alur.neighbour = (key, [dataset, column], drawn, data, trails) => {
  const all = [...drawn.columns];
  const at = all.findIndex(([, [d, c]]) => d === dataset && c === column);
  if (key === "ArrowDown") return all[at + 1]?.[0] ?? null;
  if (key === "ArrowUp") return all[at - 1]?.[0] ?? null;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  const isLeft = key === "ArrowLeft";
  const uses = isLeft ? trails.sources(dataset, column) : trails.targets(dataset, column);
  const near = uses.flatMap((number) => (isLeft ? trails.above : trails.below)(data.uses[number]));
  const found = all.find(([, [d, c]]) => near.some(([nd, nc]) => nd === d && nc === c));
  return found ? found[0] : null;
};

/* Says in words what a column comes from and what uses it. */
alur.explain = (host, data, trails, column, base) => {
  const { element } = alur.drawing;

  /* A link to a column; to a table where the number is null, and to all its columns where it is -1. */
  function named(dataset, number) {
    const [title, layer, page, columns] = data.datasets[dataset];
    const table = layer === 0 ? title : `${data.layers[layer]}.${title}`;
    const isColumn = number !== null && number >= 0;
    const text = isColumn ? `${table}.${columns[number][0]}` : number === null ? table : `all columns of ${table}`;
    if (page === null) return element("span", {}, text);
    const fragment = isColumn ? `#column-${encodeURIComponent(columns[number][0])}` : "";
    return element("a", { href: base + page + fragment }, text);
  }

  function list(uses, words, end) {
    const items = uses.map((number) => {
      const use = data.uses[number];
      return element("li", {}, element("span", { class: "how" }, words[use[4]]), " ", named(use[end], use[end + 1]));
    });
    return items.length ? [element("ul", { class: "uses" }, ...items)] : [];
  }

  host.replaceChildren();
  if (!column) return;
  const [dataset, number] = column;
  const [name, type] = data.datasets[dataset][3][number];
  const sources = list(trails.sources(dataset, number), data.from, 0);
  const targets = list(trails.targets(dataset, number), data.to, 2);
  const rows = data.rows
    .filter(([from, at]) => from === dataset && (at === number || at < 0))
    .map(([, , to, reasons]) => element("li", {}, element("span", { class: "how" }, `decides the rows (${reasons}) of`), " ", named(to, null)));
  const none = sources.length + targets.length + rows.length === 0 ? [" — no other column uses it, and it comes from none."] : [];
  host.append(
    element("p", {}, element("strong", {}, name), " ", element("code", {}, type), ...none),
    ...sources,
    ...targets,
    ...(rows.length ? [element("ul", { class: "uses" }, ...rows)] : []),
  );
};
