"use strict";
// Texts come from the data, already written; they go into the page as text, never as HTML.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  document.documentElement.classList.add("js");

  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  // The same form as avs_coverage.names.normalise, but for « st » and « ste ».
  const normalise = (text) => text.replace(/[œŒ]/g, "oe").replace(/[æÆ]/g, "ae").normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

  // --- Tables: sorted by what Python wrote in data-value, or as French does.
  const collator = new Intl.Collator("fr", { sensitivity: "base", numeric: true });
  const compare = (one, other, numeric) => {
    const a = numeric ? one.dataset.value : one.textContent;
    const b = numeric ? other.dataset.value : other.textContent;
    return { a, b, order: numeric ? Number(a) - Number(b) : collator.compare(a, b) };
  };
  const sort = (table, index, header) => {
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const numeric = header.classList.contains("n");
    const rows = Array.from(table.tBodies[0].rows);
    rows.sort((one, other) => {
      const { a, b, order } = compare(one.cells[index], other.cells[index], numeric);
      if (a === "" || b === "") return (a === "") - (b === ""); // what is empty or unknown comes last
      return descending ? -order : order;
    });
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach((header, index) => {
      const button = element("button", header.textContent);
      button.type = "button";
      button.addEventListener("click", () => sort(table, index, header));
      header.replaceChildren(button);
    });
  }

  // --- The table of communes: filters, and one tab stop for its rows.
  const table = byId("communes-table").querySelector("table");
  const rows = Array.from(table.tBodies[0].rows);
  const rowOf = new Map(rows.map((row) => [row.dataset.code, row]));
  const texts = new Map(rows.map((row) => [row, normalise(row.textContent)]));
  const filter = byId("communes-filter");
  const status = byId("communes-status");
  const number = new Intl.NumberFormat("fr-FR");
  const applyFilter = () => {
    const words = normalise(filter.value);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !(texts.get(row).includes(words) && (!status.value || row.dataset.status === status.value));
      shown += row.hidden ? 0 : 1;
    }
    byId("communes-count").textContent =
      `${number.format(shown)} ${shown < 2 ? "commune" : "communes"} sur ${number.format(rows.length)}`;
    roving();
  };
  const roving = () => {
    if (!data.view) return;
    const stop = table.querySelector("tr.chosen:not([hidden]) button, tbody tr:not([hidden]) button");
    for (const button of table.querySelectorAll("tbody button")) button.tabIndex = button === stop ? 0 : -1;
  };
  filter.addEventListener("input", applyFilter);
  status.addEventListener("change", applyFilter);
  if (!data.view) {
    applyFilter();
    return;
  }

  // --- The map.
  const communes = new Map(data.communes.map((commune) => [commune.code, commune]));
  const svg = byId("map");
  const figure = byId("figure");
  const cursor = byId("cursor");
  const panel = byId("panel");
  const paths = new Map(Array.from(svg.querySelectorAll("#layer-communes path"), (p) => [p.dataset.code, p]));
  const marks = Array.from(svg.querySelectorAll(".mark"));
  const patterns = Array.from(svg.querySelectorAll("pattern[id^=p-]"));
  const [fullWidth, fullHeight] = data.view;
  const MAX_ZOOM = 40;
  let view = { x: 0, y: 0, w: fullWidth, h: fullHeight };
  let chosen = "";
  let shown = "";
  const steady = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const motion = { behavior: steady ? "auto" : "smooth", block: "nearest" };

  const draw = () => {
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    figure.classList.toggle("zoomed", view.w < fullWidth);
    const box = svg.getBoundingClientRect();
    if (!box.width) return;
    const unit = Math.max(view.w / box.width, view.h / box.height);
    for (const mark of marks) {
      mark.setAttribute("transform", `translate(${mark.dataset.x} ${mark.dataset.y}) scale(${unit})`);
    }
    for (const pattern of patterns) pattern.setAttribute("patternTransform", `scale(${unit}) rotate(45)`);
  };
  const moveTo = (x, y, w) => {
    const width = Math.min(fullWidth, Math.max(fullWidth / MAX_ZOOM, w));
    const height = width * fullHeight / fullWidth;
    view = {
      x: Math.min(Math.max(x, 0), fullWidth - width),
      y: Math.min(Math.max(y, 0), fullHeight - height),
      w: width, h: height,
    };
    draw();
  };
  // A point of the screen, as a place of the drawing.
  const placeAt = (clientX, clientY) => {
    const matrix = svg.getScreenCTM().inverse();
    return new DOMPoint(clientX, clientY).matrixTransform(matrix);
  };
  const zoom = (factor, centre) => {
    const about = centre || { x: view.x + view.w / 2, y: view.y + view.h / 2 };
    const w = Math.min(fullWidth, Math.max(fullWidth / MAX_ZOOM, view.w / factor));
    const ratio = w / view.w;
    moveTo(about.x - (about.x - view.x) * ratio, about.y - (about.y - view.y) * ratio, w);
  };
  const all = () => moveTo(0, 0, fullWidth);
  const pan = (dx, dy) => moveTo(view.x + dx, view.y + dy, view.w);
  const bringIn = ([x, y]) => {
    const inside = x > view.x && x < view.x + view.w && y > view.y && y < view.y + view.h;
    if (!inside) moveTo(x - view.w / 2, y - view.h / 2, view.w);
  };

  // --- Reading a commune: the panel says it, the map outlines it.
  const show = (code) => {
    const commune = communes.get(code);
    if (!commune || code === shown) return;
    shown = code;
    const path = paths.get(code);
    cursor.setAttribute("d", path ? path.getAttribute("d") : "");
    panel.replaceChildren();
    element("h3", `${commune.name} (${code})`, panel);
    if (!path) element("p", "Sans contour : elle n'est pas sur la carte.", panel);
    const list = element("dl", undefined, panel);
    for (const [label, value] of commune.details) {
      element("dt", label, list);
      const cell = element("dd", Array.isArray(value) ? undefined : value, list);
      if (Array.isArray(value)) {
        const items = element("ul", undefined, cell);
        for (const one of value) element("li", one, items);
      }
    }
    const link = element("button", "Voir dans le tableau", panel);
    link.type = "button";
    link.addEventListener("click", () => reveal(code));
  };
  const choose = (code) => {
    if (!communes.has(code)) return;
    const before = rowOf.get(chosen);
    if (before) {
      before.classList.remove("chosen");
      before.querySelector("button").removeAttribute("aria-current");
    }
    chosen = code;
    show(code);
    const row = rowOf.get(code);
    row.classList.add("chosen");
    row.querySelector("button").setAttribute("aria-current", "true");
    roving();
    if (!row.hidden) {
      const box = table.parentElement;
      const top = row.offsetTop - table.tHead.offsetHeight;
      if (top < box.scrollTop || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) {
        box.scrollTop = top;
      }
    }
  };
  const reveal = (code) => {
    choose(code);
    const row = rowOf.get(code);
    if (row.hidden) {
      filter.value = "";
      status.value = "";
      applyFilter();
      choose(code);
    }
    byId("communes-table").scrollIntoView(motion);
    row.querySelector("button").focus({ preventScroll: true });
  };

  // Names of the table become buttons that lead to the map; the arrows go from one to the next.
  for (const row of rows) {
    const button = element("button", row.cells[0].textContent);
    button.type = "button";
    button.title = "Montrer sur la carte";
    button.tabIndex = -1;
    row.cells[0].replaceChildren(button);
  }
  table.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    choose(row.dataset.code);
    bringIn(communes.get(row.dataset.code).place);
    if (event.target.closest("button")) figure.scrollIntoView(motion);
  });
  table.tBodies[0].addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const button = event.target.closest("tbody button");
    if (!step || !button) return;
    event.preventDefault();
    let row = button.closest("tr")[step];
    while (row && row.hidden) row = row[step];
    if (!row) return;
    button.tabIndex = -1;
    const next = row.querySelector("button");
    next.tabIndex = 0;
    next.focus();
  });

  // --- Mouse, pen and fingers.
  const pointers = new Map();
  let start = null;
  let moved = false;
  const codeUnder = (target) => {
    const holder = target instanceof Element ? target.closest("[data-code]") : null;
    return holder ? holder.dataset.code : "";
  };
  const middle = () => {
    const [one, other] = pointers.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, d: Math.hypot(one.x - other.x, one.y - other.y) };
  };
  svg.addEventListener("pointerover", (event) => {
    if (!pointers.size) show(codeUnder(event.target));
  });
  svg.addEventListener("pointerleave", () => {
    if (chosen) show(chosen);
  });
  svg.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) moved = false;
    start = pointers.size === 2 ? middle() : null;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (pointers.size === 2) {
      pointers.set(event.pointerId, now);
      const next = middle();
      if (start.d > 0 && next.d > 0) zoom(next.d / start.d, placeAt(next.x, next.y));
      start = next;
      moved = true;
      return;
    }
    if (!moved && Math.hypot(now.x - before.x, now.y - before.y) < 5) return;
    if (!moved) svg.setPointerCapture(event.pointerId); // only now: a captured click has no commune under it
    moved = true;
    figure.classList.add("moving");
    const from = placeAt(before.x, before.y);
    const to = placeAt(now.x, now.y);
    pointers.set(event.pointerId, now);
    pan(from.x - to.x, from.y - to.y);
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) figure.classList.remove("moving");
  };
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  svg.addEventListener("click", (event) => {
    if (!moved) choose(codeUnder(event.target));
  });
  svg.addEventListener("wheel", (event) => {
    const out = event.deltaY > 0;
    if (out && view.w >= fullWidth) return; // the whole map is there: let the page scroll
    event.preventDefault();
    zoom(out ? 1 / 1.25 : 1.25, placeAt(event.clientX, event.clientY));
  }, { passive: false });

  // --- Keyboard: one tab stop; the arrows go to the nearest commune that way.
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const neighbour = (code, [dx, dy]) => {
    const [x, y] = communes.get(code).place;
    let best = "";
    let least = Infinity;
    for (const other of data.communes) {
      const ahead = (other.place[0] - x) * dx + (other.place[1] - y) * dy;
      const beside = Math.abs((other.place[0] - x) * dy) + Math.abs((other.place[1] - y) * dx);
      if (ahead <= 0 || beside > ahead * 1.2 || !paths.has(other.code)) continue;
      const cost = ahead + 2 * beside;
      if (cost < least) [best, least] = [other.code, cost];
    }
    return best;
  };
  const nearestToMiddle = () => {
    const x = view.x + view.w / 2;
    const y = view.y + view.h / 2;
    const far = (c) => Math.hypot(c.place[0] - x, c.place[1] - y);
    return data.communes.reduce((best, other) => (far(other) < far(best) ? other : best)).code;
  };
  const frame = byId("frame");
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  frame.setAttribute("aria-label", "Carte des communes");
  frame.setAttribute("aria-describedby", "map-hint");
  frame.addEventListener("focus", () => {
    if (!shown && frame.matches(":focus-visible")) show(nearestToMiddle());
  });
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const direction = DIRECTIONS[event.key];
    if (direction && event.shiftKey) pan(direction[0] * view.w / 8, direction[1] * view.h / 8);
    else if (direction) {
      const next = shown ? neighbour(shown, direction) : nearestToMiddle();
      if (next) {
        show(next);
        bringIn(communes.get(next).place);
      }
    } else if (event.key === "+" || event.key === "=") zoom(1.5, place());
    else if (event.key === "-") zoom(1 / 1.5, place());
    else if (event.key === "Escape" || event.key === "0") all();
    else if (event.key === "Enter" && shown) choose(shown);
    else return;
    event.preventDefault();
  });
  const place = () => {
    if (!shown) return null;
    const [x, y] = communes.get(shown).place;
    return { x, y };
  };
  byId("zoom-in").addEventListener("click", () => zoom(1.5));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
  byId("zoom-all").addEventListener("click", all);

  // --- Layers.
  for (const radio of document.querySelectorAll("input[name=fill]")) {
    const apply = () => { if (radio.checked) figure.dataset.fill = radio.value; };
    radio.addEventListener("change", apply);
    apply(); // a browser may remember the choice of the last visit
  }
  for (const box of document.querySelectorAll("input[name=layer]")) {
    box.closest("label").hidden = !byId(`layer-${box.value}`).childElementCount;
    const apply = () => {
      byId(`layer-${box.value}`).classList.toggle("off", !box.checked);
      for (const item of figure.querySelectorAll(`[data-layer=${box.value}]`)) {
        item.classList.toggle("off", !box.checked);
      }
    };
    box.addEventListener("change", apply);
    apply();
  }

  // --- Search, accents and case aside.
  const names = byId("commune-names");
  const keys = data.communes.map((c) => ({ code: c.code, key: normalise(c.name), label: `${c.name} (${c.code})` }));
  for (const { label } of keys) {
    const option = element("option", undefined, names);
    option.value = label;
  }
  const find = (typed) => {
    const key = normalise(typed);
    if (!key) return [];
    const tests = [
      (c) => normalise(c.label) === key || normalise(c.code) === key,
      (c) => c.key === key,
      (c) => c.key.startsWith(key),
      (c) => c.key.includes(key),
    ];
    for (const test of tests) {
      const found = keys.filter(test);
      if (found.length) return found;
    }
    return [];
  };
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = byId("search").value;
    const found = find(typed);
    const answer = byId("search-status");
    if (found.length !== 1) {
      const some = found.slice(0, 5).map((c) => c.label).join(", ");
      answer.textContent = !found.length ? "Aucune commune de ce nom ou de ce code."
        : `${number.format(found.length)} communes portent ce nom : ${some}${found.length > 5 ? "…" : ""}`;
      return;
    }
    answer.textContent = "";
    const { code } = found[0];
    choose(code);
    const [x, y] = communes.get(code).place;
    const w = Math.min(view.w, fullWidth / 4);
    moveTo(x - w / 2, y - w * fullHeight / fullWidth / 2, w);
  });

  // --- Paper: the whole map, then back to what was on the screen.
  let kept = null;
  window.addEventListener("beforeprint", () => {
    kept = view;
    all();
  });
  window.addEventListener("afterprint", () => {
    if (kept) moveTo(kept.x, kept.y, kept.w);
  });
  window.addEventListener("resize", draw);
  applyFilter();
  draw();
})();
