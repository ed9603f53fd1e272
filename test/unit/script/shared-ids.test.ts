import { describe, expect, it } from "vitest";
import { givenValues } from "../../../engine/src/script/client-ids.ts";
import {
  fleetSizeOf,
  hasOnlyOwnIds,
  isOneAtATime,
  sharedIdSentences,
} from "../../../engine/src/script/shared-ids.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { scriptWith } from "./good-script.ts";

interface Given {
  config?: Record<string, unknown>;
  devices?: number | null;
  readers?: number;
  scenario?: Record<string, unknown>;
  scenarios?: unknown[];
}

const CODE = { config: { processor: { token: () => {} } } };

function said(clientId: string, { config, devices = 100, readers = 1, scenario, scenarios }: Given = {}) {
  const flow = [{ connect: { clientId } }, { stayOnline: {} }];
  const script = scriptWith({
    ...(config === undefined ? {} : { config }),
    ...(scenarios === undefined ? { scenario: { flow, ...scenario } } : { scenarios }),
  });
  const { plan, problems } = validate(script);
  if (plan === null) throw new Error(JSON.stringify(problems));
  const nameOf = (place: number): string => `device-${place}`;
  const size = fleetSizeOf(script, plan.cohorts, { devices, readers, nameOf });
  const given = givenValues(script);
  return {
    sentences: sharedIdSentences(plan.cohorts, given, size),
    hasOnlyOwnIds: hasOnlyOwnIds(plan.cohorts, given),
  };
}

const rows = (count: number, of = count): unknown[][] =>
  Array.from({ length: count }, (_, i) => [`serial-${i % of}`, i]);

const file = (data: unknown[][], order?: string): Record<string, unknown> => ({
  payload: [{ path: "/somewhere/plants.csv", fields: ["serial", "site"], order, data }],
});

describe("client ids that devices have in common are said before the run", () => {
  it("with path, value, two devices and what to do", () => {
    expect(said("gateway").sentences).toEqual([
      'scenarios[0].flow[0].connect.clientId: "gateway" gives all its 100 devices one client id, device-0 and device-1 among them. ' +
        "A broker has one connection for each client id: these devices take it from each other for as long as they are there, and no " +
        'verdict of theirs will stand; give each device its own, as clientId: "gateway-{{ deviceId }}" does',
    ]);
  });

  it.each<[string, Given, RegExp]>([
    ["gw-{{ $env.SITE }}-{{ $testId }}", {}, /all its 100 devices one client id/],
    ["gw-{{ plant }}", { config: { variables: { plant: "north" } } }, /all its 100 devices one client id/],
    ["gateway", { devices: null }, /gives all its devices one client id/],
    // Two devices, each alone on its worker.
    ["gateway", { devices: 2, readers: 2 }, /all its 2 devices one client id/],
    // Functions set variables, not text.
    ["gateway", { ...CODE, scenario: { beforeScenario: "token" } }, /all its 100 devices one client id/],
    [
      "gw-{{ plant }}",
      { config: { variables: { plant: ["a", "b", "c"] } } },
      /100 devices draw from 3 values at random/,
    ],
    [
      "gw-{{ $randomNumber(1, 1000) }}",
      {},
      /100 devices draw from 1000 values at random: about 5 pairs of them/,
    ],
    ["gw-{{ $randomString(2) }}", {}, /100 devices draw from 3844 values at random: about 1 pair of them/],
    [
      "{{ serial }}",
      { config: file(rows(99), "sequence") },
      /takes the 99 rows of plants.csv in sequence for 100 devices: device-0 and device-99 have/,
    ],
    [
      "{{ serial }}",
      { config: file(rows(200, 60), "sequence") },
      /has one client id in rows 1 and 61 of plants.csv, which device-0 and device-60 get/,
    ],
    [
      "{{ serial }}",
      { config: file(rows(200), "sequence"), readers: 3 },
      /each of 3 worker threads begins with the first/,
    ],
    [
      "{{ serial }}",
      { config: file(rows(200)) },
      /100 devices draw from 200 ids of plants.csv at random: about 25 pairs of them .*order: sequence/,
    ],
    ["{{ serial }}", { config: file(rows(200)), ...CODE_BEFORE() }, /about 25 pairs/],
  ])("%s %#", (clientId, given, expected) => {
    const { sentences, hasOnlyOwnIds } = said(clientId, given);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(expected);
    expect(hasOnlyOwnIds).toBe(false);
  });

  it.each<[string, Given, boolean]>([
    ["gw-{{ deviceId }}", {}, true],
    ["{{ $uuid }}", {}, true],
    ["", {}, true],
    // One device is nobody's rival.
    ["gateway", { devices: 1 }, false],
    ["{{ serial }}", { config: file(rows(100), "sequence") }, false],
    // A duplicate beyond the last device's row.
    ["{{ serial }}", { config: file(rows(200, 100), "sequence") }, false],
    ["{{ serial }}-{{ site }}", { config: file(rows(100, 5), "sequence") }, false],
    ["{{ serial }}", { config: file(rows(100_000)) }, false],
    ["gw-{{ $randomString() }}", {}, false],
    ["gw-{{ $randomNumber(1, 10000) }}", {}, false],
    // Whatever they are set to.
    [
      "gw-{{ plant }}",
      { config: { variables: { plant: "" }, ...CODE.config }, scenario: { beforeScenario: "token" } },
      false,
    ],
    [
      "gw-{{ plant }}",
      { scenario: { flow: [{ set: { plant: "x" } }, { connect: { clientId: "gw-{{ plant }}" } }] } },
      false,
    ],
  ])("and nothing is said of %s %#", (clientId, given, own) => {
    const result = said(clientId, given);
    expect(result.sentences).toEqual([]);
    expect(result.hasOnlyOwnIds).toBe(own);
  });
});

function CODE_BEFORE(): Given {
  return {
    config: { ...file(rows(200)), ...CODE.config },
    scenario: { beforeScenario: "token" },
  };
}

describe("scenarios that give the same ids", () => {
  const scenario = (name: string, clientId: string, weight = 1): object => ({
    name,
    engine: "mqtt",
    weight,
    flow: [{ connect: { clientId } }, { stayOnline: {} }],
  });

  it("are said once, with both paths", () => {
    const config = { variables: { name: "gw" } };
    const { sentences } = said("", {
      config,
      devices: 2,
      scenarios: [scenario("a", "gw"), scenario("b", "{{ name }}")],
    });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(
      /^scenarios\[0\]\.flow\[0\]\.connect\.clientId \(and scenarios\[1\]\.flow\[0\]\.connect\.clientId\): "gw" gives all its 2 devices one client id, device-0 and device-1 among them/,
    );
  });

  it("are judged by the devices that their weights give them", () => {
    const scenarios = [scenario("one", "hub"), scenario("many", "gw-{{ deviceId }}", 99)];
    expect(said("", { devices: 100, scenarios }).sentences).toEqual([]);
    expect(said("", { devices: 300, scenarios }).sentences[0]).toMatch(
      /gives all its 3 devices one client id\. /,
    );
  });

  it("are another's where they differ", () => {
    const scenarios = [scenario("a", "hub-a"), scenario("b", "hub-b")];
    expect(said("", { devices: 2, scenarios }).sentences).toEqual([]);
  });
});

describe("devices that come one after the other", () => {
  it.each([
    [[{ duration: 10, arrivalRate: 1, maxVusers: 1 }], 1, true],
    [[{ duration: 10, arrivalRate: 1, maxVusers: 1 }, { pause: 5 }], 1, true],
    [[{ duration: 10, arrivalRate: 1, maxVusers: 2 }], 1, false],
    [[{ duration: 10, arrivalRate: 1, maxVusers: 1 }], 2, false],
    [[{ duration: 10, arrivalRate: 1 }], 1, false],
    [undefined, 1, false],
  ])("%j on %d workers: %s", (phases, workers, expected) => {
    expect(isOneAtATime(phases, workers)).toBe(expected);
  });
});
