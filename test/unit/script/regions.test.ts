import { describe, expect, it } from "vitest";
import { validate } from "../../../engine/src/script/validate.ts";
import { problemsOf, scriptWith, withStorm } from "./good-script.ts";

const EU = { name: "eu", url: "mqtt://eu.example:1883", weight: 3 };
const US = { name: "us", url: "mqtts://us.example" };
const LAB = [
  { name: "eu", url: "lab" },
  { name: "us", url: "lab" },
];
const LOSS = { at: "20s", regionLoss: { target: "eu" }, window: "20s" };
const MQTT = "config.engines.mqtt";

function hookWith(regions: unknown): unknown {
  return { engine: "mqtt", flow: [{ lab: { regions } }] };
}

describe("regions of a script", () => {
  it("are planned with weights, policy and losses", () => {
    const mqtt = {
      targets: [EU, US],
      failover: { policy: "random", after: 3, returnHome: "1m" },
      storms: [LOSS, { ...LOSS, at: "40s", regionLoss: { target: "us", for: "5s" } }],
    };
    const { plan } = validate(scriptWith({ mqtt }));
    expect(plan?.regions?.failover).toEqual({ policy: "random", after: 3, returnHomeMs: 60_000 });
    expect(plan?.regions?.list).toMatchObject([
      { name: "eu", weight: 3, target: { kind: "url", url: "mqtt://eu.example:1883" } },
      { name: "us", weight: 1, target: { kind: "url", url: "mqtts://us.example:8883" } },
    ]);
    expect(plan?.target).toMatchObject({ url: "mqtt://broker:1883" });
    const loss = { cause: "regionLoss", windowMs: 20_000 };
    expect(plan?.storms).toEqual([
      { ...loss, index: 1, atMs: 20_000, fraction: 0.75, region: { index: 0, name: "eu", forMs: 20_000 } },
      { ...loss, index: 2, atMs: 40_000, fraction: 0.25, region: { index: 1, name: "us", forMs: 5000 } },
    ]);
  });

  it("have defaults: two attempts, the next region, no way home", () => {
    const { plan } = validate(scriptWith(withStorm({ targets: [EU, US] })));
    const returnHomeMs = Number.POSITIVE_INFINITY;
    expect(plan?.regions?.failover).toEqual({ policy: "next", after: 2, returnHomeMs });
    expect(validate(scriptWith()).plan?.regions).toBeNull();
  });

  it("may be the lab's, each with a capacity of its own", () => {
    const before = hookWith(["eu", { name: "us", capacity: 300 }]);
    expect(problemsOf({ ...withStorm({ targets: LAB }), before })).toEqual([]);
  });

  it("give templates the name of the region", () => {
    const scenario = { onConnect: [{ subscribe: { topics: "commands/{{ region }}" } }] };
    expect(problemsOf({ ...withStorm({ targets: [EU, US] }), scenario })).toEqual([]);
    expect(problemsOf({ scenario })).toMatchObject([{ value: "{{ region }}" }]);
  });
});

describe("what is wrong with regions", () => {
  it.each<[string, Parameters<typeof problemsOf>[0], path: string, allowed: string]>([
    ["one region", withStorm({ targets: [EU] }), "targets", "a list of 2 to 16 regions"],
    [
      "a name with a dot",
      withStorm({ targets: [EU, { ...US, name: "us.1" }] }),
      "targets[1].name",
      "a name of up",
    ],
    [
      "a name twice",
      withStorm({ targets: [EU, { ...US, name: "eu" }] }),
      "targets[1].name",
      "no other region has",
    ],
    [
      "no weight",
      withStorm({ targets: [EU, { ...US, weight: 0 }] }),
      "targets[1].weight",
      "a number above 0",
    ],
    ["a bad URL", withStorm({ targets: [EU, { ...US, url: "us" }] }), "targets[1].url", "mqtt://host:port"],
    [
      "a password in a URL",
      withStorm({ targets: [EU, { ...US, url: "mqtt://user:secret@us" }] }),
      "targets[1].url",
      "without user name and password",
    ],
    [
      "the lab with MQTT 5",
      withStorm({ targets: [EU, { ...US, url: "lab" }], protocolVersion: 5 }),
      "targets[1].url",
      "MQTT 3.1.1 only",
    ],
    [
      "a policy",
      withStorm({ targets: [EU, US], failover: { policy: "last" } }),
      "failover.policy",
      "next, random",
    ],
    ["no attempt", withStorm({ targets: [EU, US], failover: { after: 0 } }), "failover.after", "above 0"],
    [
      "sticky that goes home",
      withStorm({ targets: [EU, US], failover: { policy: "sticky", returnHome: "5s" } }),
      "failover.returnHome",
      "never with sticky",
    ],
    [
      "failover without regions",
      withStorm({ failover: {} }),
      "failover",
      "has no config.engines.mqtt.targets",
    ],
    ["a loss without regions", { mqtt: { storms: [LOSS] } }, "storms[0].regionLoss.target", "nothing, since"],
    [
      "a region that is not there",
      { mqtt: { targets: [EU, US], storms: [{ ...LOSS, regionLoss: { target: "ap" } }] } },
      "storms[0].regionLoss.target",
      "a region: eu, us",
    ],
    [
      "the control connection's broker",
      { mqtt: { targets: [{ ...EU, url: "mqtt://broker" }, US], storms: [LOSS] } },
      "storms[0].regionLoss.target",
      "not config.target",
    ],
    [
      "a loss that outlasts the window",
      { mqtt: { targets: [EU, US], storms: [{ ...LOSS, regionLoss: { target: "eu", for: "21s" } }] } },
      "storms[0].regionLoss.for",
      "at most the storm's window: 20s",
    ],
    [
      "a fraction beside it",
      { mqtt: { targets: [EU, US], storms: [{ ...LOSS, fraction: 1 }] } },
      "storms[0].fraction",
      "nothing with the cause regionLoss",
    ],
    [
      "a loss that lasts beside its region",
      { mqtt: { targets: [EU, US], storms: [{ ...LOSS, for: "5s" }] } },
      "storms[0].for",
      "as regionLoss: { target: NAME, for: 30s }",
    ],
    [
      "a cause beside it",
      { mqtt: { targets: [EU, US], storms: [{ ...LOSS, cause: "close" }] } },
      "storms[0].cause",
      "nothing beside regionLoss",
    ],
  ])("%s", (_, parts, path, allowed) => {
    const problems = problemsOf(parts);
    expect(problems.map((problem) => problem.path)).toEqual([`${MQTT}.${path}`]);
    expect(problems[0]?.allowed).toContain(allowed);
    expect(JSON.stringify(problems)).not.toContain("secret");
  });

  it.each<[string, unknown, targets: unknown, path: string]>([
    ["a region of the lab that no target is", ["ap", "eu", "us"], LAB, "before.flow[0].lab.regions[0]"],
    ["a target that is not listed", ["eu"], LAB, "before.flow[0].lab.regions"],
    ["regions without targets", ["eu"], undefined, "before.flow[0].lab.regions"],
    ["no capacity", [{ name: "eu", capacity: 0 }, "us"], LAB, "before.flow[0].lab.regions[0].capacity"],
  ])("%s", (_, regions, targets, path) => {
    const problems = problemsOf({
      ...withStorm(targets === undefined ? {} : { targets }),
      before: hookWith(regions),
    });
    expect(problems.map((problem) => problem.path)).toEqual([path]);
  });
});
