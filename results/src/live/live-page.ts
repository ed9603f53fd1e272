import { browserCode } from "../report/charts.ts";
import { contentPolicy } from "../report/content-policy.ts";
import { html, trusted } from "../report/html.ts";
import { STYLE } from "../report/style.ts";
import { uPlot } from "../report/vendor.ts";
import { showChange, showPart, startLive } from "./live-script.ts";

const LIVE_STYLE = `
.link { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; font-size: 14.5px; color: var(--muted); margin: 0 0 6px; max-width: none; }
button { font: inherit; color: var(--accent); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 3px 12px; cursor: pointer; }
button[aria-pressed="true"] { color: var(--fair); background: var(--fair-back); border-color: currentColor; }
.pair > .card { margin: 0; } .card figure { padding: 0; border: 0; margin: 0; }
article.card figure { margin-top: 18px; }
footer.frame { margin-top: 48px; }
#live { min-height: 60vh; }
`;

export interface LivePage {
  html: string;
  /** Value of `Content-Security-Policy`. */
  policy: string;
}

/** The page without what it shows, which comes as events. One answer holds all that it needs. */
export function livePage(): LivePage {
  const vendored = uPlot();
  const style = `${vendored.style}${STYLE}${LIVE_STYLE}`;
  const script = `${vendored.script}\n${browserCode(startLive, showChange, showPart)}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mass reconnect, live</title>
<style>${trusted(style)}</style>
</head>
<body>
<header><div class="frame">
<p class="kicker">Mass reconnect, live</p>
<div data-part="head"><h1>Connecting</h1></div>
<p class="link"><button type="button" id="pause" aria-pressed="false">Pause</button><span id="link" role="status">Connecting</span></p>
<noscript><div class="alert"><p>This page is filled by the script inside it, which is switched off here. <code>mqtt-results show</code> prints the figures of a run that has ended.</p></div></noscript>
</div></header>
<main class="frame" id="live"></main>
<footer class="frame"><p>Workers write every 2 s: what stands here is at most a few seconds old. Plots: uPlot.</p></footer>
${trusted(`<!-- uPlot: ${vendored.notice.replaceAll("--", "- -")} -->`)}
<script>${trusted(script)}</script>
</body>
</html>
`;
  return {
    html: page.html,
    // What the page is told comes from here, and no other page may frame it.
    policy: `${contentPolicy(style, script)}; connect-src 'self'; frame-ancestors 'none'`,
  };
}
