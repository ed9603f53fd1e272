/** What a reboot takes from a device's variables. */
import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import { forgetsAtReboot, inMemory } from "../../../engine/src/fleet/device-memory.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { doubling, Rig, told } from "../device/device-rig.ts";
import { scriptWith, withStorm } from "../script/good-script.ts";

const ask = (as: string, more: object = {}): object => ({
  request: { topic: "ask", responseTopic: "answer", capture: { json: "$.x", as }, ...more },
});

function captured(onConnect: object[]): string[] {
  const { plan, problems } = validate(scriptWith({ ...withStorm({}), scenario: { onConnect } }));
  if (!plan) throw new Error(JSON.stringify(problems));
  return inMemory(plan.cohorts[0]?.onConnect ?? []);
}

describe("what firmware has in memory alone", () => {
  it("is what steps of onConnect capture or set, but for what it keeps where it survives", () => {
    const http = { http: { get: "http://127.0.0.1/", capture: { json: "$.y", as: "fetched" } } };
    expect(
      captured([ask("asked"), ask("kept", { cache: true }), http, { set: { own: 1 } }, ask("asked")]),
    ).toEqual(["asked", "fetched", "own"]);
    expect(captured([{ subscribe: { topics: "t" } }])).toEqual([]);
  });
});

/** Its bootstrap forgets, and then sets both variables. */
function rebooting(vars: Record<string, unknown>) {
  const context: VuContext = { vars };
  const rig = new Rig({ failureLimit: { failures: 1, reboot: { ms: 1000, jitter: 0 } } }, null, context);
  const forgets = forgetsAtReboot(["captured"]);
  const found: unknown[] = [];
  rig.onBootstrap = (device, done) => {
    forgets.begin(
      device,
      told(() => {
        found.push({ ...vars });
        vars["captured"] = `answer ${found.length}`;
        vars["byFunction"] = true;
        done(null);
      }),
    );
  };
  return { rig, found };
}

describe("a device that reboots", () => {
  it("has the variables of before its first connection again, and those of functions still", () => {
    const { rig, found } = rebooting({ captured: "from the payload file" });
    rig.device.connect();
    rig.accept();
    // A lost connection is no failure of an attempt: nothing is forgotten.
    rig.broker.ends();
    rig.time.advance(doubling(0));
    rig.accept();
    expect(found).toEqual([
      { captured: "from the payload file" },
      { captured: "answer 1", byFunction: true },
    ]);
    rig.broker.ends();
    rig.time.advance(doubling(0));
    rig.broker.ends("tcp_refused");
    expect(rig.events("rebooted")).toHaveLength(1);
    rig.time.advance(1000);
    rig.accept();
    expect(found[2]).toEqual({ captured: "from the payload file", byFunction: true });
    // Only once: on the next connection it remembers.
    rig.broker.ends();
    rig.time.advance(doubling(0));
    rig.accept();
    expect(found[3]).toEqual({ captured: "answer 3", byFunction: true });
  });

  it("does not know at all what was not there before", () => {
    const { rig, found } = rebooting({});
    rig.device.connect();
    rig.accept();
    rig.broker.ends();
    rig.time.advance(doubling(0));
    rig.broker.ends("tcp_refused");
    rig.time.advance(1000);
    rig.accept();
    expect((found[1] as Record<string, unknown>)["captured"]).toBeUndefined();
  });
});
