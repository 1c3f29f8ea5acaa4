// Traces: those that only the script shows, and two backends of a reader's choice side by side.
(() => {
  let reading = null;
  async function read() {
    const text = document.getElementById("rolls").textContent;
    let found = JSON.parse(text);
    if (typeof found === "string") {
      const bytes = Uint8Array.from(atob(found), (letter) => letter.charCodeAt(0));
      found = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
    }
    const { session, text: texts, told, failed, error } = found.lines;
    const errors = new Map(numbers(failed).map((place, at) => [place, numbers(error)[at]]));
    const [textOf, toldOf] = [numbers(texts), numbers(told)];
    found.line = (place) => {
      const [verb, rest, counted] = found.texts[textOf[place]];
      const values = found.told[toldOf[place]];
      const rows = counted === undefined ? "" : `→ ${counted} ${counted === 1 ? "row" : "rows"}`;
      const wrong = errors.has(place);
      return {
        session: session[place], verb, rest, waits: verb === "⋮", pool: verb !== verb.toUpperCase(),
        told: [values, rows].filter(Boolean).join("  "), error: wrong ? found.errors[errors.get(place)] : null,
        key: verb === "⋮" ? verb : `${textOf[place]} ${wrong}`,
      };
    };
    found.sentLine = (place) => {
      const [who, words, wrong] = found.sentLines[place];
      return { session: who, verb: "", rest: words, told: "", error: wrong ?? null, key: `${words} ${wrong !== undefined}` };
    };
    return found;
  }
  const rolls = () => (reading ??= read());
  // Numbers stand as steps from the one that would come next.
  function numbers(steps) {
    let at = -1;
    return steps.map((step) => (at += step + 1));
  }

  function spell(line, parent) {
    const { verb, rest, pool, waits } = line;
    if (waits || pool) parent.append(make("span", { className: waits ? "w" : "pool", textContent: `${verb} ${rest}`.trim() }));
    else parent.append(verb ? make("b", { textContent: verb }) : "", verb && rest ? ` ${rest}` : rest);
    if (line.told) parent.append(" ", make("span", { className: "par", textContent: line.told }));
    if (line.error !== null) parent.append(make("span", { className: "err", textContent: `↯ ${line.error}` }));
    return parent;
  }
  async function unroll(details) {
    const found = await rolls();
    if (details.querySelector("ul")) return;
    const lists = make("ul");
    for (const [name, number] of found.lists[details.dataset.r]) {
      const list = make("ol", { className: "trace" });
      const lines = found.traces[number].map(found.line);
      const several = sessionsOf(lines).length > 1;
      for (const line of lines) {
        const item = make("li", { className: line.pool ? "pool" : "" });
        if (several) item.append(make("i", { className: "who", textContent: line.session }), " ");
        list.append(spell(line, item));
      }
      lists.append(make("li", {}, name, list));
    }
    details.append(lists);
  }

  // Lines that are alike share a step, what stands between two such steps is held side by side.
  function align(one, other) {
    const alike = (a, b) => a.key === b.key && a.session === b.session;
    const longest = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
    for (let i = one.length - 1; i >= 0; i--) {
      for (let j = other.length - 1; j >= 0; j--) {
        longest[i][j] = alike(one[i], other[j]) ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    const steps = [];
    let [lefts, rights] = [[], []];
    const flush = () => {
      for (let n = 0; n < Math.max(lefts.length, rights.length); n++) steps.push({ lines: [lefts[n] ?? null, rights[n] ?? null] });
      [lefts, rights] = [[], []];
    };
    let [i, j] = [0, 0];
    while (i < one.length || j < other.length) {
      if (i < one.length && j < other.length && alike(one[i], other[j])) {
        flush();
        steps.push({ same: true, lines: [one[i++], other[j++]] });
      } else if (j === other.length || (i < one.length && longest[i + 1][j] >= longest[i][j + 1])) lefts.push(one[i++]);
      else rights.push(other[j++]);
    }
    flush();
    return steps;
  }
  const sessionsOf = (lines) => [...new Set(lines.map((line) => line.session).filter(Boolean))];

  // One case: what stands in the page and in the rolls of it.
  function entry(found, page) {
    const [traces, sent, folds] = found.pages[all("section.page[id^='case/']").indexOf(page)] ?? [[], [], []];
    const of = { traces: numbers(traces), sent: numbers(sent) };
    // Traces of other values only are alike, as in the rest of the page.
    const keys = of.traces.map((number) => found.traces[number].map((place) => `${found.line(place).session} ${found.line(place).key}`).join("\n"));
    const lists = all(":scope > .outcomes", page);
    // Variants are named above what came of them; a row that is the case itself has no name.
    const named = lists.map((list) => (list.previousElementSibling.matches("h2.alike") ? all("span", list.previousElementSibling) : [page]));
    return folds.flatMap(([groups, rows], fold) => rows.map(([left, kept], row) => {
      const items = [...lists[fold].children];
      const name = named[fold][row];
      return {
        name: name === page ? "" : name?.textContent, id: name?.id,
        cells: found.columns.map(([id, title], at) => ({
          id, title, chip: items[groups[at]].querySelector("b"), alike: `${groups[at]} ${keys[left[at]]}`, trace: keys[left[at]],
          normalised: left[at] < 0 ? null : found.traces[of.traces[left[at]]],
          sent: (kept?.[at] ?? -1) < 0 ? null : found.sent[of.sent[kept[at]]],
        })),
      };
    })).map((row) => ({ ...row, left: row.cells.filter((cell) => cell.normalised) })).filter((row) => row.id && row.left.length > 1);
  }
  // The first backend of each of the two largest groups, of which the second did something else.
  function largest(cells) {
    const groups = [...new Set(cells.map((cell) => cell.alike))].map((key) => cells.filter((cell) => cell.alike === key));
    groups.sort((a, b) => b.length - a.length);
    const first = groups[0][0];
    return [first, groups.flat().find((cell) => cell.trace !== first.trace) ?? groups[1]?.[0] ?? groups[0][1]];
  }

  function head(cell, number, properties) {
    return make("th", properties, make("b", { textContent: String(number) }), " ", cell.chip.cloneNode(true), ` ${cell.title}`);
  }
  function beside(sides, steps, first) {
    const body = make("tbody");
    steps.forEach((step, at) => {
      const row = make("tr", { className: at === first ? "first" : "" });
      if (step.same) row.append(spell(step.lines[0], make("td", { colSpan: 2 })));
      else {
        step.lines.forEach((line, side) => {
          const cell = make("td");
          cell.dataset.g = side + 1;
          row.append(line ? spell(line, cell) : cell);
        });
      }
      body.append(row);
    });
    if (!steps.length) body.append(make("tr", {}, make("td", { colSpan: 2, textContent: "Nothing reached the database." })));
    return make("table", { className: "trace g2" },
      make("caption", { textContent: "What two backends did: lines across the whole width are the same on both" }),
      make("thead", {}, make("tr", {}, make("td"), ...sides.map((cell, at) => head(cell, at + 1, { scope: "col" })))), body);
  }
  function lanes(sides, steps, first, sessions) {
    const body = make("tbody");
    const waiting = [new Set(), new Set()];
    steps.forEach((step, at) => {
      const row = make("tr", { className: at === first ? "first" : "" });
      step.lines.forEach((line, side) => {
        const who = line && (line.session || sessions[0]);
        waiting[side].delete(who);
        for (const name of sessions) {
          if (who === name) row.append(spell(line, make("td")));
          else row.append(waiting[side].has(name) ? make("td", { className: "w", textContent: "⋮" }) : make("td"));
        }
        if (line?.waits) waiting[side].add(who);
      });
      body.append(row);
    });
    const names = sides.flatMap(() => sessions.map((name, at) => make("th", { scope: "col", className: at ? "" : "f", textContent: name })));
    return make("table", { className: "trace lanes" },
      make("caption", { textContent: "What two backends did, a lane for each session" }),
      make("thead", {},
        make("tr", {}, make("td"), ...sides.map((cell, at) => head(cell, at + 1, { scope: "colgroup", colSpan: sessions.length }))),
        make("tr", {}, make("td"), ...names)), body);
  }
  function asText(row, cell, lines, how) {
    const several = sessionsOf(lines).length > 1;
    const told = lines.map((line, at) => {
      const words = [several && line.session ? `${line.session}:` : "", line.verb, line.rest, line.told].filter(Boolean).join(" ");
      return `${String(at + 1).padStart(4)}  ${words}\n${line.error === null ? "" : `      ↯ ${line.error}\n`}`;
    });
    const came = cell.chip.textContent.trim().replace(/\s+/g, " ");
    return `${row} on ${cell.id} (${cell.title}): ${came}, ${how}\n\n${told.join("") || "      Nothing reached the database.\n"}`;
  }

  const option = (value, text) => make("option", { value, textContent: text });
  const label = (text, field) => make("label", {}, text, " ", field);
  // The tool that puts two backends of a case beside each other.
  class Comparison {
    constructor(found, page, rows) {
      Object.assign(this, { found, rows, page });
      this.variant = make("select", { name: "variant" }, ...rows.map((row, at) => option(at, row.name || "without")));
      this.sides = ["one", "other"].map((name) => make("select", { name }));
      this.how = ["normalised", "sent"].map((value) => make("input", { type: "radio", name: `text ${page.id}`, value }));
      this.how[0].checked = true;
      this.told = make("p", { role: "status" });
      this.kept = make("span", { className: "facts" });
      this.missing = make("p", { className: "facts" });
      this.place = make("div", { className: "scroll", role: "region", ariaLabel: "Two backends side by side", tabIndex: 0 });
      this.download = make("button", { type: "button", textContent: "Download both as text" });
      this.element = make("div", { className: "choose" },
        make("p", {}, ...(rows.length > 1 ? [label("Variant", this.variant)] : []), label("Compare", this.sides[0]), label("with", this.sides[1]),
          make("span", { role: "group", ariaLabel: "Text" }, ...this.how.map((radio, at) => make("label", {}, radio, at ? " as sent" : " normalised")), this.kept),
          this.download),
        this.missing, this.told, this.place);
      this.element.addEventListener("change", (event) => this.changed(event.target));
      this.download.addEventListener("click", () => this.saved());
      this.recall();
    }

    // What the address names, as far as it is there; else what is most worth a look.
    recall() {
      const hash = location.hash.slice(1);
      const named = this.rows.findIndex((row) => row.id === hash || hash.startsWith(`${row.id.replace("case/", "cell/")}@`));
      const differing = this.rows.findIndex((row) => new Set(row.left.map((cell) => cell.trace)).size > 1);
      this.variant.value = [named, differing, 0].find((at) => at >= 0);
      this.offer(said.cmp.split(","));
    }
    get row() { return this.rows[this.variant.value]; }
    get cells() { return this.sides.map((side) => this.row.cells.find((cell) => cell.id === side.value)); }

    offer(names) {
      const found = largest(this.row.left);
      this.sides.forEach((side, at) => {
        side.replaceChildren(...this.row.cells.map((cell) => Object.assign(option(cell.id, cell.title), { disabled: !cell.normalised })));
        side.value = (this.row.left.find((cell) => cell.id === names[at]) ?? [found[at], ...found].find((cell) => cell.id !== names[1 - at])).id;
      });
      const gone = names.filter((name) => name && !this.row.left.some((cell) => cell.id === name));
      this.missing.textContent = gone.length ? `No trace here: ${gone.join(", ")}.` : "";
      this.missing.hidden = !gone.length;
      this.show();
    }
    show() {
      const cells = this.cells;
      const both = cells.every((cell) => cell.sent);
      this.how[1].disabled = !both;
      this.kept.textContent = both ? "" : "(not in this page; it is in results.jsonl)";
      const how = both && this.how[1].checked ? "sent" : "normalised";
      this.how[how === "sent" ? 1 : 0].checked = true;
      this.lines = cells.map((cell) => cell[how].map(how === "sent" ? this.found.sentLine : this.found.line));
      this.text = how === "sent" ? "as sent" : "normalised";
      const steps = align(...this.lines);
      const first = steps.findIndex((step) => !step.same);
      const sessions = sessionsOf(this.lines.flat());
      const table = sessions.length > 1 ? lanes(cells, steps, first, sessions) : beside(cells, steps, first);
      this.place.replaceChildren(table);
      this.told.replaceChildren(...(first < 0 ? [`No difference in ${steps.length} ${steps.length === 1 ? "line" : "lines"}.`] : ["First difference: ", this.link(table, first), "."]));
    }
    link(table, first) {
      const link = make("a", { href: location.href, textContent: `line ${first + 1}` });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const row = table.tBodies[0].rows[first];
        row.tabIndex = -1;
        row.focus();
        row.scrollIntoView({ block: "center" });
      });
      return link;
    }
    changed(field) {
      if (field === this.variant) this.offer(said.cmp ? said.cmp.split(",") : []);
      else this.show();
      const chosen = this.sides.includes(field) ? { cmp: this.sides.map((side) => side.value).join(",") } : {};
      say(chosen, field === this.variant ? `#${this.row.id}` : location.hash);
      if (chosen.cmp) this.missing.hidden = true;
    }
    saved() {
      const name = this.row.id.slice("case/".length).replace(/[^\w.-]+/g, "-");
      const row = [this.page.querySelector("h1 .id").textContent, this.row.name].filter(Boolean).join("/");
      save(`${name}.txt`, "text/plain;charset=utf-8", this.cells.map((cell, at) => asText(row, cell, this.lines[at], this.text)).join("\n"));
    }
  }

  const shown = new WeakMap();
  // The tool stands below what the page shows by itself.
  async function offer() {
    const page = current();
    if (!page?.id.startsWith("case/")) return;
    const last = all(":scope > :is(.scroll:has(.trace), ol.trace, .roll)", page).at(-1);
    if (!last || shown.has(page)) return shown.get(page)?.recall();
    const found = await rolls();
    const rows = entry(found, page);
    if (!rows.length || shown.has(page)) return;
    shown.set(page, null);
    const details = make("details", { className: "compare" }, make("summary", { textContent: "Compare two backends" }));
    details.addEventListener("toggle", () => {
      if (!details.open || shown.get(page)) return;
      const tool = new Comparison(found, page, rows);
      shown.set(page, tool);
      details.append(tool.element);
    });
    details.open = said.cmp !== "";
    last.after(details);
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.roll[open]")) unroll(event.target);
  }, true);
  window.addEventListener("hashchange", offer);
  document.addEventListener("heard", offer);
  offer();
})();
