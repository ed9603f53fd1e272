import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { TIMELINE_ROW_MS, WORKER_RECORD_FILE, type WorkerRecord } from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { readSummary } from "../directory/summary-file.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { clocksOf, rowsMovedMs } from "../run/clocks.ts";
import { RUN_FILES } from "../run/file-names.ts";
import { highest, lowest } from "../run/highest-lowest.ts";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { RunBudget } from "../run/run-budget.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { workerRecordSchema } from "../run/worker-record.ts";
import { Slots } from "./slots.ts";
import { WorkerTail } from "./worker-tail.ts";

/** What is summed of all rows. Levels are kept as what they changed by, so that workers and widths add up. */
const FLEET_COLUMNS = [
  "online",
  "ready",
  "connect_attempts",
  "config_requests",
  /** Growth of the number of ready devices, without what it shrank by. */
  "ready_gained",
  "storm_ready",
] as const;
export type FleetSlot = { tMs: number } & Record<(typeof FLEET_COLUMNS)[number], number>;

/** So many points are more than a plot has pixels. */
const MOST_SLOTS = 1200;
/** A worker whose rows end so long before the last of the run is gone, and its devices with it. */
const GONE_MS = 5000;

const NOBODY = { online: 0, ready: 0 };

/** What one worker's files say. */
export interface WorkerSeen {
  id: string;
  record: WorkerRecord;
  /** Since its files last changed, as it was seen from here: the clock of another machine may be off. */
  silentMs: number;
  /** By its last row; 0 once it is gone. */
  online: number;
  ready: number;
}

/** A run as its files say it is now. Times are since the epoch, on the run's common clock. */
export interface RunSeen {
  workers: WorkerSeen[];
  /** Whole slots that all workers which still report have written. */
  fleet: FleetSlot[];
  slotMs: number;
  /** Ready times after storms, by tag. */
  readyTimes: Map<string, Histogram>;
  /** How it was judged; null while it was not. */
  summary: Summary | null;
  /** Sentences on what could not be read. */
  problems: string[];
  /** Something of it was written since the last look. */
  hasNews: boolean;
}

interface Followed {
  tail: WorkerTail;
  record: WorkerRecord | null;
  /** Tells a record from the one before it. */
  version: string;
  heardAtMs: number;
  movedMs: number;
  /** By cohort. Whoever comes back from a silence has its devices again: they have not become ready. */
  levels: Map<string, { online: number; ready: number; readyBefore: number }>;
  online: number;
  ready: number;
  lastRowMs: number | null;
}

/** Follows the files of one run: every look reads only what came since the last, and keeps no more the longer it goes on. */
export class RunTail {
  readonly #directory: string;
  readonly #clock: () => number;
  #workers = new Map<string, Followed>();
  #budget = new RunBudget();
  #fleet = newFleet();
  #readyTimes = new Map<string, Histogram>();
  #summary: Summary | null = null;
  #summaryVersion = "";
  #problems = new Map<string, string>();
  #hasNews = true;
  #toldProblems = "";

  /** @param clock epoch milliseconds of this machine */
  constructor(directory: string, clock: () => number = Date.now) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Never throws for what stands in the directory, nor where there is none. */
  async look(): Promise<RunSeen> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    const ids = names.flatMap((name) => WORKER_RECORD_FILE.exec(name)?.[1] ?? []).slice(0, LIMITS.workers);
    for (const id of ids) this.#readRecord(id);
    if (this.#areClocksOther()) this.#forget();
    for (const id of ids) {
      if (!(await this.#readRows(id))) continue;
      // What was added up of the old file cannot be taken out again.
      this.#forget();
      return this.look();
    }
    this.#readSummary();
    return this.#seen();
  }

  #readRecord(id: string): void {
    const known = this.#workers.get(id);
    const path = join(this.#directory, RUN_FILES.workerRecord(id));
    const version = versionOf(path);
    if (version === null || version === known?.version) return;
    try {
      const record = workerRecordSchema.parse(JSON.parse(readTextFile(path, LIMITS.recordBytes)));
      const now = this.#clock();
      const worker = known ?? this.#follow(id);
      // What was there before anybody looked is as old as it says.
      worker.heardAtMs = worker.record === null ? Math.min(now, record.updatedAtMs) : now;
      worker.version = version;
      worker.record = record;
      this.#hasNews = true;
      this.#problems.delete(id);
    } catch (error) {
      this.#problems.set(id, `${RUN_FILES.workerRecord(id)} cannot be read: ${firstLine(error)}`);
    }
  }

  #follow(id: string): Followed {
    const worker: Followed = {
      tail: new WorkerTail(this.#directory, id, this.#budget, this.#readyTimes),
      record: null,
      version: "",
      heardAtMs: 0,
      movedMs: 0,
      levels: new Map(),
      online: 0,
      ready: 0,
      lastRowMs: null,
    };
    this.#workers.set(id, worker);
    return worker;
  }

  /** A clock is measured while the run goes on; rows that were read before stand where they should not. */
  #areClocksOther(): boolean {
    const records = this.#records();
    const clocks = clocksOf(records);
    let isOther = false;
    for (const worker of this.#workers.values()) {
      if (worker.record === null) continue;
      const movedMs = rowsMovedMs(clocks, worker.record);
      if (movedMs !== worker.movedMs && worker.lastRowMs !== null) isOther = true;
      worker.movedMs = movedMs;
    }
    return isOther;
  }

  /** Rows are read again from the first; records stay. */
  #forget(): void {
    this.#budget = new RunBudget();
    this.#fleet = newFleet();
    this.#readyTimes = new Map();
    const known = [...this.#workers];
    this.#workers = new Map();
    for (const [id, { record, version, heardAtMs, movedMs }] of known)
      Object.assign(this.#follow(id), { record, version, heardAtMs, movedMs });
  }

  /** Returns whether a file was replaced. */
  async #readRows(id: string): Promise<boolean> {
    const worker = this.#workers.get(id);
    if (worker === undefined) return false;
    const key = `rows of ${id}`;
    try {
      const isReplaced = await worker.tail.read((rows) => {
        this.#hasNews = true;
        for (const row of rows) this.#addRow(worker, row);
      });
      const problem = worker.tail.problems.at(-1);
      if (problem === undefined) this.#problems.delete(key);
      else this.#problems.set(key, problem);
      return isReplaced;
    } catch (error) {
      // Where devices hold every descriptor, the next look may find one.
      this.#problems.set(key, firstLine(error));
      return false;
    }
  }

  #addRow(worker: Followed, row: TimelineRow): void {
    const tMs = row.t_ms + worker.movedMs;
    if (worker.lastRowMs !== null && tMs > worker.lastRowMs + GONE_MS) this.#leave(worker, worker.lastRowMs);
    const before = worker.levels.get(row.cohort) ?? { ...NOBODY, readyBefore: 0 };
    const online = row.online - before.online;
    const ready = row.ready - before.ready;
    worker.levels.set(row.cohort, { online: row.online, ready: row.ready, readyBefore: row.ready });
    worker.online += online;
    worker.ready += ready;
    worker.lastRowMs = Math.max(worker.lastRowMs ?? tMs, tMs);
    const { connect_attempts, config_requests, storm_ready } = row;
    this.#fleet.add(tMs, {
      online,
      ready,
      connect_attempts,
      config_requests,
      ready_gained: Math.max(0, row.ready - before.readyBefore),
      storm_ready,
    });
  }

  /** In a silence of its rows nobody knows of its devices. */
  #leave(worker: Followed, lastRowMs: number): void {
    this.#fleet.add(lastRowMs + TIMELINE_ROW_MS, { online: -worker.online, ready: -worker.ready });
    for (const level of worker.levels.values()) Object.assign(level, NOBODY);
    worker.online = worker.ready = 0;
  }

  /** Whose rows ended long before the others' took its devices along. It may only be late: nothing of it is forgotten. */
  #gone(): Set<Followed> {
    const workers = [...this.#workers.values()];
    const lastMs = highest(workers.map(({ lastRowMs }) => lastRowMs ?? 0)) ?? 0;
    return new Set(workers.filter(({ lastRowMs }) => lastRowMs !== null && lastRowMs < lastMs - GONE_MS));
  }

  /** Levels of each slot: what they changed by, added up, without those who were gone by then. */
  #levels(gone: ReadonlySet<Followed>): FleetSlot[] {
    const left = [...gone]
      .map(({ lastRowMs, online, ready }) => ({
        tMs: (lastRowMs ?? 0) + TIMELINE_ROW_MS,
        online,
        ready,
      }))
      .sort((a, b) => a.tMs - b.tMs);
    let online = 0;
    let ready = 0;
    return this.#fleet.read().map((slot) => {
      online += slot.online;
      ready += slot.ready;
      for (
        let next = left[0];
        next !== undefined && next.tMs < slot.tMs + this.#fleet.widthMs;
        next = left[0]
      ) {
        online -= next.online;
        ready -= next.ready;
        left.shift();
      }
      return { ...slot, online, ready };
    });
  }

  #readSummary(): void {
    const version = versionOf(join(this.#directory, RUN_FILES.summary)) ?? "";
    if (version === this.#summaryVersion) return;
    this.#summaryVersion = version;
    this.#hasNews = true;
    this.#summary = null;
    this.#problems.delete(RUN_FILES.summary);
    try {
      this.#summary = version === "" ? null : readSummary(this.#directory);
    } catch (error) {
      this.#problems.set(RUN_FILES.summary, firstLine(error));
    }
  }

  #records(): WorkerRecord[] {
    return [...this.#workers.values()].flatMap(({ record }) => record ?? []);
  }

  #seen(): RunSeen {
    const now = this.#clock();
    const untilMs = this.#untilMs();
    const problems = [...this.#problems.values()].slice(0, LIMITS.problems);
    const hasNews = this.#hasNews || String(problems) !== this.#toldProblems;
    this.#hasNews = false;
    this.#toldProblems = String(problems);
    const gone = this.#gone();
    const fleet = this.#levels(gone);
    return {
      workers: [...this.#workers].flatMap(([id, worker]) => {
        const { record, heardAtMs } = worker;
        if (record === null) return [];
        const { online, ready } = gone.has(worker) ? NOBODY : worker;
        return { id, record, silentMs: Math.max(0, now - heardAtMs), online, ready };
      }),
      fleet: fleet.filter(({ tMs }) => tMs + this.#fleet.widthMs <= untilMs),
      slotMs: this.#fleet.widthMs,
      readyTimes: this.#readyTimes,
      summary: this.#summary,
      problems,
      hasNews,
    };
  }

  /** Later rows are not yet those of all workers. */
  #untilMs(): number {
    const ends = [...this.#workers.values()].flatMap(({ lastRowMs, record }) =>
      lastRowMs === null ? [] : { endMs: lastRowMs + TIMELINE_ROW_MS, runs: record?.state === "running" },
    );
    const lastMs = highest(ends.map(({ endMs }) => endMs)) ?? 0;
    const running = ends.filter(({ endMs, runs }) => runs && endMs >= lastMs - GONE_MS);
    // The last slot of a run that is over may be a wide one.
    return lowest(running.map(({ endMs }) => endMs)) ?? lastMs + this.#fleet.widthMs;
  }
}

function newFleet(): Slots<(typeof FLEET_COLUMNS)[number]> {
  return new Slots(FLEET_COLUMNS, TIMELINE_ROW_MS, MOST_SLOTS);
}

function versionOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}
