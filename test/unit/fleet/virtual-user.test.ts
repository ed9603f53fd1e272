import { describe, expect, it } from "vitest";
import type { ProcessorFunction, Step, VuContext } from "../../../engine/src/artillery.ts";
import { SCRIPT_FAILURES } from "../../../engine/src/device/script-failures.ts";
import type { Cohort } from "../../../engine/src/fleet/cohort.ts";
import type { Host } from "../../../engine/src/fleet/host.ts";
import { VirtualUsers, type VirtualUsersOptions } from "../../../engine/src/fleet/virtual-user.ts";
import type { Problem } from "../../../engine/src/script/problem.ts";
import { ScriptError } from "../../../engine/src/script/script-error.ts";
import { bindDevice, StepFailure } from "../../../engine/src/script/steps/step.ts";
import { Rig } from "../device/device-rig.ts";

/** One virtual user whose flow is that step, on a device that does what the test says. */
function userOf(
  step: Step,
  {
    host = null,
    needs = [],
    before = [],
    onUnset = null,
    processor = {},
  }: {
    host?: Host | null;
    needs?: Cohort["needs"];
    before?: string[];
    onUnset?: VirtualUsersOptions["onUnset"];
    processor?: Record<string, ProcessorFunction>;
  } = {},
) {
  const context: VuContext = { vars: {}, funcs: {} };
  const rig = new Rig({}, null, context);
  const emitted: string[] = [];
  const lines: string[] = [];
  const ends: (Error | null)[] = [];
  const users = new VirtualUsers({
    script: { config: { processor } },
    runEvents: { emit: (event: string, name?: string) => emitted.push(`${event} ${name}`) },
    fleet: rig.fleet,
    host: host ?? rig.host,
    cohorts: 1,
    over: (error) => {
      ends.push(error);
      rig.device.end("ended");
    },
    log: (line) => lines.push(line),
    onUnset,
  });
  bindDevice(context, rig.device);
  const cohort = { flow: [step], before, after: [], needs, environment: rig.device.env } as Cohort;
  return { rig, users, emitted, lines, ends, run: () => users.run(cohort, 0, context, () => {}) };
}

describe("a virtual user whose device's own script failed", () => {
  it.each(
    SCRIPT_FAILURES,
  )("%s: is over at once, wherever its flow is, and its device does not come back", (failure) => {
    let late: (() => void) | null = null;
    const user = userOf((vu, callback) => {
      late = () => callback(null, vu);
    });
    const { rig } = user;
    user.run();
    rig.device.connect();
    rig.accept();
    rig.bootstrapped(failure);
    expect(user.ends).toEqual([expect.objectContaining({ failure })]);
    expect(user.emitted).toEqual([`error ${failure}`]);
    expect(rig.events("error", "disconnected", "connectRefused")).toEqual([
      { event: "error", name: failure },
      { event: "disconnected", name: "finished", wasReady: false },
    ]);
    expect(rig.device.state).toBe("ended");
    rig.time.advance(60_000);
    expect(rig.events("connectAttempt")).toHaveLength(1);
    // What its flow waited for comes to nobody.
    (late as (() => void) | null)?.();
    expect(user.ends).toHaveLength(1);
  });

  it("is no virtual user whose broker or back end refused: that one tries again", () => {
    const user = userOf(() => {});
    const { rig } = user;
    user.run();
    rig.device.connect();
    rig.accept();
    rig.bootstrapped("suback.not_authorized");
    rig.time.advance(100);
    expect(rig.events("connectAttempt")).toHaveLength(2);
    expect(user.ends).toEqual([]);
    expect(user.emitted).toEqual([]);
  });
});

describe("what a virtual user failed of", () => {
  it.each<[string, Error, string, string[], number]>([
    ["a step that was counted", new StepFailure("gave_up"), "gave_up", [], 0],
    [
      "a function whose text was told",
      new ScriptError("script_error", "f(): no", true),
      "script_error",
      [],
      1,
    ],
    ["anything else that was thrown", new Error("no such thing"), "script_error", ["mqtt: no such thing"], 1],
  ])("%s is an error of Artillery's by a name of the engine's", (_, error, name, lines, counted) => {
    const told: string[] = [];
    const tell: Host["tell"] = ({ name: event }, _subject, _storm, _value, failure) =>
      void told.push(`${event} ${failure}`);
    const user = userOf((vu, callback) => callback(error, vu), {
      host: { tell, flows: null } as unknown as Host,
    });
    user.run();
    expect(user.emitted).toEqual([`error ${name}`]);
    expect(user.lines.map((text) => text.split("\n")[0])).toEqual(lines);
    expect(told).toEqual(counted === 0 ? [] : [`error ${name}`]);
  });

  it("is nothing where it did not fail", () => {
    const user = userOf((vu, callback) => callback(null, vu));
    user.run();
    expect(user.ends).toEqual([null]);
    expect(user.emitted).toEqual([]);
  });
});

describe("what nothing has set when the first virtual user of a scenario begins its flow", () => {
  const path = ["scenarios", 0, "flow", 1, "publish", "topic"];
  const need = (expression: string, name = expression) => ({ path, name, expression });

  it("ends the run before its device connects, and names the place", () => {
    const told: Problem[][] = [];
    const begun: VuContext[] = [];
    const user = userOf((vu) => void begun.push(vu), {
      needs: [
        need("tokn"),
        need("$internetEmial()", "$internetEmial()"),
        need("$env.NOPE", "$env"),
        need("plant"),
      ],
      before: ["adds"],
      processor: {
        adds: ({ vars, funcs = {} }, _events, done) => {
          Object.assign(vars, { token: 1, plant: 2, $env: {} });
          Object.assign(funcs, { $internetEmail: () => "a@b" });
          done();
        },
      },
      onUnset: (problems) => told.push(problems),
    });
    user.run();
    expect(begun).toEqual([]);
    expect(told).toEqual([
      [
        {
          path: "scenarios[0].flow[1].publish.topic",
          value: "{{ tokn }}",
          allowed: "a variable that exists: $env, plant, token",
          hint: "did you mean token?",
        },
        expect.objectContaining({
          value: "{{ $internetEmial() }}",
          hint: "did you mean $internetEmail()?",
        }),
        expect.objectContaining({
          value: "{{ $env.NOPE }}",
          allowed: "a variable that is set in the environment",
        }),
      ],
    ]);
  });

  it("is looked for once per scenario, and not at all where it cannot be known", () => {
    const told: Problem[][] = [];
    const onUnset = (problems: Problem[]): void => void told.push(problems);
    const known = userOf((vu, callback) => callback(null, vu), {
      needs: [need("plant")],
      before: ["adds"],
      processor: {
        adds: ({ vars }, _events, done) => {
          // What only some devices have is judged where it is sent.
          if (known.ends.length === 0) vars["plant"] = 1;
          else delete vars["plant"];
          done();
        },
      },
      onUnset,
    });
    known.run();
    known.run();
    const unknown = userOf((vu, callback) => callback(null, vu), { needs: [need("plant")] });
    unknown.run();
    expect([known.ends.length, unknown.ends.length, told]).toEqual([2, 1, []]);
  });
});
