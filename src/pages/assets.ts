// The pages' style, icon and few lines of script, served from their own routes so that the policy needs no inline code.

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#17694a"/><path d="M8 9h4v4H8zM14 9h4v4h-4zM20 9h4v4h-4zM8 15h4v4H8zM14 15h4v4h-4z" fill="#fff"/><path d="M20 15h4v4h-4zM8 21h4v4H8z" fill="#8fd0ae"/><path d="M14 21h4v4h-4zM20 21h4v4h-4z" fill="#fff" opacity=".3"/></svg>`;

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f3f5f3; --card: #ffffff; --ink: #17211c; --soft: #56635c; --line: #d9e0db; --link: #0a5a86;
  --good: #17694a; --good-page: #e4f3ea; --bad: #a8221b; --bad-page: #fdeae7; --focus: #0a5a86;
  --exact: #17694a; --exact-ink: #ffffff;
  --done: #abdcc3; --done-ink: #0b3a27;
  --running: #dfeafc; --running-ink: #0d3a82; --running-part: #9cc2f7; --running-line: #1d5fc2;
  --pending: #ffffff; --pending-ink: #66736c; --pending-line: #bfc9c3; --pending-part: #dce6e0;
  --deferred: #fbeec4; --deferred-too: #f0d98f; --deferred-ink: #5a4300;
  --failed: #b3261e; --failed-ink: #ffffff;
  --cancelled: #eceeec; --cancelled-too: #dde1de; --cancelled-ink: #626d66;
  --first: #17694a; --second: #d08a1d; --third: #4a6fa5; --rail: #e3e8e4; --used: #17694a; --future: #a5d3bb; --mark: #a8221b; --shade: #c3cec7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1412; --card: #181f1b; --ink: #e7eee9; --soft: #a2b0a8; --line: #2c3731; --link: #82c7f2;
    --good: #54c492; --good-page: #14291f; --bad: #ff8f85; --bad-page: #33191a; --focus: #82c7f2;
    --exact: #36a576; --exact-ink: #03130b;
    --done: #1c4a36; --done-ink: #bdeed6;
    --running: #16294a; --running-ink: #dbe9ff; --running-part: #2b5da3; --running-line: #75aef5;
    --pending: #181f1b; --pending-ink: #95a29b; --pending-line: #3e4a43; --pending-part: #29342e;
    --deferred: #3f320c; --deferred-too: #55440f; --deferred-ink: #f6dc90;
    --failed: #ef6a60; --failed-ink: #240403;
    --cancelled: #1f2622; --cancelled-too: #2b332e; --cancelled-ink: #95a09a;
    --first: #36a576; --second: #e0a548; --third: #86a8dd; --rail: #2a332e; --used: #36a576; --future: #235c44; --mark: #ff8f85; --shade: #46544c;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 74rem; padding: 0 1rem 3rem; background: var(--page); color: var(--ink); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 1rem; text-wrap: balance; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.word { white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
button { font: inherit; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); color: var(--ink); cursor: pointer; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; z-index: 1; }
.soft { color: var(--soft); } .soft a { color: var(--link); }
.top { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: .8rem 0; }
.name { display: flex; align-items: center; gap: .6rem; font-weight: 650; color: var(--ink); text-decoration: none; }
.name img { display: block; }
.crumb { margin: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1rem 1.1rem; margin: 0 0 1rem; min-width: 0; }
.card > :last-child { margin-bottom: 0; }
.narrow { max-width: 30rem; margin: 8vh auto; }
.narrow form { display: grid; gap: .5rem; margin-bottom: 1rem; }
.narrow input { font: inherit; padding: .55rem .7rem; border: 1px solid var(--soft); border-radius: .5rem; background: var(--page); color: var(--ink); width: 100%; }
.narrow form button { background: var(--good); color: var(--card); border-color: var(--good); font-weight: 600; padding: .6rem; }
.problem { color: var(--bad); overflow-wrap: anywhere; }
.problem, .id, dd, pre, td { unicode-bidi: isolate; }
.pace h3 { font-size: .85rem; font-weight: 500; color: var(--soft); margin: 0; } .pace p { margin: 0; } .pace { padding-top: .7rem; border-top: 1px solid var(--line); } .pace + .pace { margin-top: .7rem; }
.id { overflow-wrap: anywhere; }

.verdict { border-radius: .9rem; padding: .9rem 1.1rem; margin: 0 0 1rem; border: 1px solid; }
.verdict.good { background: var(--good-page); border-color: var(--good); } .verdict.waiting { background: var(--card); border-color: var(--line); } .verdict.bad { background: var(--bad-page); border-color: var(--bad); }
.verdict .line { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .7rem; }
.verdict .say { font-size: 1.25rem; font-weight: 650; margin: 0; line-height: 1.3; flex: 1 1 12rem; text-wrap: balance; }
.verdict .when { margin: 0; flex: 0 1 auto; font-size: .9rem; color: var(--ink); }
.verdict .chip { width: 1.9rem; height: 1.9rem; flex: none; }
.overall { margin: .5rem 0 0; }
.alarms { list-style: none; margin: .8rem 0 0; padding: 0; display: grid; gap: .6rem; }
.card .alarms { margin: 0 0 .8rem; }
.alarms strong { display: block; } .alarms strong a { color: inherit; }
.troubles { margin: 0 0 .75rem; padding-left: 1.1rem; display: grid; gap: .3rem; }

.sources, .pair { display: grid; gap: 0 1rem; grid-template-columns: minmax(0, 1fr); }
.sentence { font-size: 1.05rem; line-height: 1.45; text-wrap: pretty; }
.figures { display: flex; flex-wrap: wrap; gap: .3rem 1.15rem; margin: 0 0 .9rem; }
.figures dt { font-size: .8rem; color: var(--soft); } .figures dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }

.map { width: calc(100% + 6px); border-collapse: separate; border-spacing: 3px; table-layout: fixed; margin: 0 -3px .9rem; }
.map th { font-weight: 500; font-size: .75rem; color: var(--soft); padding: 0; text-align: center; }
.map th:first-child { width: 2.5rem; text-align: left; font-variant-numeric: tabular-nums; }
.map abbr { text-decoration: none; }
.map td { padding: 0; }
.cell { position: relative; display: flex; flex-direction: column; align-items: center; justify-content: center; height: 1.7rem; border-radius: 5px; overflow: hidden; text-decoration: none; border: 1px solid transparent; }
.cell .sign { width: .85rem; height: .85rem; position: relative; flex: none; }
.cell .much { display: none; position: relative; font-size: .66rem; line-height: 1; font-variant-numeric: tabular-nums; }
.cell .part { position: absolute; inset: 0; width: 100%; height: 100%; }
.cell:hover { outline: 2px solid var(--focus); outline-offset: 1px; }
.sign path { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
svg.sign { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
.chip { display: inline-flex; align-items: center; justify-content: center; width: 1.25rem; height: 1.25rem; border-radius: 5px; border: 1px solid transparent; vertical-align: -.25em; }
.chip .sign { width: 70%; height: 70%; }
.exact { background: var(--exact); color: var(--exact-ink); }
.done { background: var(--done); color: var(--done-ink); }
.running { background: var(--running); color: var(--running-ink); border-color: var(--running-line); }
.running .part { fill: var(--running-part); }
.pending { background: var(--pending); color: var(--pending-ink); border: 1px dashed var(--pending-line); }
.part { fill: var(--pending-part); }
.deferred { background: repeating-linear-gradient(135deg, var(--deferred) 0 4px, var(--deferred-too) 4px 8px); color: var(--deferred-ink); }
.failed { background: var(--failed); color: var(--failed-ink); }
.cancelled { background: repeating-linear-gradient(45deg, var(--cancelled) 0 4px, var(--cancelled-too) 4px 8px); color: var(--cancelled-ink); }
.state { display: inline-flex; align-items: center; gap: .45rem; white-space: nowrap; }
.sentence .state { font-weight: 650; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem 1.4rem; padding: 0 .2rem; margin: 0 0 1rem; font-size: .85rem; }
.legend li { display: flex; flex-wrap: wrap; gap: 0 .5rem; }

.facts { margin: 0; display: grid; gap: .35rem; }
.facts div { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: 0 1rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.apart { margin-top: .9rem; }
.bar { display: block; width: 100%; height: 1.1rem; border-radius: .4rem; margin: 0 0 .6rem; }
.bar.thin { height: .5rem; margin: 0; } .wide { width: 45%; }
.bar .rail { fill: var(--rail); } .bar .used { fill: var(--used); } .bar .future { fill: var(--future); } .bar .mark { fill: var(--mark); }
.keys { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; margin: 0; font-size: .85rem; color: var(--soft); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; vertical-align: -.08em; }
.key.used, .key.first { background: var(--used); } .key.future { background: var(--future); } .key.mark { background: var(--mark); width: .25rem; }
.key.third { background: var(--third); }
.key.second { background: repeating-linear-gradient(135deg, var(--second) 0 3px, var(--card) 3px 4.5px); }
.scale { font-size: .8rem; line-height: 1; margin: 0 0 .2rem; }
.chart { display: block; width: 100%; height: 7.5rem; }
.chart .rule { fill: none; stroke: var(--line); vector-effect: non-scaling-stroke; }
.chart .cut { stroke: var(--card); stroke-width: 4; vector-effect: non-scaling-stroke; }
.chart .first { fill: var(--first); } .chart .third { fill: var(--third); } .chart .second { fill: var(--second); } .chart .gap { fill: var(--card); }
.axis { display: flex; justify-content: space-between; font-size: .8rem; margin: .2rem 0 .5rem; }
details { margin-top: .8rem; } summary { cursor: pointer; color: var(--link); }

.scroll { overflow-x: auto; margin: 0 -.3rem; padding: 0 .3rem; }
.list { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
.list th, .list td { text-align: left; padding: .4rem .8rem .4rem 0; border-top: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
.list thead th { border-top: 0; color: var(--soft); font-size: .8rem; vertical-align: bottom; }
.list .number { text-align: right; } .list th:last-child, .list td:last-child { padding-right: 0; }
.list th button { all: unset; cursor: pointer; } .list th button:focus-visible { outline: 3px solid var(--focus); }
.list th[aria-sort=ascending] button::after { content: " ↑"; } .list th[aria-sort=descending] button::after { content: " ↓"; }
.asked { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); align-items: start; }
.asked div { display: grid; gap: .2rem; } .asked label { font-weight: 600; } .asked .soft, .asked .problem { font-size: .85rem; }
.asked input { font: inherit; padding: .45rem .6rem; border: 1px solid var(--soft); border-radius: .5rem; background: var(--page); color: var(--ink); width: 100%; }
.asked button { justify-self: start; grid-column: 1 / -1; background: var(--good); color: var(--card); border-color: var(--good); font-weight: 600; }
.answer td { white-space: normal; min-width: 7.5rem; max-width: 26rem; overflow-wrap: anywhere; vertical-align: top; }
.below { margin: .9rem 0 0; }
.questions, .timeline { margin: 0; padding-left: 1.2rem; display: grid; gap: .35rem; }
.top nav { display: flex; gap: 1rem; margin-left: auto; }
#stale { border: 1px solid var(--bad); border-radius: .9rem; padding: .7rem 1.1rem; color: var(--bad); background: var(--card); font-weight: 600; }
.stale main { filter: grayscale(1); }
.foot { font-size: .85rem; margin-top: 1.2rem; }
@media (min-width: 60rem) {
  .sources, .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .cell { height: 2.3rem; }
  .cell .much { display: block; margin-top: .15rem; }
}
@media (max-width: 30rem) {
  body { padding: 0 .6rem 2rem; }
  .card, .verdict { padding: .85rem .75rem; }
  .map { width: calc(100% + 4px); border-spacing: 2px; margin: 0 -2px .9rem; }
  .map th:first-child { width: 2.1rem; }
  .cell { height: 1.75rem; }
  .figures dd { font-size: .95rem; }
  .legend { display: grid; gap: .3rem; }
  .facts div { grid-template-columns: 1fr; } .facts { gap: .6rem; }
}
@media (max-width: 48rem) { /* a shade at the side where a table goes on */
  .scroll { background: linear-gradient(to left, var(--card) 40%, transparent) right / 3rem 100% no-repeat local, linear-gradient(to left, var(--shade), transparent) right / 1.2rem 100% no-repeat scroll var(--card); }
}
@media (forced-colors: active) { .cell, .chip { border: 1px solid CanvasText; } .sign { stroke: CanvasText; } }
@media print { .top form, .skip { display: none; } body { max-width: none; } }
`;

// Without it the page says the same: it only keeps itself fresh while somebody looks, and lets tables be sorted.
export const SCRIPT = `"use strict";
const REFRESH_MS = 60000;
let freshAt = new Date();
async function refresh() {
  if (document.hidden || document.activeElement?.closest("main")) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = fresh.querySelector("main");
  if (!main) return;
  for (const { id } of document.querySelectorAll("details[open][id]")) main.querySelector("#" + id)?.setAttribute("open", "");
  document.querySelector("main").replaceWith(main);
  document.title = fresh.title;
  freshAt = new Date();
  document.body.classList.remove("stale");
  document.getElementById("stale")?.remove();
  makeSortable();
}
// What could not be refreshed is not what is: it says so, and turns grey.
function saySo() {
  const since = freshAt.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/London" });
  let line = document.getElementById("stale");
  if (!line) {
    line = document.createElement("p");
    line.id = "stale";
    line.setAttribute("role", "status");
    document.querySelector("main").before(line);
  }
  line.textContent = "This page could not be refreshed since " + since + ", London time: what stands here may be out of date. Reload it, or sign in again.";
  document.body.classList.add("stale");
}
function makeSortable() {
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, head, column));
    });
  }
}
function sortBy(table, head, column) {
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const order = (a, b) => value(a).localeCompare(value(b), "en-GB", { numeric: true });
  const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
  table.tBodies[0].append(...rows);
}
makeSortable();
setInterval(() => refresh().catch(saySo), REFRESH_MS);
`;
