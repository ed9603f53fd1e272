/** A compiled `request` on one device: what follows from its answer, from none, from a refusal. */
import { describe, expect, it } from "vitest";
import type { CaptureResult, Helpers, VuContext } from "../../../engine/src/artillery.ts";
import { operationOf } from "../../../engine/src/device/question.ts";
import type { Waiter } from "../../../engine/src/device/turns.ts";
import { compileRequest, requestSettings } from "../../../engine/src/script/steps/request.ts";
import type { Compiler } from "../../../engine/src/script/steps/step.ts";
import { outcome, Rig } from "../device/device-rig.ts";

/** Artillery's helper as far as these tests go: `$.name` of a JSON object. */
const captureOrMatch: Helpers["captureOrMatch"] = (spec, response, _context, done) => {
  const captures: CaptureResult["captures"] = {};
  for (const { json, as } of spec["capture"] as { json: string; as: string }[]) {
    const value = (JSON.parse(String(response.body)) as Record<string, unknown>)[json.slice(2)];
    captures[as] = { value, failed: value === undefined };
  }
  done(null, { captures, matches: {}, failedCaptures: false });
};

const compiler = { helpers: { captureOrMatch } } as unknown as Compiler;

/** A ready device that has asked, subscribed to where the answer comes. */
function asked(settings: object) {
  const context: VuContext = { vars: { deviceId: "d" } };
  const rig = new Rig({}, null, context).start();
  const question = compileRequest(
    requestSettings.parse({ topic: "c/{{ deviceId }}/get", responseTopic: "c/{{ deviceId }}", ...settings }),
    compiler,
  );
  const { done, results } = outcome();
  const ask = (waiter: Waiter = done): void => operationOf(question).begin(rig.device, waiter);
  ask();
  expect(rig.broker.takeNames()).toEqual(["subscribe"]);
  rig.broker.sends({ cmd: "suback", messageId: 1, granted: [0] });
  expect(rig.broker.takeNames()).toEqual(["publish"]);
  const answer = (payload = "{}", topic = "c/d"): void => {
    rig.broker.sends({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false });
  };
  return { rig, context, ask, answer, results };
}

describe("an answer", () => {
  it("is captured into the variables", () => {
    const { answer, results, context, rig } = asked({ capture: { json: "$.topics", as: "topics" } });
    answer('{"topics":["a","b"]}');
    expect(results).toEqual([null]);
    expect(context.vars["topics"]).toEqual(["a", "b"]);
    expect(rig.events("configRequest", "configResponse")).toEqual([
      { event: "configRequest", storm: 0 },
      { event: "configResponse", storm: 0, value: 0 },
    ]);
  });

  it("without what is to be captured fails", () => {
    const { answer, results } = asked({ capture: { json: "$.topics", as: "topics" } });
    answer("{}");
    expect(results).toEqual(["capture_failed"]);
  });

  it("is asked for once with cache", () => {
    const { answer, ask, rig, results } = asked({ cache: true });
    answer();
    ask();
    expect(results).toEqual([null, null]);
    expect(rig.broker.takeNames()).toEqual([]);
    expect(rig.events("configRequest")).toHaveLength(1);
  });

  it("to an older question is late where the topic tells them apart", () => {
    const { rig, results, answer } = asked({
      topic: "c/d/get/{{ requestId }}",
      responseTopic: "c/d/{{ requestId }}",
      timeout: "2s",
      onTimeout: "retry",
    });
    rig.time.advance(2000);
    expect(rig.broker.takeNames()).toEqual(["publish"]);
    answer("{}", "c/d/1");
    expect(results).toEqual([]);
    answer("{}", "c/d/2");
    expect(results).toEqual([null]);
    expect(rig.events("configTimeout", "lateResponse", "configResponse")).toEqual([
      { event: "configTimeout", storm: 0 },
      { event: "lateResponse", storm: 0 },
      { event: "configResponse", storm: 0, value: 0 },
    ]);
  });
});

describe("no answer in time", () => {
  it("resets the connection: reset, the default", () => {
    const { rig, results } = asked({ timeout: "3s" });
    rig.time.advance(2999);
    expect(rig.device.state).toBe("ready");
    rig.time.advance(1);
    expect(rig.device.state).toBe("backoff");
    expect(results).toEqual(["lost"]);
    expect(rig.events("configTimeout", "disconnected", "error")).toEqual([
      { event: "configTimeout", storm: 0 },
      { event: "error", name: "config_timeout" },
      { event: "disconnected", name: "config_timeout", wasReady: true },
    ]);
  });

  it("asks again: retry", () => {
    const { rig, results, answer } = asked({ timeout: "3s", onTimeout: "retry" });
    rig.time.advance(6000);
    expect(rig.broker.takeNames()).toEqual(["publish", "publish"]);
    expect(rig.device.state).toBe("ready");
    answer();
    expect(results).toEqual([null]);
    expect(rig.events("configRequest")).toHaveLength(3);
  });

  it("goes on without: ignore", () => {
    const { rig, results, answer } = asked({ timeout: "3s", onTimeout: "ignore" });
    rig.time.advance(3000);
    expect(results).toEqual([null]);
    expect(rig.device.state).toBe("ready");
    answer();
    expect(rig.events("lateResponse")).toHaveLength(1);
  });

  it("because the connection is gone is told as lost", () => {
    const { rig, results } = asked({});
    rig.device.part.drop("reset", 1);
    expect(results).toEqual(["lost"]);
  });
});

describe("a refusal", () => {
  const settings = { rejectedTopic: "c/{{ deviceId }}/no" };

  it("resets the connection: reset", () => {
    const { rig, answer, results } = asked(settings);
    answer("{}", "c/d/no");
    expect(rig.device.state).toBe("backoff");
    expect(results).toEqual(["lost"]);
    expect(rig.events("configRejected")).toHaveLength(1);
  });

  it("asks again only after the time-out: retry", () => {
    const { rig, answer, results } = asked({ ...settings, timeout: "3s", onTimeout: "retry" });
    answer("{}", "c/d/no");
    rig.time.advance(2999);
    expect(rig.broker.takeNames()).toEqual([]);
    rig.time.advance(1);
    expect(rig.broker.takeNames()).toEqual(["publish"]);
    answer();
    expect(results).toEqual([null]);
  });

  it("goes on without: ignore", () => {
    const { answer, results } = asked({ ...settings, onTimeout: "ignore" });
    answer("{}", "c/d/no");
    expect(results).toEqual([null]);
  });
});
