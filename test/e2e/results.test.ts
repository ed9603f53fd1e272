/** What a run leaves: gates, Artillery's own thresholds, the report in a browser, and what survives a crash. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { browserMissing, openBrowser } from "../support/browser.ts";
import { readSummary, resultsDirectory } from "../support/summary.ts";

const COMMAND = join(import.meta.dirname, "../../results/bin/mqtt-results.js");

const overrides = (plugins: object): string[] => [
  "--overrides",
  JSON.stringify({
    config: {
      phases: [{ duration: 1, arrivalRate: 40 }],
      engines: {
        mqtt: {
          reconnect: { base: "1s" },
          storms: [
            { at: "2s", fraction: 0.5, cause: "reset", window: "3s" },
            // Two flushes and two looks at them long: progress is told while it is open.
            { at: "6s", fraction: 1, cause: "reset", window: "4s" },
          ],
        },
      },
      plugins,
    },
  }),
];

function run(args: string[]): Promise<ArtilleryRun> {
  return runArtillery("scenarios/mass-reconnect.yml", { args });
}

const file = (result: ArtilleryRun, name: string): string => join(resultsDirectory(result), name);

it("a gate fails the run, and names condition, storm and cohort; the report opens", async () => {
  const result = await run(overrides({ "mqtt-results": { fail: { readyP99: "1ms", unrecovered: "1 %" } } }));
  expect(result.code, result.stdout + result.stderr).toBe(4);
  expect(result.stdout).toMatch(
    /gate failed: storm 2, cohort configuration on every connect: ready p99 .+ allowed 1 ms/,
  );
  expect(result.stdout).not.toContain("unrecovered,");
  // There were lines of progress while a window was open.
  expect(result.stdout).toMatch(/storm 2: \d+ of 40 ready/);
  for (const name of ["summary.json", "merged.hlog", "script.json", "report.html"]) {
    expect(existsSync(file(result, name)), name).toBe(true);
  }
  const missing = browserMissing();
  if (missing !== null) {
    console.warn(`the report of a real run in a browser: skipped, for ${missing}`);
    return;
  }
  const browser = await openBrowser();
  try {
    const url = pathToFileURL(file(result, "report.html")).href;
    const page = await browser.newPage();
    const noise: string[] = [];
    page.on("request", (request) => {
      if (request.url() !== url) noise.push(request.url());
    });
    page.on("console", (message) => noise.push(message.text()));
    page.on("pageerror", (error) => noise.push(error.message));
    await page.goto(url);
    await page.waitForSelector(".chart canvas");
    expect(await page.locator(".chart canvas").count()).toBeGreaterThan(4);
    expect(await page.locator("h1").innerText()).not.toBe("");
    expect(noise).toEqual([]);
  } finally {
    await browser.close();
  }
});

it("Artillery's ensure holds its thresholds against the engine's metrics", async () => {
  const failing = await run(overrides({ ensure: { thresholds: [{ "mqtt.storm.2.ready_time.p99": 1 }] } }));
  expect(failing.code).toBe(1);
  expect(failing.stdout + failing.stderr).toContain("mqtt.storm.2.ready_time.p99");
});

it("a worker thread that crashes leaves what it measured", async () => {
  const result = await runArtillery("scenarios/mass-reconnect.yml", {
    args: [
      "--overrides",
      JSON.stringify({
        config: {
          processor: join(import.meta.dirname, "../support/crash.mjs"),
          phases: [{ duration: 1, arrivalRate: 20 }],
          engines: {
            mqtt: {
              reconnect: { base: "1s" },
              storms: [{ at: "2s", fraction: 1, cause: "reset", window: "20s" }],
            },
          },
        },
        scenarios: [
          {
            name: "crashing",
            engine: "mqtt",
            flow: [{ connect: {} }, { think: 5 }, { function: "crash" }, { stayOnline: {} }],
          },
        ],
      }),
    ],
  });
  expect(result.code).toBe(11);
  const shown = execFileSync(process.execPath, [COMMAND, "report", resultsDirectory(result)], {
    encoding: "utf8",
  });
  expect(shown).toContain("INCOMPLETE RUN");
  const summary = readSummary(result);
  expect(summary.complete).toBe(false);
  // All were back before the crash; whether they would have stayed nobody saw.
  expect(summary.storms[0]?.recovered).toBe(20);
  expect(summary.storms[0]).toMatchObject({ verdict: null, verdictAbsence: "cut-short" });
});
