// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
// Makes the table of the matrix answer: filters, search, and what happened in a cell. Without it the table stays one.
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("matrix");
  const form = document.getElementById("filters");
  const lines = Array.from(table.querySelectorAll("tr[data-row]"));
  const plain = data.runs.filter((run) => !run.group).length; // those have columns in the page, the others come by switch
  const switches = Array.from(form.querySelectorAll('input[name="group"]'));
  const idle = form.elements.idle; // the switch for rows that nobody ran; missing where there are none
  const FIELDS = ["search", "format", "level", "role", "class", "outcome", "testee"];
  let open = null; // the cell whose details are shown
  let wanted = {};
  let printing = false;

  function make(tag, text, name) {
    const out = document.createElement(tag);
    if (text !== undefined) out.textContent = text;
    if (name) out.className = name;
    return out;
  }

  // Which inputs of a row a group is about: "0-3,7,9:0-11.14" is cases 0 to 3, 7, and of 9 the lengths 0 to 11 and 14.
  function expand(refs, cases) {
    const out = [];
    if (refs === "*") return cases.map((one, at) => [at, one[4], ""]);
    for (const part of refs.split(",")) {
      const [which, lengths] = part.split(":");
      const [first, last] = which.split("-").map(Number);
      if (lengths === undefined) {
        for (let at = first; at <= (last === undefined ? first : last); at++) out.push([at, cases[at][4], ""]);
        continue;
      }
      let count = 0;
      for (const span of lengths.split(".")) {
        const [a, b] = span.split("-").map(Number);
        count += (b === undefined ? a : b) - a + 1;
      }
      out.push([first, count, lengths.replaceAll(".", ", ")]);
    }
    return out;
  }

  const suits = (one) => (!wanted.class || data.words[one[1]] === wanted.class) &&
    (!wanted.role || data.words[one[2]] === wanted.role);

  // The outcomes of a cell as the filters leave it, and what is behind each.
  function happened(row, run) {
    const cases = data.rows[row].cases;
    const left = cases.map((one) => one[4]);
    const counts = {};
    const groups = [];
    for (const [outcome, detail, refs] of data.rows[row].cells[run]) {
      const inside = expand(refs, cases).filter(([at]) => suits(cases[at]));
      for (const [at, count] of expand(refs, cases)) left[at] -= count;
      const count = inside.reduce((sum, one) => sum + one[1], 0);
      if (!count) continue;
      counts[outcome] = (counts[outcome] || 0) + count;
      groups.push({ outcome, detail: data.words[detail], inside });
    }
    const passed = left.map((count, at) => [at, count, ""]).filter(([at, count]) => count > 0 && suits(cases[at]));
    const count = passed.reduce((sum, one) => sum + one[1], 0);
    if (count) counts.pass = count;
    return { counts, groups, passed };
  }

  function state(counts) {
    for (const one of ["crash", "fail", "note"]) if (counts[one]) return one;
    if (counts.pass) return counts.skip || counts.none ? "part" : "pass";
    return counts.unspecified ? "unspecified" : counts.skip ? "skip" : "none";
  }

  function word(row, outcome) {
    const line = data.rows[row];
    return line.robust && data.robust[outcome] || data.outcomes[outcome];
  }

  const told = (row, counts) =>
    Object.keys(data.outcomes).filter((one) => counts[one]).map((one) => `${counts[one]} ${word(row, one)}`).join(", ") ||
    data.outcomes.none;

  function paint(cell, row, run) {
    const { counts } = happened(row, run);
    const now = state(counts);
    cell.className = now + (cell === open ? " open" : "");
    const shown = now !== "none" && counts[now === "part" ? "pass" : now];
    cell.replaceChildren(make("b", data.letters[now]), shown ? ` ${shown}` : "");
    cell.title = told(row, counts);
    cell.setAttribute("aria-label", `${data.rows[row].key}, ${data.runs[run].name}: ${cell.title}`);
    return now;
  }

  function list(row, inside) {
    const out = make("ul");
    for (const [at, count, lengths] of inside) {
      const [id, kind, role, text, total, want, catches] = data.rows[row].cases[at];
      const item = make("li");
      item.append(make("span", id, "id"));
      const size = lengths ? `, lengths ${lengths}` : total > 1 ? `, ${count} lengths` : "";
      const more = [data.words[kind], data.words[role], data.words[want] && `wants ${data.words[want]}`,
        data.words[catches] && `catches ${data.words[catches]}`].filter(Boolean).join("; ");
      item.append(size, make("br"), data.words[text], data.words[text] ? " " : "", make("small", `(${more})`));
      out.append(item);
    }
    return out;
  }

  function detail(row, run) {
    const { counts, groups, passed } = happened(row, run);
    const who = data.runs[run];
    const whole = make("td", undefined, "detail");
    const out = make("div", undefined, "inner"); // stays in sight where the table is wider than the page
    whole.colSpan = data.runs.filter(seen).length + 1;
    whole.append(out);
    const close = make("button", "Close", "close");
    close.type = "button";
    close.addEventListener("click", shut);
    out.append(close, make("h3", `${data.rows[row].key}: ${who.name}: ${told(row, counts)}`));
    const facts = make("dl");
    if (who.group) facts.append(make("dt", "has to fail"), make("dd", who.fault));
    for (const [key, value] of [["command", who.command], ["package", who.package], ["date", who.date],
      ["corpus", who.corpus]]) {
      facts.append(make("dt", key), make("dd", value || "not told"));
    }
    out.append(facts);
    for (const { outcome, detail: text, inside } of groups) {
      const section = make("section");
      const tag = make("span", `${data.letters[outcome]} ${word(row, outcome)}`, `tag ${outcome}`);
      section.append(tag, " ", text, list(row, inside));
      out.append(section);
    }
    if (passed.length) {
      const more = make("details");
      more.append(make("summary", `${counts.pass} ${word(row, "pass")}`), list(row, passed));
      out.append(more);
    }
    out.append(make("small", "All of one case: conformance/run explain ID"));
    return whole;
  }

  function shut() {
    if (!open) return;
    const cell = open;
    open = null;
    cell.classList.remove("open");
    cell.setAttribute("aria-expanded", "false");
    document.getElementById("detail").remove();
    cell.focus();
  }

  function toggle(cell) {
    const again = cell === open;
    shut();
    if (again) return;
    open = cell;
    cell.classList.add("open");
    cell.setAttribute("aria-expanded", "true");
    const line = make("tr");
    line.id = "detail";
    line.append(detail(Number(cell.parentNode.dataset.row), Number(cell.dataset.run)));
    cell.parentNode.after(line);
  }

  // Whether the column of a testee is to be shown. No sheet of paper is wide enough for those of groups.
  function seen(run) {
    if (wanted.testee) return run.name === wanted.testee;
    return !run.group || !printing && wanted.groups.includes(run.group);
  }

  // The columns of groups are made when one of them is asked for the first time.
  function extend() {
    const have = lines.length ? lines[0].querySelectorAll("td[data-n]").length : data.runs.length;
    if (have === data.runs.length || !data.runs.some((run) => run.group && seen(run))) return;
    const heads = table.tHead.rows[0];
    for (const run of data.runs.slice(have)) {
      const head = make("th", run.name, "fault");
      head.scope = "col";
      head.dataset.n = run.name;
      heads.append(head);
    }
    for (const line of lines) {
      data.runs.slice(have).forEach((run, at) => {
        const cell = make("td");
        cell.dataset.n = run.name;
        line.append(cell);
        prepare(cell, have + at, -1);
      });
    }
  }

  function prepare(cell, run, order) {
    cell.dataset.run = run;
    cell.tabIndex = order;
    cell.setAttribute("aria-expanded", "false");
  }

  function suitsRow(line, at) {
    const row = data.rows[at];
    if (wanted.idle && line.hasAttribute("data-idle")) return false;
    if (wanted.format && !row.formats.includes(wanted.format)) return false;
    if (wanted.level && row.level !== wanted.level) return false;
    if ((wanted.class || wanted.role) && !row.cases.some(suits)) return false;
    const text = (wanted.search || "").toLowerCase().trim();
    return !text || line.firstElementChild.textContent.toLowerCase().includes(text) ||
      row.cases.some((one) => one[0].toLowerCase().includes(text));
  }

  function filter() {
    shut();
    extend();
    let shown = 0;
    const columns = data.runs.filter(seen).length;
    table.style.setProperty("--wide", `${18 + 5.2 * columns}rem`);
    table.parentNode.classList.toggle("wide", columns > plain + 1);
    for (const line of lines) {
      const at = Number(line.dataset.row);
      let suit = suitsRow(line, at);
      if (suit) {
        let hit = !wanted.outcome;
        for (const cell of line.querySelectorAll("td[data-n]")) {
          const run = Number(cell.dataset.run);
          cell.hidden = !seen(data.runs[run]);
          if (!cell.hidden && paint(cell, at, run) === wanted.outcome) hit = true;
        }
        suit = hit;
      }
      line.hidden = !suit;
      shown += suit;
    }
    table.querySelectorAll("thead th[data-n]").forEach((head, run) => { head.hidden = !seen(data.runs[run]); });
    for (const body of table.tBodies) {
      body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
      body.rows[0].firstElementChild.colSpan = columns + 1;
    }
    document.getElementById("shown").textContent = `${shown} of ${lines.length} rows shown`;
    enter();
  }

  // One cell is in the order of Tab at a time; the arrows lead to the others. It has to be one that can be seen.
  function enter(cell) {
    const now = table.querySelectorAll('td[tabindex="0"]');
    const free = (one) => !one.hidden && !one.parentNode.hidden;
    if (!cell && now.length === 1 && free(now[0])) return;
    now.forEach((one) => { one.tabIndex = -1; });
    const line = lines.find((one) => !one.hidden);
    const next = cell || (line && line.querySelector("td[data-n]:not([hidden])"));
    if (next) next.tabIndex = 0;
  }

  // The address holds the filters, so that what is seen can be sent to somebody.
  function fromAddress() {
    const words = new URLSearchParams(location.hash.slice(1));
    wanted = {};
    for (const key of FIELDS) {
      wanted[key] = words.get(key) || "";
      form.elements[key].value = wanted[key];
    }
    const groups = words.getAll("group");
    for (const one of switches) one.checked = groups.includes(one.value) || plain === 0;
    if (idle) idle.checked = words.get("idle") !== "show";
    readSwitches();
    filter();
  }

  function readSwitches() {
    wanted.groups = switches.filter((one) => one.checked).map((one) => one.value);
    wanted.idle = Boolean(idle && idle.checked);
  }

  function toAddress() {
    const words = new URLSearchParams();
    for (const key of FIELDS) {
      wanted[key] = form.elements[key].value;
      if (wanted[key]) words.set(key, wanted[key]);
    }
    readSwitches();
    for (const one of wanted.groups) words.append("group", one);
    if (idle && !wanted.idle) words.set("idle", "show");
    history.replaceState(null, "", `#${words}`);
    filter();
  }

  function moved(cell, key) {
    const cells = Array.from(cell.parentNode.querySelectorAll("td[data-n]:not([hidden])"));
    const at = cells.indexOf(cell);
    if (key === "Home") return cells[0];
    if (key === "End") return cells[cells.length - 1];
    if (key === "ArrowRight" || key === "ArrowLeft") return cells[at + (key === "ArrowRight" ? 1 : -1)];
    const left = lines.filter((line) => !line.hidden);
    const line = left[left.indexOf(cell.parentNode) + (key === "ArrowDown" ? 1 : -1)];
    return line && line.querySelectorAll("td[data-n]:not([hidden])")[at];
  }

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-n]");
    if (cell) toggle(cell);
  });
  table.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return shut();
    const cell = event.target.closest("td[data-n]");
    if (!cell) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      toggle(cell);
    } else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      const next = moved(cell, event.key);
      if (!next) return;
      event.preventDefault();
      next.focus();
    }
  });
  table.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td[data-n]");
    if (cell) enter(cell);
  });
  table.setAttribute("role", "grid"); // so that aria-expanded and the arrows mean something to a screen reader
  lines.forEach((line) => line.querySelectorAll("td[data-n]").forEach((cell, run) => prepare(cell, run, -1)));
  form.addEventListener("input", toAddress);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(toAddress));
  addEventListener("hashchange", fromAddress);
  document.body.classList.add("live");
  const who = document.getElementById("who");
  if (matchMedia("screen and (max-width: 760px)").matches) who.open = false;
  function print(begins) {
    printing = begins;
    if (wanted.groups.length) filter();
  }
  addEventListener("beforeprint", () => {
    who.open = true;
    document.querySelectorAll("details.group").forEach((one) => { one.open = true; });
    print(true);
  });
  addEventListener("afterprint", () => print(false));
  fromAddress();
  const cell = new URLSearchParams(location.hash.slice(1)).get("cell"); // ROW.RUN, as the tests and links say it
  if (cell) {
    const [row, run] = cell.split(".").map(Number);
    const line = lines.find((one) => Number(one.dataset.row) === row);
    const group = run < data.runs.length && data.runs[run].group;
    if (group) switches.find((one) => one.value === group).checked = true;
    if (idle && line && line.hasAttribute("data-idle")) idle.checked = false;
    readSwitches();
    filter();
    const chosen = line && line.querySelectorAll("td[data-n]")[run];
    if (chosen) { toggle(chosen); chosen.scrollIntoView({ block: "center" }); }
  }
})();
