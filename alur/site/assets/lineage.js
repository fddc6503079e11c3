"use strict";

/* The picture of a lineage: boxes to click, columns whose trail lights up, and controls. */
alur.lineage = (() => {
  const MOST_BOXES = 150;
  const COMFORTABLE_BOXES = 12;
  const COMFORTABLE_ROWS = 130;
  const SMALLEST = 0.8;
  const { draw, element } = alur.drawing;
  const ALL = Infinity;

  /* options: {focus: the dataset's number or null, column: a column's name or null, base: the path to the site's root,
     onSelect: receives the dataset and the column that somebody has clicked, or null}. */
  function show(host, data, options) {
    const trails = alur.trails(data);
    const isTooMuch = data.datasets.length > MOST_BOXES;
    const state = {
      focus: options.focus ?? (isTooMuch ? mostRead(data) : null),
      steps: ALL,
      expanded: new Set(),
      withColumns: false,
      withRows: false,
      pinned: null,
      base: options.base,
      wanted: (dataset, column) => trail !== null && trail.columns.has(trails.key(dataset, column)),
    };
    let trail = null;
    let drawn = null;
    let zoom = 1;

    if (state.focus !== null) state.steps = comfortableSteps(data, state.focus);
    const bar = element("div", { class: "lineage-bar" });
    const view = element("div", { class: "lineage-view", role: "group", tabindex: "0", "aria-label": "Picture; arrow keys lead from column to column" });
    const detail = element("div", { class: "lineage-detail", "aria-live": "polite" });
    host.replaceChildren(bar, view, detail);

    function shownDatasets() {
      if (state.focus === null) return { datasets: data.datasets.map((_, number) => number), left: 0 };
      return alur.surroundings(data, state.focus, state.steps, MOST_BOXES);
    }

    function redraw() {
      const { datasets, left } = shownDatasets();
      state.shown = datasets;
      trail = state.pinned && trailOf(state.pinned);
      drawn = draw(data, state);
      const sized = element("div", { class: "lineage-size" }, drawn.canvas);
      view.replaceChildren(sized);
      host.classList.toggle("with-rows", state.withRows);
      remark.textContent = left ? `The nearest ${datasets.length} are shown, ${left} are not.` : "";
      const first = drawn.columns.keys().next().value;
      if (first) first.tabIndex = 0;
      light(state.pinned);
      zoomTo(Math.max(SMALLEST, Math.min(1, view.clientWidth / drawn.width)));
      if (state.focus === null) showBeginning();
      else centre(state.focus);
    }

    /* Shows the first boxes on the left: a high picture has them in its middle. */
    function showBeginning() {
      const tops = [...drawn.boxes.values()].map(({ element: box }) => [box.offsetLeft, box.offsetTop]);
      tops.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      view.scrollTop = tops[0][1] * zoom - 40;
    }

    /* Draws anew what a selection has changed, and keeps what somebody looks at where it is. */
    function redrawInPlace() {
      const [dataset] = state.pinned;
      const before = drawn.boxes.get(dataset)?.element;
      const place = before && [before.offsetLeft * zoom - view.scrollLeft, before.offsetTop * zoom - view.scrollTop];
      const [scale, focused] = [zoom, view.contains(document.activeElement)];
      redraw();
      zoomTo(scale);
      const after = drawn.boxes.get(dataset)?.element;
      if (!before || !after) return;
      view.scrollLeft = after.offsetLeft * zoom - place[0];
      view.scrollTop = after.offsetTop * zoom - place[1];
      const [button] = [...drawn.columns].find(([, column]) => column.every((each, i) => each === state.pinned[i])) || [];
      if (focused) button?.focus({ preventScroll: true });
    }

    function centre(dataset) {
      const box = drawn.boxes.get(dataset)?.element;
      if (!box) return;
      view.scrollLeft = (box.offsetLeft + box.offsetWidth / 2) * zoom - view.clientWidth / 2;
      view.scrollTop = (box.offsetTop + box.offsetHeight / 2) * zoom - view.clientHeight / 2;
    }

    function zoomTo(factor) {
      zoom = Math.max(0.25, Math.min(2, factor));
      drawn.canvas.style.transform = `scale(${zoom})`;
      const { style } = drawn.canvas.parentElement;
      style.width = `${drawn.width * zoom}px`;
      style.height = `${drawn.height * zoom}px`;
    }

    function trailOf(column) {
      const up = trails.upstream(...column);
      const down = trails.downstream(...column);
      return {
        columns: new Set([...up.columns, ...down.columns]),
        uses: new Set([...up.uses, ...down.uses]),
        down,
      };
    }

    /* Lights up what a column comes from and what comes from it; null for nothing. */
    function light(column) {
      trail = column && trailOf(column);
      host.classList.toggle("has-trail", Boolean(column));
      for (const [button, [dataset, number]] of drawn.columns) {
        const isOn = Boolean(trail) && trail.columns.has(trails.key(dataset, number));
        button.classList.toggle("on", isOn);
        button.classList.toggle("start", Boolean(column) && dataset === column[0] && number === column[1]);
        const isPinned = Boolean(state.pinned) && dataset === state.pinned[0] && number === state.pinned[1];
        button.setAttribute("aria-pressed", String(isPinned));
      }
      for (const [button, dataset] of drawn.more) {
        button.classList.toggle("on", Boolean(trail) && hiddenOnTrail(dataset).length > 0);
      }
      for (const line of drawn.lines) {
        const isOn = Boolean(trail) && line.uses.some((number) => isOnTrail(line.kind, number));
        line.path.classList.toggle("on", isOn);
        if (isOn) line.path.parentElement.append(line.path);
      }
      for (const [dataset, box] of drawn.boxes) {
        box.element.classList.toggle("off", Boolean(trail) && !hasColumn(dataset));
      }
    }

    function isOnTrail(kind, number) {
      if (kind === "use") return trail.uses.has(number);
      const [from, column] = data.rows[number];
      return column >= 0 && trail.down.columns.has(trails.key(from, column));
    }

    /* The columns on the trail without a row of their own. */
    function hiddenOnTrail(dataset) {
      const shown = new Set([...drawn.columns.values()].filter(([at]) => at === dataset).map(([, column]) => column));
      return data.datasets[dataset][3]
        .map((_, column) => column)
        .filter((column) => !shown.has(column) && trail.columns.has(trails.key(dataset, column)));
    }

    function hasColumn(dataset) {
      return data.datasets[dataset][3].some((_, column) => trail.columns.has(trails.key(dataset, column)));
    }

    /* Lights up the boxes that one is made from, and those made from it. */
    function lightBox(dataset) {
      if (state.pinned || dataset === null) {
        light(state.pinned);
        return;
      }
      const near = new Set(alur.surroundings(data, dataset, ALL, ALL).datasets);
      host.classList.add("has-trail");
      for (const [number, box] of drawn.boxes) box.element.classList.toggle("off", !near.has(number));
      for (const line of drawn.lines) {
        const isOn = line.kind !== "row" && near.has(line.from) && near.has(line.to);
        line.path.classList.toggle("on", isOn);
      }
    }

    function pin(column) {
      const isSame = column && state.pinned && column.every((each, i) => each === state.pinned[i]);
      state.pinned = isSame ? null : column;
      light(state.pinned);
      if (trail && [...drawn.more.values()].some((dataset) => hiddenOnTrail(dataset).length > 0)) redrawInPlace();
      alur.explain(detail, data, trails, state.pinned, state.base);
      options.onSelect?.(state.pinned);
    }

    function columnAt(event) {
      const button = event.target.closest("button.column");
      return button && drawn.columns.get(button);
    }

    view.addEventListener("mouseover", (event) => {
      const head = event.target.closest(".box-head");
      if (head) lightBox([...drawn.boxes].find(([, box]) => box.head === head)[0]);
      else light(columnAt(event) || state.pinned);
    });
    view.addEventListener("mouseleave", () => light(state.pinned));
    view.addEventListener("focusin", (event) => { if (columnAt(event)) light(columnAt(event)); });
    view.addEventListener("focusout", () => light(state.pinned));
    view.addEventListener("click", (event) => {
      const more = event.target.closest("button.more");
      if (more) {
        state.expanded.add(drawn.more.get(more));
        redraw();
      } else if (columnAt(event)) pin(columnAt(event));
      else if (!event.target.closest("a") && state.pinned) pin(null);
    });
    view.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.pinned) pin(null);
      const next = columnAt(event) && alur.neighbour(event.key, columnAt(event), drawn, data, trails);
      if (!next) return;
      event.preventDefault();
      for (const button of drawn.columns.keys()) button.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
    addEventListener("beforeprint", () => zoomTo(Math.min(1, 680 / drawn.width)));
    addEventListener("afterprint", () => zoomTo(Math.min(1, view.clientWidth / drawn.width)));

    const remark = element("span", { class: "remark" });
    alur.controls(bar, data, state, {
      remark,
      isTooMuch: isTooMuch && (options.focus ?? null) === null,
      redraw,
      lit: () => host.classList.toggle("with-rows", state.withRows),
      zoomBy: (factor) => zoomTo(zoom * factor),
      fit: () => zoomTo(Math.min(1, view.clientWidth / drawn.width)),
    });
    state.withColumns = isComfortable(data, shownDatasets().datasets);
    if (options.column) {
      const number = data.datasets[state.focus][3].findIndex(([name]) => name === options.column);
      if (number >= 0) {
        state.pinned = [state.focus, number];
        state.withColumns = true;
      }
    }
    alur.refresh(bar, state);
    redraw();
    if (state.pinned) alur.explain(detail, data, trails, state.pinned, state.base);
    return {
      select: (column) => { state.pinned = null; pin(column); },
      matching: (numbers) => {
        light(numbers ? null : state.pinned);
        for (const [number, box] of drawn.boxes) {
          box.element.classList.toggle("unmatched", numbers !== null && !numbers.has(number));
        }
        const first = [...drawn.boxes.keys()].find((number) => numbers?.has(number));
        if (first !== undefined) centre(first);
      },
    };
  }

  function mostRead(data) {
    const counts = data.datasets.map((_, number) => data.reads.filter((pair) => pair.includes(number)).length);
    return counts.indexOf(Math.max(...counts));
  }

  function comfortableSteps(data, focus) {
    for (const steps of [ALL, 3, 2]) {
      const { datasets, left } = alur.surroundings(data, focus, steps, MOST_BOXES);
      if (left === 0 && datasets.length <= COMFORTABLE_BOXES) return steps;
    }
    return 1;
  }

  function isComfortable(data, datasets) {
    const rows = datasets.reduce((sum, number) => sum + Math.min(14, data.datasets[number][3].length), 0);
    return datasets.length <= COMFORTABLE_BOXES && rows <= COMFORTABLE_ROWS;
  }

  return show;
})();
