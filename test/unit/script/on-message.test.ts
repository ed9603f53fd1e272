/** What a script's devices do on messages: `onMessage` and `waitForMessage`, compiled, on one device. */
import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import { createCaptures } from "../../../engine/src/forecast/captures.ts";
import { compileReaction } from "../../../engine/src/script/on-message.ts";
import { StepReader } from "../../../engine/src/script/read-steps.ts";
import type { Compiler } from "../../../engine/src/script/steps/step.ts";
import { bindDevice } from "../../../engine/src/script/steps/step.ts";
import { waitForMessage } from "../../../engine/src/script/steps/wait-for-message.ts";
import { outcome, Rig } from "../device/device-rig.ts";
import { problemsOf, scriptWith } from "./good-script.ts";

interface Reaction {
  topic: string;
  do: object[];
  capture?: object;
}

const told: string[] = [];
const compiler = {
  place: "onMessage",
  helpers: { captureOrMatch: createCaptures() },
  tellError: (error: Error) => told.push(error.message),
} as unknown as Compiler;

/** A ready device that reacts so. */
function reacting(reactions: Reaction[], queue = 100) {
  const context: VuContext = { vars: { deviceId: "d" } };
  const reader = new StepReader(scriptWith(), []);
  const handlers = reactions.map(({ do: steps, ...spec }) =>
    compileReaction({ ...spec, steps: reader.list(steps, "onMessage", []) } as never, compiler),
  );
  const rig = new Rig({}, null, context, [], { handlers, queue, ackDelayMs: 0 });
  bindDevice(context, rig.device);
  rig.start();
  rig.broker.take();
  const hear = (topic: string, payload: string | Buffer = "", qos: 0 | 1 | 2 = 0): void =>
    rig.broker.sends({ cmd: "publish", topic, payload, qos, dup: false, retain: false, messageId: 9 });
  const said = (): string[] =>
    rig.broker
      .take()
      .flatMap((packet) => (packet.cmd === "publish" ? [`${packet.topic} ${packet.payload}`] : []));
  return { rig, context, hear, said };
}

const ECHO = {
  topic: "cmd/{{ deviceId }}/+",
  do: [{ publish: { topic: "ack/{{ message.levels[2] }}", payload: "{{ message.payload }}" } }],
};

describe("onMessage", () => {
  it("runs its steps with the message's topic and payload, for messages that match only", () => {
    const { rig, hear, said } = reacting([ECHO]);
    hear("cmd/d/led", "on");
    hear("cmd/other/led", "on");
    expect(said()).toEqual(["ack/led on"]);
    expect(rig.events("messageHandled")).toHaveLength(1);
  });

  it("captures from JSON, and reads the message's JSON and bytes", () => {
    const { context, hear, said } = reacting([
      {
        topic: "ota",
        capture: { json: "$.file", as: "file" },
        do: [{ set: { size: "{{ message.json.size }}" } }, { publish: { topic: "ota/{{ file }}" } }],
      },
    ]);
    hear("ota", '{"file":"fw.bin","size":7}');
    expect(said()).toEqual(["ota/fw.bin "]);
    expect(context.vars["size"]).toBe(7);
    expect((context.vars["message"] as { bytes: Buffer }).bytes.toString()).toBe(
      '{"file":"fw.bin","size":7}',
    );
  });

  it("does one after the other, in the order in which they came", () => {
    const slow = { topic: "cmd", do: [{ think: "1s" }, { publish: { topic: "ack/{{ message.payload }}" } }] };
    const { rig, hear, said } = reacting([slow]);
    hear("cmd", "1");
    hear("cmd", "2");
    expect(said()).toEqual([]);
    rig.time.advance(1000);
    expect(said()).toEqual(["ack/1 "]);
    rig.time.advance(1000);
    expect(said()).toEqual(["ack/2 "]);
  });

  it("drops and counts what comes beyond its queue", () => {
    const { rig, hear, said } = reacting(
      [{ topic: "cmd", do: [{ think: "1s" }, { publish: { topic: "{{ message.payload }}" } }] }],
      1,
    );
    for (const payload of ["1", "2", "3"]) hear("cmd", payload);
    rig.time.advance(5000);
    expect(said()).toEqual(["1 ", "2 "]);
    expect(rig.events("messageHandled", "messageDropped")).toEqual([
      { event: "messageDropped" },
      { event: "messageHandled" },
      { event: "messageHandled" },
    ]);
  });

  it("ends with the connection, and what waited is not done on the next one", () => {
    const { rig, hear, said } = reacting([
      { topic: "cmd", do: [{ think: "1s" }, { publish: { topic: "late" } }] },
    ]);
    hear("cmd");
    hear("cmd");
    rig.broker.ends();
    rig.reconnect(100);
    rig.time.advance(5000);
    expect(said()).toEqual([]);
    expect(rig.events("messageInterrupted")).toHaveLength(2);
    hear("cmd");
    rig.time.advance(1000);
    expect(said()).toEqual(["late "]);
  });

  it("counts a failed one by its name, keeps the connection and goes on with the next", () => {
    const { rig, hear, said } = reacting([
      { topic: "cmd", do: [{ publish: { topic: "{{ message.payload }}" } }] },
    ]);
    hear("cmd", "a/#");
    hear("cmd", "good");
    expect(said()).toEqual(["good "]);
    expect(rig.events("error", "messageFailed")).toEqual([
      { event: "messageFailed" },
      { event: "error", name: "invalid_topic" },
    ]);
    expect(rig.device.state).toBe("ready");
  });

  it("may disconnect the device", () => {
    const { rig, hear } = reacting([{ topic: "off", do: [{ disconnect: {} }] }]);
    hear("off");
    expect(rig.broker.takeNames()).toEqual(["disconnect"]);
    expect(rig.device.state).toBe("offline");
  });

  it("takes no answer to a request for a message", () => {
    const { rig, hear, said } = reacting([{ topic: "answers/#", do: [{ publish: { topic: "handled" } }] }]);
    rig.device.exchange.request({
      topic: "ask",
      payload: "",
      qos: 0,
      responseTopic: "answers/1",
      rejectedTopic: null,
      listen: [],
      correlation: "none",
      requestId: "1",
      timeoutMs: 1000,
      asker: { answered: () => {} },
    });
    expect(said()).toEqual(["ask "]);
    hear("answers/1");
    expect(said()).toEqual([]);
    hear("answers/1");
    expect(said()).toEqual(["handled "]);
  });
});

describe("waitForMessage", () => {
  function waiting(settings: object) {
    const parts = reacting([]);
    const raw = { waitForMessage: { topic: "go/{{ deviceId }}", timeout: "5s", ...settings } };
    const operation = waitForMessage.operation?.(waitForMessage.schema.parse(raw), compiler);
    const { done, results } = outcome();
    operation?.begin(parts.rig.device, done);
    return { ...parts, results };
  }

  it("ends with the message, captured, and with no other", () => {
    const { hear, results, context, rig } = waiting({ capture: { json: "$.v", as: "v" }, as: "go" });
    hear("go/other", "{}");
    expect(results).toEqual([]);
    hear("go/d", '{"v":1}');
    hear("go/d", '{"v":2}');
    expect(results).toEqual([null]);
    expect(context.vars).toMatchObject({ v: 1, go: { topic: "go/d" } });
    expect(rig.time.pending).toBe(0);
  });

  it.each([
    ["ignore", [null], "ready"],
    ["fail", ["message_timeout"], "ready"],
    ["reset", ["lost"], "backoff"],
  ])("without one in time: %s", (onTimeout, settled, state) => {
    const { rig, results } = waiting({ onTimeout });
    rig.time.advance(5000);
    expect(results).toEqual(settled);
    expect(rig.device.state).toBe(state);
    expect(rig.events("messageTimeout")).toHaveLength(1);
  });

  it("is lost with the connection", () => {
    const { rig, results } = waiting({});
    rig.broker.ends();
    expect(results).toEqual(["lost"]);
  });
});

describe("a script with onMessage", () => {
  const DO = [{ publish: { topic: "a" } }];
  it("knows the message inside its steps only", () => {
    const publish = { publish: { topic: "{{ message.topic }}" } };
    expect(problemsOf({ scenario: { onMessage: [{ topic: "a", do: [publish] }] } })).toEqual([]);
    const outside = problemsOf({ scenario: { onMessage: [{ topic: "a", do: DO }], onConnect: [publish] } });
    expect(outside.map(({ path }) => path)).toEqual(["scenarios[0].onConnect[0].publish.topic"]);
  });

  it.each<[string, unknown, string]>([
    ["a filter", [{ topic: "a/#/b", do: DO }], "scenarios[0].onMessage[0].topic"],
    ["no steps", [{ topic: "a", do: [] }], "scenarios[0].onMessage[0].do"],
    ["a step of flow", [{ topic: "a", do: [{ connect: {} }] }], "scenarios[0].onMessage[0].do[0].connect"],
    [
      "a key of a step",
      [{ topic: "a", do: [{ publish: { topik: "a" } }] }],
      "scenarios[0].onMessage[0].do[0].publish.topic",
    ],
    ["no list", { topic: "a", do: DO }, "scenarios[0].onMessage"],
  ])("%s is refused by its path", (_what, onMessage, path) => {
    expect(problemsOf({ scenario: { onMessage } }).map((problem) => problem.path)).toContain(path);
  });

  it("refuses a queue that is no number of messages", () => {
    expect(problemsOf({ scenario: { messageQueue: -1 } })).toMatchObject([
      { path: "scenarios[0].messageQueue", allowed: "a number of messages from 0 to 100000" },
    ]);
  });
});
