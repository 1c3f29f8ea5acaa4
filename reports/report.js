"use strict";
// Everything here is a convenience: the page reads completely without it.
(() => {
  const matrix = document.querySelector(".matrix");
  const place = document.getElementById("tools");
  if (!matrix || !place) return;

  const rows = [...matrix.querySelectorAll("tr[data-w]")].map((element) => {
    const link = element.querySelector("th a");
    const name = link.textContent;
    const page = document.getElementById(link.hash.slice(1))?.closest(".page");
    return {
      element,
      name,
      link,
      who: element.dataset.w,
      text: `${name} ${page?.querySelector(".promise")?.textContent ?? ""}`.toLowerCase(),
      outcomes: new Set([...element.querySelectorAll("td")].map((cell) => cell.classList[0])),
      loud: element.querySelector(".xu, .xs") !== null,
    };
  });
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const choice = (type, name, value, text, checked = false) => {
    const input = make("input", { type, name, value, checked });
    return make("label", {}, input, ` ${text}`);
  };

  const search = make("input", { type: "search", name: "q", autocomplete: "off", spellcheck: false });
  const output = make("output");
  output.setAttribute("aria-live", "polite");
  const clear = make("button", { type: "button", textContent: "Show all" });
  const help = make("button", { type: "button", textContent: "Keys" });
  help.setAttribute("aria-expanded", "false");
  const keys = make("p", { className: "keys", hidden: true });
  for (const [key, what] of [["/", "find"], ["d", "differing or all"], ["n", "next differing"], ["p", "previous differing"],
    ["← ↑ ↓ →", "between cells"], ["Enter", "open"], ["m", "matrix"], ["?", "these keys"]]) {
    keys.append(make("kbd", { textContent: key }), ` ${what}  `);
  }
  const show = make("fieldset", {}, make("legend", { textContent: "Show" }),
    choice("radio", "show", "all", "all", true), choice("radio", "show", "differing", "differing"));
  const classes = [["ok", "passed"], ["no", "failed"], ["an", "answered"], ["un", "unsupported"], ["er", "error, timeout, crashed"],
    ["nr", "unreachable, not run"]].filter(([style]) => rows.some((row) => row.outcomes.has(style)));
  const outcomes = make("fieldset", {}, make("legend", { textContent: "with a cell" }),
    choice("radio", "outcome", "", "of any kind", true), ...classes.map(([style, word]) => choice("radio", "outcome", style, word)));
  place.className = "tools";
  place.setAttribute("role", "search");
  place.append(make("label", {}, "Find ", search), show);
  if (classes.length > 1) place.append(outcomes);
  place.append(output, clear, help, keys);
  place.hidden = false;

  const chosen = (name) => place.querySelector(`input[name=${name}]:checked`)?.value ?? "";
  const choose = (name, value) => {
    const input = [...place.querySelectorAll(`input[name=${name}]`)].find((one) => one.value === value);
    if (input) input.checked = true;
  };

  function apply() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const differing = chosen("show") === "differing";
    const outcome = chosen("outcome");
    let shown = 0;
    for (const row of rows) {
      const fits = wanted.every((word) => row.text.includes(word)) &&
        (!differing || row.loud || !["alike", "capability", "unknown"].includes(row.who)) &&
        (!outcome || row.outcomes.has(outcome));
      row.element.hidden = !fits;
      shown += fits;
    }
    for (const body of matrix.tBodies) body.hidden = !body.querySelector("tr[data-w]:not([hidden])");
    const hidden = rows.length - shown;
    output.textContent = `${shown} of ${rows.length} rows shown${hidden ? `, ${hidden} hidden` : ""}`;
    clear.hidden = !hidden;
    remember({ q: search.value, show: differing ? "differing" : "", outcome });
  }

  function remember(state) {
    const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString();
    try {
      history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
    } catch {
      // Some browsers keep the address of a local file as it is.
    }
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") ?? "";
    choose("show", query.get("show") ?? "all");
    choose("outcome", query.get("outcome") ?? "");
  }

  const visible = () => rows.filter((row) => !row.element.hidden);

  function step(direction) {
    const page = document.querySelector(`.page:target, .page:has(:target)`);
    if (page) {
      page.querySelector(direction > 0 ? "a[rel=next]" : "a[rel=prev]")?.click();
      return;
    }
    const list = visible().filter((row) => row.loud || !["alike", "capability", "unknown"].includes(row.who));
    if (!list.length) return;
    const here = list.findIndex((row) => row.element.contains(document.activeElement));
    const next = here < 0 ? (direction > 0 ? 0 : list.length - 1) : (here + direction + list.length) % list.length;
    list[next].link.focus();
    list[next].element.scrollIntoView({ block: "center" });
  }

  // A cell may span several columns: its place is that of the first.
  const placeOf = (cell) => {
    let column = 0;
    for (let one = cell.previousElementSibling; one; one = one.previousElementSibling) column += one.colSpan;
    return column;
  };
  const cellAt = (row, column) => {
    let start = 0;
    for (const cell of row.children) {
      if (column < start + cell.colSpan) return cell;
      start += cell.colSpan;
    }
    return null;
  };

  const heads = [...matrix.tHead.rows[1].cells].map((cell) => cell.querySelector("a"));
  function focus(cell) {
    const target = cell.querySelector("a") ?? cell;
    if (target === cell) cell.tabIndex = -1;
    if (cell.tagName === "TD") {
      const columns = heads.slice(placeOf(cell) - 1, placeOf(cell) - 1 + cell.colSpan).map((head) => head.title);
      target.setAttribute("aria-label",
        `${cell.parentElement.cells[0].querySelector("a").textContent} on ${columns.join(", ")}: ${cell.textContent.trim()}`);
    }
    target.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function move(event, across, down) {
    const cell = document.activeElement?.closest?.(".matrix tr[data-w] > *");
    if (!cell) return;
    event.preventDefault();
    const list = visible();
    const row = list.findIndex((one) => one.element === cell.parentElement);
    const column = placeOf(cell);
    const target = down ? cellAt(list[row + down]?.element ?? matrix.createTHead(), column)
      : across > 0 ? cell.nextElementSibling : cell.previousElementSibling;
    if (target) focus(target);
  }

  // A cell without a link of its own leads where its row leads.
  const follow = (cell) => { location.hash = cell.parentElement.querySelector("a").hash; };
  matrix.addEventListener("click", (event) => {
    const cell = event.target.closest("tr[data-w] > td");
    if (cell && !event.target.closest("a") && !String(getSelection())) follow(cell);
  });
  matrix.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "TD") follow(event.target);
  });

  function toggleKeys() {
    keys.hidden = !keys.hidden;
    help.setAttribute("aria-expanded", String(!keys.hidden));
    if (!keys.hidden) place.scrollIntoView({ block: "nearest" });
  }

  const actions = {
    "/": (event) => { event.preventDefault(); location.hash = "#matrix"; search.focus(); },
    d: () => { choose("show", chosen("show") === "all" ? "differing" : "all"); apply(); },
    n: () => step(1),
    p: () => step(-1),
    m: () => { location.hash = "#matrix"; },
    "?": () => { if (document.querySelector(".page:target, .page:has(:target)")) location.hash = "#matrix"; toggleKeys(); },
    ArrowLeft: (event) => move(event, -1, 0),
    ArrowRight: (event) => move(event, 1, 0),
    ArrowUp: (event) => move(event, 0, -1),
    ArrowDown: (event) => move(event, 0, 1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input[type=search]")) {
      if (event.key === "Escape") { search.value = ""; apply(); search.blur(); }
      return;
    }
    if (event.target.matches("input, textarea, select") && event.key.startsWith("Arrow")) return;
    actions[event.key]?.(event);
  });
  place.addEventListener("input", apply);
  clear.addEventListener("click", () => { search.value = ""; choose("show", "all"); choose("outcome", ""); apply(); });
  help.addEventListener("click", toggleKeys);

  // Traces that came to the same by other statements: each line is in the page once.
  let reading = null;
  async function read() {
    const found = JSON.parse(document.getElementById("rolls").textContent);
    if (typeof found !== "string") return found;
    const bytes = Uint8Array.from(atob(found), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }
  async function unroll(details) {
    const rolls = await (reading ??= read());
    if (details.querySelector("ul")) return;
    const all = make("ul");
    for (const [name, number] of rolls.lists[details.dataset.r]) {
      const list = make("ol", { className: "trace" });
      for (const place of rolls.traces[number]) list.append(rolled(rolls, rolls.lines[place]));
      all.append(make("li", {}, name, list));
    }
    details.append(all);
  }
  function rolled(rolls, [session, text, told, error]) {
    const [verb, rest] = rolls.texts[text];
    const pool = verb !== verb.toUpperCase();
    const line = make("li", { className: pool ? "pool" : "" });
    if (session) line.append(make("i", { className: "who", textContent: session }), " ");
    line.append(verb && !pool ? make("b", { textContent: verb }) : verb, ` ${rest}`);
    if (rolls.told[told]) line.append(" ", make("span", { className: "par", textContent: rolls.told[told] }));
    if (error) line.append(make("span", { className: "err", textContent: `↯ ${error}` }));
    return line;
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.roll[open]")) unroll(event.target);
  }, true);

  // Every cell has an address; where nothing more is told of it than of its row, it is the row's.
  function redirect() {
    const found = /^#cell\/(.+)@[^@]+$/.exec(location.hash);
    if (found && !document.getElementById(location.hash.slice(1))) location.replace(`#case/${found[1]}`);
  }
  window.addEventListener("hashchange", redirect);
  redirect();

  const title = document.title;
  function entitle() {
    const page = document.querySelector(".page:target, .page:has(:target)");
    const name = page?.querySelector("h1 .id")?.textContent;
    document.title = name ? `${name} · Session conformance` : title;
  }
  window.addEventListener("hashchange", entitle);
  recall();
  apply();
  entitle();
})();
