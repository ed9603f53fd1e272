/** Payloads of every kind, publish properties and subscribe options: what a script may write, and what is on the wire. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import { asPayload } from "../../../engine/src/script/payload.ts";
import { publish } from "../../../engine/src/script/steps/publish.ts";
import type { Compiler, StepDefinition } from "../../../engine/src/script/steps/step.ts";
import { subscribe } from "../../../engine/src/script/steps/subscribe.ts";
import { outcome, Rig } from "../device/device-rig.ts";
import { problemsOf, withStorm } from "./good-script.ts";

const FILE = join(mkdtempSync(join(tmpdir(), "payload-")), "firmware.bin");
const BYTES = Buffer.from([0, 255, 128, 10]);
writeFileSync(FILE, BYTES);

/** One step of a ready device, and what it wrote. */
function wrote(definition: StepDefinition, raw: object, vars: VuContext["vars"] = {}, version: 4 | 5 = 4) {
  const rig = new Rig({ protocolVersion: version }, null, { vars }).start();
  rig.broker.take();
  const { done, results } = outcome();
  const operation = definition.operation?.(definition.schema.parse(raw), { place: "flow" } as Compiler);
  operation?.begin(rig.device, done);
  return { rig, results, packets: rig.broker.take() };
}

describe("a payload", () => {
  it.each<[string, unknown, Buffer]>([
    ["of bytes in base64", { base64: "AP+ACg==" }, BYTES],
    ["of hex digits", { hex: "00ff 800A" }, BYTES],
    ["of a file", { file: FILE }, BYTES],
    ["in a variable, as base64", { base64: "{{ text }}" }, BYTES],
    ["in a variable, as hex digits", { hex: "{{ digits }}" }, BYTES],
    ["of a file that a variable names", { file: "{{ file }}" }, BYTES],
    ["that is a Buffer", "{{ buffer }}", BYTES],
    ["that is an array of bytes", "{{ array }}", BYTES],
    ["with a Buffer of text in it", "a {{ word }}", Buffer.from("a word")],
    ["of JSON", { hex: 7 }, Buffer.from('{"hex":7}')],
    ["of JSON with more keys", { file: "a", hex: "b" }, Buffer.from('{"file":"a","hex":"b"}')],
  ])("%s", (_what, payload, bytes) => {
    const vars = {
      text: "AP+ACg==",
      digits: "00ff800a",
      file: FILE,
      buffer: BYTES,
      array: new Uint8Array(BYTES),
      word: Buffer.from("word"),
    };
    expect(wrote(publish, { publish: { topic: "a", payload } }, vars).packets).toMatchObject([
      { payload: bytes },
    ]);
  });

  it.each([
    { base64: "{{ bad }}" },
    { hex: "{{ bad }}" },
    { file: "{{ bad }}" },
  ])("%j that a variable makes none is a failure, and nothing is sent", (payload) => {
    const { results, packets } = wrote(publish, { publish: { topic: "a", payload } }, { bad: "no such ?" });
    expect(results).toEqual(["invalid_payload"]);
    expect(packets).toEqual([]);
  });

  it("of bytes is not made JSON", () => {
    expect(asPayload(BYTES)).toBe(BYTES);
  });

  it.each([
    [{ base64: "A" }, "base64", "base64 (RFC 4648, section 4)"],
    [{ hex: "0g" }, "hex", "hex digits, two for each byte"],
    [{ file: "no/such/file" }, "file", "the path of a file that can be read, from the working directory"],
  ])("%j is refused before the run", (payload, key, allowed) => {
    const flow = [{ publish: { topic: "a", payload } }];
    expect(problemsOf({ scenario: { flow } })).toMatchObject([
      { path: `scenarios[0].flow[0].publish.payload.${key}`, allowed },
    ]);
  });
});

describe("publish properties", () => {
  const properties = {
    messageExpiry: "30s",
    contentType: "application/json",
    responseTopic: "answers/{{ deviceId }}",
    correlationData: { hex: "0102" },
    payloadFormat: "text",
    userProperties: { firmware: 7 },
  };

  it("are on the wire of MQTT 5", () => {
    const { packets } = wrote(publish, { publish: { topic: "a", properties } }, { deviceId: "d" }, 5);
    expect(packets).toMatchObject([
      {
        properties: {
          messageExpiryInterval: 30,
          contentType: "application/json",
          responseTopic: "answers/d",
          correlationData: Buffer.from([1, 2]),
          payloadFormatIndicator: true,
          userProperties: { firmware: "7" },
        },
      },
    ]);
  });

  it("that variables make none of are a failure", () => {
    const { results } = wrote(publish, { publish: { topic: "a", properties } }, { deviceId: "+" }, 5);
    expect(results).toEqual(["invalid_properties"]);
  });

  it("are refused for 3.1.1, wherever they stand", () => {
    const step = { publish: { topic: "a", properties: { contentType: "x" } } };
    const scenario = {
      onConnect: [step],
      onMessage: [{ topic: "a", do: [{ loop: [step], count: 2 }] }],
      telemetry: { every: "1s", topic: "a", properties: { contentType: "x" } },
    };
    expect(problemsOf({ scenario }).map(({ path }) => path)).toEqual([
      "scenarios[0].telemetry.properties",
      "scenarios[0].onConnect[0].publish.properties",
      "scenarios[0].onMessage[0].do[0].loop[0].publish.properties",
    ]);
    expect(problemsOf({ scenario, ...withStorm({ protocolVersion: 5 }) })).toEqual([]);
  });
});

describe("subscribe options", () => {
  const options = { topics: ["a", "b"], qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 };

  it("are on the wire of MQTT 5", () => {
    const { packets } = wrote(subscribe, { subscribe: options }, {}, 5);
    const subscription = { qos: 1, nl: true, rap: true, rh: 2 };
    expect(packets).toMatchObject([
      {
        cmd: "subscribe",
        subscriptions: [
          { topic: "a", ...subscription },
          { topic: "b", ...subscription },
        ],
      },
    ]);
  });

  it("are refused for 3.1.1, and without sense", () => {
    const onConnect = [{ subscribe: options }];
    expect(problemsOf({ scenario: { onConnect } }).map(({ path }) => path)).toEqual([
      "scenarios[0].onConnect[0].subscribe.noLocal",
      "scenarios[0].onConnect[0].subscribe.retainAsPublished",
      "scenarios[0].onConnect[0].subscribe.retainHandling",
    ]);
    const shared = { scenario: { onConnect: [{ subscribe: { topics: "$share/g/a", noLocal: true } }] } };
    expect(problemsOf({ ...shared, ...withStorm({ protocolVersion: 5 }) })).toMatchObject([
      {
        path: "scenarios[0].onConnect[0].subscribe.noLocal",
        allowed: "nothing with a shared subscription [MQTT-3.8.3-4]",
      },
    ]);
  });
});
