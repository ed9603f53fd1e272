import { expect, it } from "vitest";
import { sourceAddresses } from "../../../../benchmarks/peers/growth.ts";

it.each([
  [1000, undefined],
  [4000, undefined],
  [4001, ["127.0.0.1", "127.0.0.2"]],
  [16_000, ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]],
])("%i devices from addresses for 4,000 each", (devices, addresses) => {
  expect(sourceAddresses(devices, 4000)).toEqual(addresses);
});
