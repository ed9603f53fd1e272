import { expect, it } from "vitest";
import { chooseLocalEnd, type LocalEndWish } from "../../../engine/src/live/choose-local-end.ts";
import { parseLocalAddresses } from "../../../engine/src/transport/local-addresses.ts";

const wish: LocalEndWish = {
  given: null,
  ports: { first: 32_768, count: 28_232, reserved: new Set() },
  chooser: "us",
  devices: 16_000,
  hosts: ["127.0.0.1"],
  brokers: 1,
};
const addressesOf = (changes: Partial<LocalEndWish>, remote = "127.0.0.1") => {
  const { local, paths } = chooseLocalEnd({ ...wish, ...changes });
  return { paths, addresses: [0, 1, 15, 16].map((number) => local.addressOf(number, remote)) };
};
const TURNS = ["127.0.0.1", "127.0.0.2", "127.0.0.16", "127.0.0.1"];
const ANY = [undefined, undefined, undefined, undefined];

it.each<[string, Partial<LocalEndWish>]>([
  ["more devices than half of the ports", {}],
  ["nobody knows how many devices", { devices: null }],
  ["a broker by name", { hosts: ["localhost"] }],
  ["two brokers, of which one may be lost", { hosts: ["127.0.0.1", "127.0.0.9"] }],
])("devices take turns with loopback addresses: %s", (_, changes) => {
  expect(addressesOf(changes)).toEqual({ paths: 16, addresses: TURNS });
});

it.each<[string, Partial<LocalEndWish>]>([
  ["few devices", { devices: 14_116 }],
  ["another machine", { hosts: ["10.0.0.1"] }],
  ["one broker elsewhere", { hosts: ["127.0.0.1", "broker.example"] }],
  ["a host that does not say what ports it has", { ports: null }],
])("the kernel chooses the address: %s", (_, changes) => {
  expect(addressesOf(changes)).toEqual({ paths: 1, addresses: ANY });
});

it("what is dialled decides: a name may be ::1", () => {
  expect(addressesOf({ hosts: ["localhost"] }, "::1").addresses).toEqual(ANY);
});

it("the addresses of the script come first", () => {
  const given = parseLocalAddresses(["10.0.0.1", "10.0.0.2"]);
  if ("entry" in given) throw new Error(given.allowed);
  const turns = ["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1"];
  expect(addressesOf({ given })).toEqual({ paths: 2, addresses: turns });
  expect(addressesOf({ given, chooser: "kernel", brokers: 3 })).toEqual({ paths: 2, addresses: turns });
  expect(addressesOf({ given, brokers: 3 })).toEqual({ paths: 6, addresses: turns });
});
