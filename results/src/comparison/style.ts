/** What pages of several runs need beside the report's style sheet. */
export const COMPARISON_STYLE = `
.alert.good { color: var(--good); background: var(--good-back); }
.scroll td.wraps { white-space: normal; overflow-wrap: anywhere; min-width: 76px; }
.alert summary { color: inherit; }
.pair > .card { margin: 0; }
.pair .scroll > table { width: 100%; }
.half { width: 42%; }
.quiet { color: var(--muted); }
h3.apart { margin: 28px 0 0; }
.storm > h3 { margin: 0 0 8px; }
.pair h4 { margin-top: 0; font-size: 16px; overflow-wrap: anywhere; }
.changes { list-style: none; margin: 8px 0 0; padding: 0; font-size: 14.5px; }
.changes li { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1fr); gap: 4px 16px; padding: 8px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.changes .path { color: var(--muted); }
.side { color: var(--muted); font-size: 12.5px; font-weight: 600; }
.ranking { list-style: none; margin: 16px 0 0; padding: 0; }
.ranking > li { display: grid; grid-template-columns: 52px minmax(0, 1fr); align-items: start; margin-top: 10px; padding: 14px 20px; }
.rank { font-size: 27px; font-weight: 650; line-height: 1.25; color: var(--muted); font-variant-numeric: tabular-nums; }
.ranking > li:first-child .rank { color: var(--text); }
.ranking .storm-head { margin: 0; font-size: 18px; } .ranking p { max-width: none; overflow-wrap: anywhere; }
.card > ul { margin: 6px 0 0; padding-left: 20px; } .card > details:first-child, .card > .words-list:first-child { margin-top: 0; }
.wrapping { overflow-wrap: anywhere; }
.bar { display: block; width: 100%; max-width: 300px; height: 6px; margin-top: 4px; }
.bar rect { fill: var(--series-1); } .bar .track { fill: var(--line); }
@media (max-width: 600px) {
  .ranking > li { grid-template-columns: 38px minmax(0, 1fr); padding: 12px 14px; } .rank { font-size: 22px; }
  .changes li { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .changes .path { grid-column: 1 / -1; }
  .scroll th:first-child { min-width: 56px; overflow-wrap: break-word; } .scroll th, .scroll td { padding-right: 6px; }
  .scroll .badge { padding: 1px 7px; font-size: 12.5px; }
  .scroll > table { min-width: 0; } td .unreached { white-space: normal; }
}
`;
