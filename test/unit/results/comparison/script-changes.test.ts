import fc from "fast-check";
import { expect, it } from "vitest";
import { scriptChanges } from "../../../../results/src/comparison/script-changes.ts";

const changes = (a: unknown, b: unknown) => scriptChanges(JSON.stringify(a), JSON.stringify(b));

it("names each value that changed, came or went, by its path", () => {
  const script = (cap: string, more: object) => ({
    config: { engines: { mqtt: { reconnect: { policy: "full-jitter", cap }, ...more } } },
  });
  expect(changes(script("30s", { seed: 1 }), script("60s", { messages: { track: "payload" } }))).toEqual([
    { path: "config.engines.mqtt.reconnect.cap", a: "30s", b: "60s" },
    { path: "config.engines.mqtt.seed", a: "1", b: null },
    { path: "config.engines.mqtt.messages", a: null, b: '{"track":"payload"}' },
  ]);
});

it("takes steps that moved for the same, and pairs those between", () => {
  const flow = (...steps: object[]) => ({ scenarios: [{ flow: steps }] });
  const [connect, stay] = [{ connect: {} }, { stayOnline: { for: "60s" } }];
  expect(changes(flow(connect, stay), flow(connect, { think: 5 }, stay))).toEqual([
    { path: "scenarios[0].flow[1]", a: null, b: '{"think":5}' },
  ]);
  expect(changes(flow(connect, { think: 1 }, stay), flow(connect, { think: 5 }, stay))).toEqual([
    { path: "scenarios[0].flow[1].think", a: "1", b: "5" },
  ]);
});

it("is not known where a script is not", () => {
  expect(scriptChanges(null, "{}")).toBeNull();
  expect(scriptChanges("{", "{}")).toBeNull();
});

it("finds nothing in a script beside itself, whatever the order of its keys, and what goes one way comes the other", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      fc.jsonValue(),
      (script, other) => {
        const backwards = Object.fromEntries(Object.entries(script).reverse());
        expect(changes(script, backwards)).toEqual([]);
        const [a, b] = [{ x: script }, { x: other }];
        expect(changes(a, b)?.length === 0).toBe(changes(b, a)?.length === 0);
      },
    ),
  );
});
