"use strict";
(function () {
  var root = document.documentElement;

  // Dark and light: as the system has it until somebody chooses.
  var theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", function () {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Paper shows what is folded.
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });

  // Any head of a table sorts by its column; a second time turns it round.
  function value(row, column) {
    var cell = row.cells[column];
    return cell.dataset.sort || cell.textContent.trim();
  }
  function sort(table, th) {
    var column = th.cellIndex;
    var falling = th.getAttribute("aria-sort") === "ascending";
    var rows = Array.from(table.tBodies[0].rows);
    var compare = new Intl.Collator(root.lang, { numeric: true, sensitivity: "base" }).compare;
    rows.sort(function (a, b) { return (falling ? -1 : 1) * compare(value(a, column), value(b, column)); });
    table.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", falling ? "descending" : "ascending");
    table.tBodies[0].append.apply(table.tBodies[0], rows);
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("th").forEach(function (th) {
      th.tabIndex = 0;
      th.addEventListener("click", function () { sort(table, th); });
      th.addEventListener("keydown", function (e) {
        if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(table, th); }
      });
    });
  });

  // The table of accounts can be narrowed; the address keeps how.
  var form = document.querySelector("form.filters");
  if (!form) { return; }
  form.hidden = false;
  var rows = Array.from(document.getElementById("verdict-table").tBodies[0].rows);
  function narrow() {
    var q = form.q.value.trim().toLocaleLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      var fits = ["kind", "verdict", "level"].every(function (key) { return !form[key].value || row.dataset[key] === form[key].value; });
      row.hidden = !(fits && (!q || row.textContent.toLocaleLowerCase().indexOf(q) >= 0));
      if (!row.hidden) { shown++; }
    });
    form.shown.value = form.shown.dataset.words.replace("{n}", shown).replace("{all}", rows.length);
  }
  function keep() {
    var chosen = new URLSearchParams();
    new FormData(form).forEach(function (v, k) { if (v) { chosen.set(k, v); } });
    history.replaceState(null, "", chosen.size ? "#?" + chosen : location.pathname + location.search);
  }
  if (location.hash.indexOf("#?") === 0) {
    new URLSearchParams(location.hash.slice(2)).forEach(function (v, k) { if (form.elements[k]) { form.elements[k].value = v; } });
  }
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  form.addEventListener("input", function () { narrow(); keep(); });
  narrow();
})();
