import { expect, it } from "vitest";
import { PortRest, sourceAddresses } from "../../../../benchmarks/peers/source-addresses.ts";

it.each([
  [1000, null],
  [4000, null],
  [4001, ["127.0.0.1", "127.0.0.2"]],
  [16_000, ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]],
])("%i devices from addresses for 4,000 each", (devices, addresses) => {
  expect(sourceAddresses(devices, 4000)).toEqual(addresses);
});

it("a run that binds its addresses waits until the ports of the run before are free", () => {
  const rest = new PortRest();
  const addresses = ["127.0.0.1", "127.0.0.2"];
  expect(rest.restMs(addresses, 5000)).toBe(0);
  rest.ended(10_000);
  expect(rest.restMs(addresses, 10_000)).toBe(60_000);
  expect(rest.restMs(addresses, 69_000)).toBe(1000);
  expect(rest.restMs(addresses, 70_001)).toBe(0);
  expect(rest.restMs(null, 10_000)).toBe(0);
});

it("a wait is said, and ends with Ctrl-C", async () => {
  const rest = new PortRest();
  rest.ended(performance.now());
  const text: string[] = [];
  const controller = new AbortController();
  const waiting = rest.wait(["127.0.0.1"], (line) => text.push(line), controller.signal);
  controller.abort();
  await waiting;
  await rest.wait(["127.0.0.1"], (line) => text.push(line), controller.signal);
  expect(text).toEqual(["waiting 60 s: ports of the run before are in TIME_WAIT\n"]);
});
