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
@media (max-width: 600px) {
  .changes li { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .changes .path { grid-column: 1 / -1; }
  .scroll th:first-child { min-width: 64px; overflow-wrap: normal; } .scroll th, .scroll td { padding-right: 8px; }
  .scroll > table { min-width: 0; } td .unreached { white-space: normal; }
}
`;
