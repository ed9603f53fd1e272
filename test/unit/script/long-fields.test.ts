/** Nothing is written that the wire cannot hold: the codec would write a wrong length, and the stream would be lost. */
import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import type { Waiter } from "../../../engine/src/device/turns.ts";
import { STEPS } from "../../../engine/src/script/steps/index.ts";
import { bindDevice, type Compiler } from "../../../engine/src/script/steps/step.ts";
import { Rig, told } from "../device/device-rig.ts";
import { compiledStep } from "./compiled-step.ts";

const LONG = "x".repeat(65_536);
const LONGEST = "x".repeat(65_535);

/** Runs one step on a ready device; what it wrote, and why the step failed. */
function run(step: Record<string, unknown>, long: string, protocolVersion: 4 | 5 = 4) {
  const context: VuContext = { vars: { long } };
  const rig = new Rig({ protocolVersion }, null, context).start();
  const [name = ""] = Object.keys(step);
  const definition = STEPS.find((one) => one.name === name);
  if (definition === undefined) throw new Error(`no step ${name}`);
  bindDevice(context, rig.device);
  const compiler = {
    place: "flow",
    countError: () => {},
    tellError: () => {},
    fleet: { whenReady: (_device: unknown, _ms: unknown, waiter: Waiter) => waiter.settled(null) },
  } as unknown as Compiler;
  let failure: string | null = null;
  compiledStep(
    definition,
    step,
    compiler,
  )(context, (error) => {
    failure = error?.message ?? null;
  });
  return { written: rig.broker.takeNames(), failure };
}

describe.each([
  ["the topic of publish", { publish: { topic: "{{ long }}" } }, "invalid_topic", "publish"],
  [
    "a filter of subscribe",
    { subscribe: { topics: ["a", "{{ long }}"] } },
    "invalid_topic_filter",
    "subscribe",
  ],
  [
    "a filter of unsubscribe",
    { unsubscribe: { topics: "{{ long }}" } },
    "invalid_topic_filter",
    "unsubscribe",
  ],
  [
    "the topic of request",
    { request: { topic: "{{ long }}", responseTopic: "a" } },
    "invalid_topic",
    "subscribe",
  ],
  [
    "its response topic",
    { request: { topic: "a", responseTopic: "{{ long }}" } },
    "invalid_topic",
    "subscribe",
  ],
])("%s", (_what, step, failure, packet) => {
  it("of 65,536 bytes is not written", () => {
    expect(run(step, LONG)).toEqual({ written: [], failure });
  });
  it("of 65,535 bytes is", () => {
    expect(run(step, LONGEST)).toEqual({ written: [packet], failure: null });
  });
});

it("a response topic that MQTT 5 carries as a property is a topic name, not a filter", () => {
  const step = (responseTopic: string) => ({
    request: { topic: "a", responseTopic, listen: "a/#", correlation: "properties" },
  });
  expect(run(step("a/+"), "", 5)).toEqual({ written: [], failure: "invalid_topic" });
  expect(run(step("a/b"), "", 5)).toEqual({ written: ["subscribe"], failure: null });
});

it("a payload that no remaining length can count is not written", () => {
  const rig = new Rig().start();
  const results: (string | null)[] = [];
  // Its bytes are not touched: the memory is never there.
  const payload = Buffer.allocUnsafeSlow(268_435_455);
  for (const qos of [0, 1] as const) {
    rig.device.exchange.publish(
      { topic: "t", payload, qos, retain: false },
      told((failure) => results.push(failure)),
    );
  }
  expect(results).toEqual(["packet_too_large", "packet_too_large"]);
  expect(rig.broker.takeNames()).toEqual([]);
});
