"use strict";

/* The search for tables and columns. */
alur.search = (input, list, data, base, onChange) => {
  const MOST = 40;
  const { element } = alur.drawing;
  const entries = data.datasets.flatMap(([title, layer, page, columns], number) => {
    const name = layer === 0 ? title : `${data.layers[layer]}.${title}`;
    return [
      { number, name, title, layer, page },
      ...columns.map(([column]) => ({
        number, name: `${name}.${column}`, title: column, layer, table: name,
        page: `${page}#column-${encodeURIComponent(column)}`,
      })),
    ];
  });
  let chosen = -1;

  function matching(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const fits = entries.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    const last = words[words.length - 1].split(".").pop();
    const rank = ({ title, table }) => {
      const own = title.toLowerCase();
      const near = own === last ? 0 : own.startsWith(last) ? 1 : own.includes(last) ? 2 : 3;
      return near * 2 + (table ? 1 : 0);
    };
    return fits.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  }

  function show() {
    const found = matching(input.value);
    onChange(found && new Set(found.map(({ number }) => number)));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren();
    if (!found) return close();
    for (const [i, entry] of found.slice(0, MOST).entries()) {
      const text = element("span", { class: "found-name" }, entry.title);
      const about = element("span", { class: "quiet" }, entry.table ? entry.table : data.layers[entry.layer]);
      const link = element("a", { href: base + entry.page, tabindex: "-1" }, element("span", { class: `dot ${data.layers[entry.layer]}` }), text, about);
      list.append(element("li", { role: "option", id: `found-${i}`, "aria-selected": "false" }, link));
    }
    const rest = found.length - MOST;
    if (!found.length) list.append(element("li", { class: "quiet" }, "Nothing has such a name."));
    if (rest > 0) list.append(element("li", { class: "quiet" }, `and ${rest} more`));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function choose(step) {
    const options = [...list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    chosen = (chosen + step + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen].id);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value) show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1);
    } else if (event.key === "Enter") {
      const options = list.querySelectorAll("[role=option] a");
      (options[chosen] || options[0])?.click();
      close();
    } else if (event.key === "Escape") {
      input.value = "";
      show();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search") || event.target.closest("a")) close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
};
