/** Style sheet of report.html. Series colours are Okabe and Ito's, told apart by colour-blind readers as well. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1a2230; --muted: #566072; --line: #dde2ea; --grid: #e8ecf2;
  --accent: #0b5cad; --window: #5660720f; --fold: #56607266; --code: #f1f3f7; --heat-1: #fbe3a2; --heat-2: #df6b3c; --heat-3: #5b0f3f;
  --select: #0b5cad26; --shade: #1a223033;
  --good: #0a6b4b; --good-back: #e0f4ec; --fair: #855000; --fair-back: #fdf0d8; --bad: #a8201a; --bad-back: #fde6e3;
  --none: #4a5465; --none-back: #e9ecf1;
  --series-1: #0072b2; --series-2: #d55e00; --series-3: #00855f; --series-4: #b0528a; --series-5: #8a6d00; --series-6: #3a86b8;
}
@media screen and (prefers-color-scheme: dark) {
  :root:not([data-print]) {
    --page: #10151d; --card: #18202b; --text: #e6eaf1; --muted: #a0abbd; --line: #2c3747; --grid: #263040;
    --accent: #7cbcf5; --window: #a0abbd14; --fold: #a0abbd66; --code: #111822; --heat-1: #2f3a6e; --heat-2: #b8477f; --heat-3: #ffe08a;
    --select: #7cbcf533; --shade: #00000099;
    --good: #6fdcb1; --good-back: #10382b; --fair: #f5c46a; --fair-back: #3d2c0a; --bad: #ff9d94; --bad-back: #47191a;
    --none: #b7c0cf; --none-back: #2a3443;
    --series-1: #56b4e9; --series-2: #f0883e; --series-3: #2bc69a; --series-4: #e18fc0; --series-5: #e6c229; --series-6: #9fd3f2;
  }
}
:root[data-print] { color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.frame { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header .frame { padding-top: 40px; }
.kicker { margin: 0; color: var(--muted); font-size: 13px; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; }
h1 { margin: 4px 0 12px; font-size: clamp(26px, 4.2vw, 38px); line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
h2 { margin: 52px 0 4px; font-size: 23px; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 17px; line-height: 1.4; overflow-wrap: anywhere; }
h4 { margin: 20px 0 0; font-size: 14px; }
p { margin: 6px 0; max-width: 76ch; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.lead, figcaption p, .note { color: var(--muted); font-size: 14.5px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0; font-size: 14.5px; }
.facts div { display: flex; gap: 8px; min-width: 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
nav { margin-top: 22px; border-block: 1px solid var(--line); }
nav ul { display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 0; padding: 8px 0; list-style: none; font-size: 14.5px; }
nav a { display: inline-block; padding: 4px 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
.card, figure { margin: 16px 0 0; padding: 20px 22px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.storm { border-left-width: 5px; }
.storm.good { border-left-color: var(--good); } .storm.fair { border-left-color: var(--fair); }
.storm.bad { border-left-color: var(--bad); } .storm.none { border-left-color: var(--none); }
.storm-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 14px; }
.badge { display: inline-block; padding: 2px 11px; border-radius: 99px; font-size: 14px; font-weight: 650; white-space: nowrap; }
.badge.good { color: var(--good); background: var(--good-back); } .badge.fair { color: var(--fair); background: var(--fair-back); }
.badge.bad { color: var(--bad); background: var(--bad-back); } .badge.none { color: var(--none); background: var(--none-back); }
.sentence { margin: 10px 0 2px; font-size: 18px; line-height: 1.5; overflow-wrap: anywhere; }
.alert { margin: 16px 0 0; padding: 12px 16px; border-radius: 10px; border: 1px solid currentColor; color: var(--fair); background: var(--fair-back); }
.alert.bad { color: var(--bad); background: var(--bad-back); }
.alert p, .alert ul { margin: 0; max-width: none; overflow-wrap: anywhere; } .alert ul { padding-left: 20px; }
section:first-of-type > h2 { margin-top: 30px; }
.card > .caption:first-child { margin-top: 0; }
.small-curve { display: block; width: 122px; height: 28px; margin: 4px 0 0 auto; } .small-curve path { fill: none; stroke: var(--series-1); stroke-width: 2; }
.glance { margin: 14px 0 0; font-size: 15px; }
.glance div { display: flex; gap: 14px; margin-top: 6px; } .glance dt { min-width: 46px; font-weight: 600; }
.glance dd { margin: 0; overflow-wrap: anywhere; min-width: 0; } .glance ul { margin: 2px 0 0; padding-left: 20px; }
.glance .good { color: var(--good); } .glance .fair { color: var(--fair); } .glance .bad { color: var(--bad); } .glance .none { color: var(--none); }
.limits h4 { margin: 14px 0 4px; font-size: 15px; }
.limits ul { margin: 0; padding-left: 20px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 14px 20px; margin: 18px 0 4px; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--muted); font-size: 13.5px; line-height: 1.35; }
.figures dd { margin: 0; font-size: 23px; font-weight: 620; line-height: 1.3; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.figures dd small { font-size: 15px; font-weight: 400; color: var(--muted); letter-spacing: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; margin-top: 16px; }
.pair > figure { margin: 0; }
figcaption { margin-bottom: 12px; }
figcaption p { margin: 2px 0 0; }
.chart { min-height: 250px; overflow: hidden; }
.scroll {
  overflow-x: auto; margin-top: 6px; position: relative;
  /* Where there is more to the side, its edge is in shadow: covers move with what is scrolled, shadows do not. */
  background:
    linear-gradient(90deg, var(--card) 30%, transparent) left / 36px 100% local no-repeat,
    linear-gradient(270deg, var(--card) 30%, transparent) right / 36px 100% local no-repeat,
    linear-gradient(90deg, var(--shade), transparent) left / 14px 100% no-repeat,
    linear-gradient(270deg, var(--shade), transparent) right / 14px 100% no-repeat;
}
table { border-collapse: collapse; font-size: 14.5px; font-variant-numeric: tabular-nums; }
.scroll > table { min-width: min(100%, 420px); }
.wide > table { width: 100%; }
.caption { margin: 16px 0 0; color: var(--muted); font-size: 13.5px; }
.scroll td { white-space: nowrap; }
.scroll th, .scroll td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: baseline; }
.scroll th:first-child, .scroll .words { text-align: left; }
.scroll th:first-child { max-width: 340px; min-width: 130px; overflow-wrap: anywhere; }
.scroll tr > :last-child { padding-right: 2px; }
.stacked th:first-child { max-width: 200px; min-width: 90px; } .stacked th, .stacked td { padding-right: 10px; }
.stacked .unreached { white-space: normal; }
thead th { color: var(--muted); font-weight: 600; font-size: 13.5px; line-height: 1.3; vertical-align: bottom; }
tbody th { font-weight: 500; }
td.meaning { white-space: normal; min-width: 200px; color: var(--muted); }
.unreached { color: var(--bad); white-space: nowrap; }
details { margin-top: 14px; }
summary { width: fit-content; cursor: pointer; color: var(--accent); font-size: 14.5px; }
pre { margin: 12px 0 0; padding: 16px 18px; overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: 8px; font: 13px/1.55 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; tab-size: 2; }
code { font: .92em ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
.words-list { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 12px 0 0; font-size: 14.5px; }
.words-list dt { font-weight: 600; } .words-list dd { margin: 0; color: var(--muted); }
footer { margin-top: 48px; padding: 20px 0 48px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13.5px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 14px 0 0; }
.tools:empty { display: none; }
.tools button { font: inherit; font-size: 14px; line-height: 1.3; padding: 5px 12px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 99px; cursor: pointer; }
.tools button:hover:enabled { border-color: var(--accent); }
.tools button[aria-pressed="true"] { color: var(--card); background: var(--accent); border-color: var(--accent); }
.tools button:disabled { color: var(--muted); cursor: default; opacity: .6; }
.tools .gap { width: 10px; }
.tools p { flex-basis: 100%; max-width: none; margin: 0; min-height: 1.5em; color: var(--muted); font-size: 13.5px; }
.part { margin-top: 30px; }
.heat-key { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--muted); }
.heat-key span { display: inline-block; width: 22px; height: 12px; margin-right: 6px; border: 1px solid var(--line); vertical-align: -1px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.u-select { background: var(--select); }
.uplot { font-family: inherit; max-width: 100%; }
.u-legend { margin: 6px 0 0; text-align: left; font-size: 13.5px; font-variant-numeric: tabular-nums; }
.u-inline tr { margin-right: 18px; }
.u-legend th { font-weight: 500; } .u-legend .u-marker { width: 22px; height: 0; border-width: 3px 0 0 !important; }
.u-legend .u-label { overflow-wrap: anywhere; }
.u-hz .u-cursor-x, .u-hz .u-cursor-y, .u-vt .u-cursor-x, .u-vt .u-cursor-y { border-color: var(--muted); }
@media (max-width: 600px) {
  .frame { padding: 0 14px; }
  header .frame { padding-top: 24px; }
  .card, figure { padding: 16px 14px; }
  .sentence { font-size: 17px; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures dd { font-size: 20px; }
  .words-list { grid-template-columns: 1fr; gap: 0; } .words-list dd { margin-bottom: 8px; }
  h2 { margin-top: 40px; }
}
@media screen and (max-width: 720px) {
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked table, .stacked tbody, .stacked tr, .stacked tbody th, .stacked td { display: block; width: auto; max-width: none; }
  .stacked > table { min-width: 0; width: 100%; }
  .stacked tr { padding: 10px 0; border-bottom: 1px solid var(--line); }
  .stacked tbody th, .stacked td { padding: 3px 0; border: 0; text-align: left; }
  .stacked tbody th { font-weight: 650; }
  .stacked td { display: flex; justify-content: space-between; gap: 16px; white-space: normal; text-align: right; }
  .stacked td::before { content: attr(data-column); color: var(--muted); text-align: left; }
}
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 11pt; }
  .frame { max-width: none; padding: 0; }
  header .frame { padding-top: 0; }
  nav, details:not(.prints), .tools button { display: none !important; }
  .pair { display: block; } .pair > figure { margin-top: 16px; }
  .card, figure, tr, .alert { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; background: none; } .scroll > table { font-size: 8.5pt; } thead th { font-size: 8pt; }
  .scroll td { white-space: normal; } .scroll th, .scroll td { padding-right: 6px; } .scroll th:first-child { min-width: 20mm; }
  .badge { padding: 1px 6px; font-size: 8.5pt; } .unreached { white-space: normal; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  details.prints > summary { list-style: none; color: inherit; }
}
`;
