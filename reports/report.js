// The matrix: asked, arranged, walked and saved.
(() => {
  const matrix = document.querySelector(".matrix");
  const place = document.getElementById("tools");
  if (!matrix || !place) return;
  const search = place.querySelector("input[type=search]");
  const output = place.querySelector("output");
  const help = document.getElementById("help");
  const boxes = all("input[name=cols]", place);

  // The columns, with all that each of them may be called.
  const groups = [...matrix.tHead.rows[0].cells].slice(1);
  const databases = groups.flatMap((group) => Array(group.colSpan).fill(group));
  const columns = [...matrix.tHead.rows[1].cells].map((head, at) => {
    const link = head.querySelector("a");
    const id = link.hash.slice("#backend/".length).replace(/~([0-9a-f]+)~/g, (_, code) => String.fromCodePoint(parseInt(code, 16)));
    const names = [id, databases[at].dataset.d, databases[at].textContent, link.textContent, link.title];
    return { at, id, head, title: link.title, database: databases[at].dataset.d, names: names.map((name) => name.toLowerCase()) };
  });
  const columnsShown = () => columns.filter((column) => !column.head.hidden);

  // A cell may span several columns: each of them has what it says.
  const OUTCOMES = { ok: "passed", no: "failed", an: "answered", un: "unsupported" };
  const read = (cell) => {
    const word = cell.textContent.trim().replace(/^\S+\s*/, "");
    return { word, outcome: OUTCOMES[cell.classList[0]] ?? word.replace(" ", "-"), expected: cell.classList[1]?.[1] };
  };
  const able = (cell) => !["unsupported", "unreachable", "not-run"].includes(cell.outcome);
  // Of each case: what it is, and its sentence. They are in its page, or here where that is a file of its own.
  const apart = JSON.parse(document.getElementById("cases")?.textContent ?? "null");
  function told(link) {
    if (apart) return apart[link.hash.slice(1).split("/", 2).join("/")] ?? ["", ""];
    const page = document.getElementById(link.hash.slice(1))?.closest(".page");
    return [".kind", ".promise"].map((part) => page?.querySelector(part)?.textContent ?? "");
  }
  const rows = [...matrix.tBodies].flatMap((body) => [...body.rows].slice(1).map((element) => {
    const [head, ...spans] = element.cells;
    const link = head.querySelector("a");
    const [what, sentence] = told(link);
    const cells = spans.flatMap((cell) => Array(cell.colSpan).fill(read(cell)));
    const differs = ["driver", "database", "mixed"].includes(element.dataset.w);
    return {
      element, link, cells, differs, name: link.textContent, who: element.dataset.w, spans: spans.map((cell) => [cell, cell.colSpan]),
      chapter: body.rows[0].cells[0].firstChild.textContent.trim().toLowerCase(),
      what, text: `${link.textContent} ${sentence}`.toLowerCase(),
      notable: differs || cells.some((cell) => cell.expected === "u" || cell.expected === "s"),
      changed: head.querySelector(".b") !== null,
    };
  }));
  const visible = () => rows.filter((row) => !row.element.hidden);

  const fail = (complaint) => { throw new RangeError(complaint); };
  // What is called exactly so, else what has it in one of its names.
  function called(things, names, word, complaint) {
    const exact = things.filter((thing) => names(thing).includes(word));
    const found = exact.length ? exact : things.filter((thing) => word === "*" || names(thing).some((name) => name.includes(word)));
    return found.length ? found : fail(complaint);
  }
  const named = (what, words) => (word) => called(words, (one) => [one], word, `no ${what} is called “${word}”`);
  const choice = (key, ...words) => (word) => called(words, (one) => [one], word, `“${key}:” knows ${words.join(", ")}, and not “${word}”`);
  const backends = (word) => called(columns, (column) => column.names, word, `no backend is called “${word}”`).map((column) => column.at);
  const answered = rows.flatMap((row) => row.cells.filter((cell) => cell.outcome === "answered"));
  const answer = named("answer", [...new Set(answered.map((cell) => cell.word.toLowerCase()))]);
  const chapter = named("chapter", [...new Set(rows.map((row) => row.chapter))]);
  const cellular = (test) => [backends, (places, row) => places.some((at) => test(row.cells[at]))];
  // Of each term: what its word means, and whether that holds of a row.
  const TERMS = {
    is: [choice("is", "differs", "alike", "promise", "question"),
      (kinds, row) => kinds.some((kind) => (kind === "differs" ? row.differs : kind === row.what || kind === row.who))],
    who: [choice("who", "driver", "database", "mixed", "capability", "alike", "unknown"), (kinds, row) => kinds.includes(row.who)],
    chapter: [(word) => chapter(word.replaceAll("_", " ")), (names, row) => names.includes(row.chapter)],
    declared: [choice("declared", "yes", "no"), (kinds, row) => kinds.includes(row.cells.some((cell) => cell.expected === "d") ? "yes" : "no")],
    changed: [() => document.getElementById("changes") ?? fail("this report has no baseline, so nothing is known of changes"),
      (_, row) => row.changed],
    answer: [(word) => [answer(word.split("@")[0]), backends(word.split("@")[1] ?? "*")],
      ([names, places], row) => places.some((at) => row.cells[at].outcome === "answered" && names.includes(row.cells[at].word.toLowerCase()))],
    differs: [(word) => {
      const sides = word.split(",").map(backends);
      return sides.length === 2 ? sides : fail("“differs:” takes two names, as in differs:one,other");
    }, (sides, row) => {
      const did = sides.map((places) => new Set(places.map((at) => row.cells[at]).filter(able).map((cell) => `${cell.outcome} ${cell.word}`)));
      return did[0].size > 0 && did[1].size > 0 && (did[0].size !== did[1].size || [...did[0]].some((one) => !did[1].has(one)));
    }],
    undeclared: cellular((cell) => cell.expected === "u"),
    stale: cellular((cell) => cell.expected === "s"),
  };
  const came = ["passed", "failed", "answered", "unsupported", "error", "timeout", "crashed", "unreachable", "not-run"];
  for (const outcome of came) TERMS[outcome] = cellular((cell) => cell.outcome === outcome);
  const words = () => search.value.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  function understand(text) {
    const [, negated, before, value] = /^(!?)(?:([^":]+):)?(.*)$/s.exec(text.toLowerCase());
    const bare = !before && ["undeclared", "stale", "changed"].includes(value);
    const key = bare ? value : before;
    if (key && !Object.hasOwn(TERMS, key)) fail(`“${key}:” is no term: ? lists them`);
    const [mean, holds] = key ? TERMS[key] : [(word) => word, (word, row) => row.text.includes(word)];
    // Commas stand between words of which one is enough; two backends are a word.
    const parts = bare ? ["*"] : key && key !== "differs" ? value.match(/(?:[^,"]|"[^"]*"?)+/g) ?? [""] : [value];
    const meant = parts.map((part) => mean(part.replaceAll('"', "")));
    return (row) => meant.some((one) => holds(one, row)) === !negated;
  }
  function apply() {
    const tests = [];
    const wrong = [];
    for (const word of words().filter((one) => one !== "!")) {
      try {
        tests.push(understand(word));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        wrong.push(error.message);
      }
    }
    let shown = 0;
    for (const row of rows) {
      const fits = !wrong.length && tests.every((test) => test(row));
      if (row.element.hidden === fits) row.element.hidden = !fits;
      shown += fits;
    }
    for (const body of matrix.tBodies) body.hidden = !body.querySelector("tr[data-w]:not([hidden])");
    const hidden = rows.length - shown;
    output.replaceChildren(`${shown} of ${rows.length} rows shown${hidden ? `, ${hidden} hidden` : ""}`,
      ...wrong.map((complaint) => make("strong", { textContent: `; ${complaint}` })));
    place.querySelector("[data-do=clear]").hidden = !search.value;
    const terms = words().map((word) => word.toLowerCase());
    for (const button of all("[data-do=preset]", place)) button.setAttribute("aria-pressed", String(terms.includes(button.value)));
    const names = boxes.filter((box) => box.checked).map((box) => box.value);
    say({ q: search.value.trim(), cols: names.length < boxes.length ? names.join(",") : "" });
  }

  // Cells of several columns keep as many of them as are shown.
  function arrange() {
    const names = boxes.filter((box) => box.checked).map((box) => box.value);
    for (const box of boxes) box.disabled = box.checked && names.length === 1;
    for (const group of groups) group.hidden = !names.includes(group.dataset.d);
    for (const column of columns) column.head.hidden = !names.includes(column.database);
    for (const row of rows) {
      let at = 0;
      for (const [cell, span] of row.spans) {
        const left = columns.slice(at, at + span).filter((column) => !column.head.hidden).length;
        at += span;
        cell.hidden = !left;
        if (left && cell.colSpan !== left) cell.colSpan = left;
        // Where a word has no room it is hidden, as in any narrow cell.
        const text = (cell.querySelector("a") ?? cell).lastChild;
        const word = left < 3 && text instanceof Text && text.splitText(text.data.indexOf(" ") + 1);
        if (word) word.replaceWith(make("i", { textContent: word.data.trim() }));
      }
    }
    const count = columnsShown().length;
    for (const head of all(".chapter th", matrix)) head.colSpan = count + 1;
    matrix.classList.toggle("dense", count > 8);
    matrix.parentElement.style.setProperty("--n", count);
  }
  function recall() {
    search.value = said.q;
    const names = boxes.map((box) => box.value).filter((name) => said.cols.split(",").includes(name));
    const changed = boxes.filter((box) => box.checked !== (!names.length || names.includes(box.value)));
    for (const box of changed) box.checked = !box.checked;
    if (changed.length) arrange();
    apply();
  }
  const put = (text) => { search.value = text; apply(); };
  function press(button) {
    const others = all("button", button.parentElement).map((one) => one.value);
    const kept = words().filter((word) => !others.includes(word.toLowerCase()));
    put([...kept, ...(button.getAttribute("aria-pressed") === "true" ? [] : [button.value])].join(" "));
  }
  let last = null;
  function step(direction) {
    turn(direction);
    const found = visible().filter((row) => row.notable);
    if (current() || !found.length) return;
    const focused = found.findIndex((row) => row.element.contains(document.activeElement));
    const here = focused < 0 ? found.indexOf(last) : focused;
    last = found[here < 0 ? (direction > 0 ? 0 : found.length - 1) : (here + direction + found.length) % found.length];
    last.link.focus();
    last.element.scrollIntoView({ block: "center" });
  }
  const cellsShown = (row) => [...row.cells].filter((cell) => !cell.hidden);
  const placeOf = (cell) => {
    const cells = cellsShown(cell.parentElement);
    return cells.slice(0, cells.indexOf(cell)).reduce((sum, one) => sum + one.colSpan, 0);
  };
  function focus(cell) {
    const target = cell.querySelector("a") ?? cell;
    if (target === cell) cell.tabIndex = -1;
    if (cell.tagName === "TD") {
      const names = columnsShown().slice(placeOf(cell) - 1).slice(0, cell.colSpan).map((column) => column.title).join(", ");
      target.setAttribute("aria-label", `${cell.parentElement.cells[0].querySelector("a").textContent} on ${names}: ${cell.textContent.trim()}`);
    }
    target.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function move(event, across, down) {
    const cell = document.activeElement?.closest?.(".matrix tr[data-w] > *");
    if (!cell) return;
    event.preventDefault();
    const shown = visible();
    const row = shown[shown.findIndex((one) => one.element === cell.parentElement) + down];
    const cells = row ? cellsShown(row.element) : [];
    const target = down ? cells.findLast((one) => placeOf(one) <= placeOf(cell)) : cells[cells.indexOf(cell) + across];
    if (target) focus(target);
  }
  // A cell without a link of its own leads where its row leads.
  const follow = (cell) => cell.parentElement.querySelector("a").click();
  matrix.addEventListener("click", (event) => {
    const cell = event.target.closest("tr[data-w] > td");
    if (cell && !event.target.closest("a") && !String(getSelection())) follow(cell);
  });
  matrix.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.tagName === "TD") follow(event.target); });

  // What is shown, for other programs.
  const table = () => visible().map((row) => {
    const kept = columnsShown();
    const which = (letter) => kept.filter((column) => row.cells[column.at].expected === letter).map((column) => column.id);
    return {
      case: row.name, kind: row.what, who: row.who, declared: which("d"), undeclared: which("u"), stale: which("s"),
      backends: Object.fromEntries(kept.map((column) => [column.id, row.cells[column.at].word])),
    };
  });
  function csv() {
    const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const head = ["case", "kind", "who", "declared", "undeclared", "stale", ...columnsShown().map((column) => column.id)];
    const lines = table().map(({ backends: cells, ...row }) => [...Object.values(row), ...Object.values(cells)].map((one) => [one].flat().join(" ")));
    return [head, ...lines].map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
  }
  Object.assign(DO, {
    preset: press, before: () => step(-1), after: () => step(1),
    clear: () => { put(""); search.focus(); },
    help: () => {
      help.hidden = !help.hidden;
      place.querySelector("[data-do=help]").setAttribute("aria-expanded", String(!help.hidden));
      if (!help.hidden) place.scrollIntoView({ block: "nearest" });
    },
    example: (button) => put(button.textContent),
    csv: () => save("csv", "text/csv;charset=utf-8", csv()),
    json: () => save("json", "application/json", `${JSON.stringify(table(), null, 1)}\n`),
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="?q="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (location.hash === "#matrix") history.pushState(null, "", location.href);
    location.hash = "#matrix";
    put(new URLSearchParams(link.search).get("q"));
  });
  const toMatrix = () => { location.hash = "#matrix"; };
  Object.assign(KEYS, {
    "/": (event) => { event.preventDefault(); toMatrix(); search.focus(); },
    d: () => press(place.querySelector('[value="is:differs"]')),
    n: () => step(1), p: () => step(-1),
    m: toMatrix,
    "?": () => { if (current()) toMatrix(); DO.help(); },
  });
  for (const [key, across, down] of [["Left", -1, 0], ["Right", 1, 0], ["Up", 0, -1], ["Down", 0, 1]]) {
    KEYS[`Arrow${key}`] = (event) => move(event, across, down);
  }
  document.addEventListener("keydown", (event) => {
    if (event.target === search && event.key === "Escape") { put(""); search.blur(); }
  });
  place.addEventListener("input", (event) => { if (event.target.name === "cols") arrange(); apply(); });

  document.addEventListener("heard", recall);
  place.hidden = false;
  for (const one of all(".step", matrix)) one.hidden = false;
  recall();
})();
