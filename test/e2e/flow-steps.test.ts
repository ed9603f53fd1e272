/** Every step that a flow may have, Artillery's own ones included, in one run on the lab. */
import { expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { readSummary } from "../support/summary.ts";

const PROCESSOR = `
export function before(context, events, done) {
  context.vars.rounds = 0;
  events.emit("counter", "test.before", 1);
  return done();
}
export async function after(context, events) {
  events.emit("counter", "test.after", 1);
  events.emit("counter", "test.color." + context.vars.color, 1);
}
export function count(context, events, done) {
  context.vars.rounds++;
  events.emit("counter", "test.rounds", 1);
  return done();
}
export function again(context, done) {
  return done(context.vars.rounds < 3);
}
`;

const DEVICES = 6;

it("runs all steps once per device and in order", async () => {
  const script = {
    config: {
      target: "lab",
      phases: [{ duration: 2, arrivalRate: DEVICES / 2 }],
      processor: "./processor.mjs",
      variables: { color: "red" },
      payload: { path: "./plants.csv", fields: ["plant"], order: "sequence" },
      engines: { mqtt: { configService: {} } },
      plugins: { "mqtt-results": {} },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: [
      {
        name: "all steps",
        engine: "mqtt",
        beforeScenario: "before",
        afterScenario: ["after"],
        onConnect: [
          {
            request: {
              topic: "config/{{ deviceId }}/get",
              responseTopic: "config/{{ deviceId }}",
              capture: { json: "$.topics", as: "topics" },
            },
          },
          { think: 0.01 },
          { subscribe: { topics: "{{ topics }}", qos: 2 } },
        ],
        flow: [
          { connect: { clientId: "plant-{{ plant }}", username: "{{ deviceId }}" } },
          { subscribe: { topics: ["plants/{{ plant }}", "loop/{{ deviceId }}/+"], qos: 1 } },
          { log: "hello from {{ deviceId }} in {{ plant }}" },
          { publish: { topic: "plants/{{ plant }}", payload: { on: true }, qos: 0 } },
          { publish: { topic: "commands/{{ deviceId }}", payload: "own command", qos: 2 } },
          { loop: [{ publish: { topic: "loop/{{ deviceId }}/{{ $loopCount }}", qos: 1 } }], count: 3 },
          { loop: [{ publish: { topic: "{{ $loopElement }}", qos: 1 } }], over: "topics" },
          { loop: [{ function: "count" }], whileTrue: "again" },
          { parallel: [{ think: 0.1 }, { publish: { topic: "loop/{{ deviceId }}/p", qos: 1 } }] },
          { unsubscribe: { topics: "plants/{{ plant }}" } },
          { publish: { topic: "plants/{{ plant }}", payload: "nobody hears this", qos: 1 } },
          { disconnect: {} },
          { think: "50ms" },
          { connect: {} },
          { stayOnline: { for: "500ms" } },
        ],
      },
    ],
  };
  const result = await runArtillery(script, {
    files: { "processor.mjs": PROCESSOR, "plants.csv": "north\nsouth\neast\nwest\nup\ndown\n" },
  });
  expect(result.code, result.stdout + result.stderr).toBe(0);

  const { totals, fleet, errors, latencyMs } = readSummary(result);
  expect(errors).toEqual({});
  expect(fleet.devices).toBe(DEVICES);
  // Each connects, disconnects and connects again, and does its onConnect twice.
  expect(totals.connectsAccepted).toBe(2 * DEVICES);
  expect(totals.configResponses).toBe(2 * DEVICES);
  expect(totals.disconnects).toBe(2 * DEVICES);
  // onConnect twice: response topic and captured topics; the flow's own once.
  expect(latencyMs.subscribe.count).toBe(5 * DEVICES);

  const report = result.stdout.slice(result.stdout.indexOf("Summary report"));
  const counter = (name: string): number =>
    Number(new RegExp(`^${name.replaceAll(".", "\\.")}: \\.+ (\\d+)$`, "m").exec(report)?.[1]);
  expect(counter("test.before")).toBe(DEVICES);
  expect(counter("test.after")).toBe(DEVICES);
  expect(counter("test.color.red")).toBe(DEVICES);
  expect(counter("test.rounds")).toBe(3 * DEVICES);
  // Heard: own plant (QoS 0), own command twice (QoS 2 and by `over`), 3 of the loop, 1 of parallel, 2 answers.
  expect(counter("mqtt.publish.received")).toBe(9 * DEVICES);
  // The same number sent, and the one that nobody hears.
  expect(counter("mqtt.publish.sent")).toBe(10 * DEVICES);
  expect(counter("vusers.completed")).toBe(DEVICES);

  const lines = result.stdout.match(/hello from device-\d+ in \w+/g) ?? [];
  expect(lines.map((line) => line.split(" in ")[1]).sort()).toEqual([
    "down",
    "east",
    "north",
    "south",
    "up",
    "west",
  ]);
});
