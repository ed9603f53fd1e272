/** Machines that meet in a shared folder, of which one is late, skewed, killed or blind: what the report says is what the broker saw. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mergeDirectories } from "../../results/src/directory/judged-runs.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { type ArtilleryRun, type RunOptions, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually } from "../support/device-fleet.ts";
import { readSummary } from "../support/summary.ts";

const DEVICES = 40;
const LATE_MS = 20_000;
const AHEAD_MS = 2000;
/** Nine processes start at once. */
const STARTS_MS = 60_000;
const RUN = "machines";
const SKEWED_CLOCK = pathToFileURL(join(import.meta.dirname, "../support/skewed-clock.mjs")).href;

interface FleetSpec {
  containers: number;
  /** After so long time zero is set in any case. */
  timeout: string;
  window: string;
  /** Starts so much later than the first came, by ordinal. */
  lateMs?: Readonly<Record<number, number>>;
  /** Its clock is ahead by so much, by ordinal. */
  aheadMs?: Readonly<Record<number, number>>;
  /** Is killed as soon as it knows the time zero. */
  killed?: number;
  /** Where they meet; a new folder where it is not given. */
  meeting?: string;
  /** Only these are started. */
  started?: readonly number[];
}

interface Played {
  runs: ArtilleryRun[];
  broker: Mosquitto;
  /** The judgement of `mqtt-results report` with the directories of these. */
  judge(ordinals?: readonly number[]): Summary;
}

const directoryOf = ({ runDirectory }: ArtilleryRun): string => join(runDirectory, "mqtt-results", RUN);

async function play(spec: FleetSpec): Promise<Played> {
  const broker = await Mosquitto.start();
  const meeting = spec.meeting ?? mkdtempSync(join(tmpdir(), "meeting-"));
  const ordinals = spec.started ?? [...Array(spec.containers).keys()];
  const runs = await Promise.all(
    ordinals.map(async (ordinal) => {
      const lateMs = spec.lateMs?.[ordinal] ?? 0;
      if (lateMs > 0) {
        await eventually(() => namesIn(rosterOf(meeting), 0).length > 0, STARTS_MS);
        await sleep(lateMs);
      }
      const aheadMs = spec.aheadMs?.[ordinal];
      const options: RunOptions = {
        env: {
          ARTILLERY_TEST_RUN_ID: RUN,
          MQTT_FLEET_INDEX: String(ordinal),
          MQTT_FLEET_CONTAINERS: String(spec.containers),
          MQTT_FLEET_RENDEZVOUS: meeting,
          ...(aheadMs === undefined
            ? {}
            : { CLOCK_AHEAD_MS: String(aheadMs), NODE_OPTIONS: `--import=${SKEWED_CLOCK}` }),
        },
      };
      if (ordinal === spec.killed) killAtTimeZero(options, meeting, ordinal);
      return runArtillery(scriptOf(broker.url, spec), options);
    }),
  );
  const judge = (whose = ordinals): Summary =>
    mergeDirectories(
      whose.map((ordinal) => directoryOf(runs[ordinals.indexOf(ordinal)] as ArtilleryRun)),
      {},
    ).summary;
  return { runs, broker, judge };
}

function scriptOf(target: string, { timeout, window }: FleetSpec): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalCount: DEVICES }],
      engines: {
        mqtt: {
          seed: 7,
          reconnect: { policy: "fixed", base: "100ms" },
          timeZero: { from: "ready", timeout },
          storms: [{ at: "1s", fraction: 0.5, cause: "reset", window }],
        },
      },
      plugins: { "mqtt-results": { report: ["json", "console"], progress: false } },
    },
    scenarios: [{ name: "devices", engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
  };
}

const rosterOf = (meeting: string): string => join(meeting, RUN, "roster");

/** The entries of a container's workers. */
function namesIn(roster: string, ordinal: number): string[] {
  const names = existsSync(roster) ? readdirSync(roster) : [];
  return names.filter((name) => name.startsWith(`${ordinal}-`));
}

/** SIGKILL, to this one process, between the barrier and the storm: its own entry says when it has a time zero. */
function killAtTimeZero(options: RunOptions, meeting: string, ordinal: number): void {
  let timer: NodeJS.Timeout | undefined;
  options.onOutput = (_text, child) => {
    timer ??= setInterval(() => {
      if (child.exitCode !== null || child.signalCode !== null) clearInterval(timer);
      else if (timeZeroKnown(rosterOf(meeting), ordinal)) child.kill("SIGKILL");
    }, 100);
  };
}

function timeZeroKnown(roster: string, ordinal: number): boolean {
  const known = (name: string): boolean =>
    !readFileSync(join(roster, name), "utf8").includes('"timeZeroMs":null');
  return namesIn(roster, ordinal).some(known);
}

/** When the broker accepted each further connection of a container's devices, epoch milliseconds to the second. */
function reconnects({ broker }: Played, ordinal: number, containers: number): number[] {
  const seen = new Set<string>();
  return [...broker.log().matchAll(/^(\S+): New client connected from \S+ as device-(\d+) /gm)].flatMap(
    ([, time = "", number = ""]) => {
      // Containers number their devices in turns, from 0.
      if (Number(number) % containers !== ordinal) return [];
      if (seen.has(number)) return [Date.parse(time)];
      seen.add(number);
      return [];
    },
  );
}

describe.skipIf(!mosquittoAvailable())("machines that meet in a shared folder", () => {
  let waited: Played;
  let hurried: Played;
  let killed: Played;
  let blind: Played;

  beforeAll(async () => {
    const meeting = join(mkdtempSync(join(tmpdir(), "meeting-")), "a-file");
    writeFileSync(meeting, "");
    const lateAndSkewed = { containers: 3, lateMs: { 2: LATE_MS }, aheadMs: { 1: AHEAD_MS } };
    [waited, hurried, killed, blind] = await Promise.all([
      play({ ...lateAndSkewed, timeout: "60s", window: "4s" }),
      // The late one comes into the open window.
      play({ ...lateAndSkewed, timeout: "8s", window: "15s" }),
      play({ containers: 2, timeout: "60s", window: "4s", killed: 1 }),
      play({ containers: 2, timeout: "3s", window: "4s", started: [1], meeting }),
    ]);
  }, 120_000);
  afterAll(() => Promise.all([waited, hurried, killed, blind].map((played) => played?.broker.stop())));

  it("wait for one that comes 20 s late, and one whose clock is 2 s off cuts with the others", () => {
    const ofEach = [0, 1, 2].map((ordinal) => reconnects(waited, ordinal, 3));
    expect(ofEach.flat(), waited.runs.map(({ stdout }) => stdout).join("")).toHaveLength(60);
    expect(ofEach.every((times) => times.length > 0)).toBe(true);
    // The log has whole seconds.
    const firsts = ofEach.map((times) => Math.min(...times));
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeLessThanOrEqual(1000);

    const summary = waited.judge();
    expect(summary).toMatchObject({ complete: true, fleet: { devices: 120 }, exit: { code: 0 } });
    expect(summary.storms).toMatchObject([{ fleet: 120, affected: 60, recovered: 60, verdict: "recovered" }]);
    expect(summary.storms[0]?.dropSpreadMs.max).toBeLessThan(1000);
    expect(summary.warnings.join("\n")).toMatch(
      /clock of container 1 is (2|1\.9\d|2\.0\d) s ahead of that of container [02] .*their storms came together/,
    );
  });

  it("do not wait for it beyond the barrier's time: it is said, and the verdict counts its devices", () => {
    const ofEach = [0, 1, 2].map((ordinal) => reconnects(hurried, ordinal, 3).length);
    expect(ofEach[2], hurried.runs[2]?.stdout).toBe(0);
    expect((ofEach[0] ?? 0) + (ofEach[1] ?? 0)).toBe(40);
    const said = hurried.runs.map(({ stdout }) => stdout).join("\n");
    expect(said).toContain(
      "time zero is set after 8 s, without a ready fleet: container 2 of 3 (counted from 0) has not come",
    );
    // The others may have ended by the time it comes: then it hears of nobody.
    expect(hurried.runs[2]?.stdout).toMatch(
      /mqtt storm 1: connection reset, missed|no storm comes to this container/,
    );

    const [storm] = hurried.judge().storms;
    expect(storm).toMatchObject({
      affected: 40,
      recovered: 40,
      verdict: null,
      verdictAbsence: "not-watched",
      presence: { due: 120, there: 80, affectedDue: 60, gaps: [{ container: "2", due: 40, missing: 40 }] },
    });
    expect(storm?.presence?.gaps[0]?.lateMs).toBeGreaterThan(LATE_MS);
    expect(storm?.verdictReason).toContain("40 were affected in place of 60: container 2 began");
    expect(hurried.judge().exit.code).toBe(5);
  });

  it("lose one between the barrier and the storm: it is named, and the verdict counts its devices", () => {
    expect(killed.runs[1]?.code).toBeNull();
    const [ofFirst, ofKilled] = [reconnects(killed, 0, 2), reconnects(killed, 1, 2)];
    expect(ofKilled, killed.runs[0]?.stdout).toEqual([]);

    const summary = killed.judge();
    expect(summary).toMatchObject({ complete: false, exit: { code: 5 } });
    expect(summary.missing.join()).toMatch(/worker 1-\S+ was killed/);
    const storm = { affected: ofFirst.length, verdict: null, presence: { due: 80, there: 40 } };
    expect(summary.storms).toMatchObject([storm]);
    expect(summary.storms[0]?.verdictReason).toContain("of container 1 its 40 devices took no part");
    // Its disk is gone too.
    const left = killed.judge([0]);
    expect(left.missing).toEqual(["container 1 left no files: it had 40 devices"]);
    expect(left.storms).toMatchObject([storm]);
  });

  it("that cannot be reached there is told, and leaves its devices alone", () => {
    const [run] = blind.runs;
    expect(run?.stdout).toContain("a-file cannot be used to meet the other workers: ENOTDIR");
    expect(run?.stdout).toContain("no storm comes to this container (1 of 2, counted from 0)");
    expect(reconnects(blind, 1, 2)).toEqual([]);
    expect(run?.code).toBe(5);
    expect(readSummary(run as ArtilleryRun).storms).toMatchObject([
      { affected: 0, verdict: null, verdictAbsence: "not-watched" },
    ]);
    expect(blind.judge()).toMatchObject({ complete: false, exit: { code: 5 } });
  });
});
