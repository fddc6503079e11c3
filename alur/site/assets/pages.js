"use strict";

/* Fills in what a page cannot know when it is written: the picture, the search, fire times and freshness. */
(() => {
  const base = document.body.dataset.base;
  const now = Date.now();

  function selectedByAddress() {
    const match = /^#column-(.+)$/.exec(location.hash);
    try {
      return match ? decodeURIComponent(match[1]) : null;
    } catch {
      return null;
    }
  }

  function mark() {
    const selected = selectedByAddress();
    for (const row of document.querySelectorAll("[data-column]")) {
      row.classList.toggle("selected", row.dataset.column === selected);
    }
  }

  const host = document.querySelector(".lineage");
  const focus = host.dataset.dataset === "" ? null : Number(host.dataset.dataset);
  const picture = alur.lineage(host, alur.data, {
    focus,
    column: focus === null ? null : selectedByAddress(),
    base,
    onSelect: (column) => {
      if (focus === null) return;
      const own = column && column[0] === focus;
      const name = own ? alur.data.datasets[focus][3][column[1]][0] : "";
      const address = own ? `#column-${encodeURIComponent(name)}` : location.pathname.split("/").pop();
      history.replaceState(null, "", address);
      mark();
    },
  });
  addEventListener("hashchange", () => {
    const name = selectedByAddress();
    mark();
    const number = focus === null ? -1 : alur.data.datasets[focus][3].findIndex(([each]) => each === name);
    if (number >= 0) picture.select([focus, number]);
  });
  mark();

  alur.search(document.getElementById("search"), document.getElementById("found"), alur.data, base, (numbers) => {
    if (focus !== null) return;
    picture.matching(numbers);
    const names = numbers && new Set([...numbers].map((number) => alur.data.datasets[number][2]));
    for (const row of document.querySelectorAll("tr[data-name]")) {
      row.hidden = names !== null && !names.has(row.querySelector("a").getAttribute("href"));
    }
  });

  for (const line of document.querySelectorAll("[data-fires]")) {
    const fires = JSON.parse(line.dataset.fires);
    const next = alur.fires(fires, now, 3);
    const shown = next.map((at) => `${alur.instant(at)}`).join(", ");
    const isOn = line.dataset.enabled === "yes";
    const text = next.length === 0 ? "It does not fire again"
      : `${isOn ? "Next" : "It is off, and would fire"} ${shown} (${alur.distance(next[0] - now)})`;
    const rate = fires.every ? " on a laptop; AWS counts from the creation of the rule" : "";
    line.querySelector(".next").textContent = `${text}${rate}.`;
  }

  const fresh = new Map((alur.freshness || []).map(([name, ...rest]) => [name, rest]));
  for (const place of document.querySelectorAll("[data-fresh]")) {
    const [at, rows, problem] = fresh.get(place.dataset.fresh) || [null, 0, ""];
    const when = at && Date.parse(at);
    place.textContent = problem ? `not known: ${problem}`
      : at ? `${alur.instant(when)} (${alur.distance(when - now)}), ${rows.toLocaleString("en")} row${rows === 1 ? "" : "s"}, in the local warehouse`
        : "never in the local warehouse";
  }
  for (const place of document.querySelectorAll("[data-fresh-rows]")) {
    const [at, rows] = fresh.get(place.dataset.freshRows) || [];
    place.textContent = at ? rows.toLocaleString("en") : "–";
    if (at) place.title = `Written ${alur.instant(Date.parse(at))}`;
  }
})();
