/** What Artillery's users take for granted of an engine: checks, errors by reason, templates, plugins. */
import { expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { startRecordingBroker } from "../support/recording-broker.ts";

const PHASES = [{ duration: 1, arrivalCount: 3 }];

/** Artillery's report at the end: counters by name. */
function finalCounters({ stdout }: ArtilleryRun): Record<string, number> {
  const report = stdout.slice(stdout.lastIndexOf("Summary report"));
  return Object.fromEntries(
    [...report.matchAll(/^([\w.$]+): \.+ (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

it("sends whole JSON around a template, and lets checks hold counters at 0 against a limit", async () => {
  const broker = await startRecordingBroker();
  const run = await runArtillery({
    config: {
      target: broker.url,
      phases: PHASES,
      variables: { temp: 21 },
      engines: { mqtt: {} },
      plugins: { ensure: {} },
      ensure: {
        thresholds: [
          { "mqtt.config.timeouts": 1 },
          { "mqtt.connect.refused": 1 },
          { "mqtt.connect.refused.tcp_refused": 1 },
        ],
      },
    },
    scenarios: [
      {
        engine: "mqtt",
        flow: [
          { connect: {} },
          { publish: { topic: "plain", payload: '{"temp": {{ temp }}}' } },
          { publish: { topic: "called", payload: '{"a": {"temp": {{ $randomNumber(5,5) }}}}' } },
        ],
      },
    ],
  });
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(run.stdout.match(/^ok: .+$/gm)).toHaveLength(3);
  expect(broker.payloadsOf("plain")).toEqual(Array(3).fill('{"temp": 21}'));
  expect(broker.payloadsOf("called")).toEqual(Array(3).fill('{"a": {"temp": 5}}'));
  expect(finalCounters(run)).toMatchObject({ "mqtt.publish.sent": 6, "mqtt.connect.refused": 0 });
});
