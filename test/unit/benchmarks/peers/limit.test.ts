import { expect, it } from "vitest";
import { parseLimitLine } from "../../../../benchmarks/peers/clients/limit.ts";

it.each([
  ['{"kind":"loaded"}', { kind: "loaded" }],
  ['{"kind":"ready","firstConnectAtMs":1795802640425.002,"tookMs":2.078}', { kind: "ready", tookMs: 2.078 }],
  [
    '{"kind":"storm","dropSpreadMs":0.56,"tookMs":2.748}',
    { kind: "storm", dropSpreadMs: 0.56, tookMs: 2.748 },
  ],
  ['{"kind":"failed","reason":"connect: refused"}', { kind: "failed", reason: "connect: refused" }],
])("reads %s", (line, message) => {
  expect(parseLimitLine(line)).toEqual(message);
});

it.each([
  "",
  "null",
  "7",
  "loaded",
  '{"kind":"ready"',
  '{"kind":"ready"}',
  '{"kind":"storm","tookMs":1}',
  '{"kind":"storm","tookMs":"1","dropSpreadMs":1}',
  '{"kind":"failed"}',
  '{"kind":"more"}',
])("refuses %j", (line) => {
  expect(parseLimitLine(line)).toBeNull();
});
