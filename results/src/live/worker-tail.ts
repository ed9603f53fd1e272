import { join } from "node:path";
import type { Histogram } from "hdr-histogram-js";
import { RUN_FILES } from "../run/file-names.ts";
import { LIMITS } from "../run/limits.ts";
import { readHistograms } from "../run/read-histograms.ts";
import { readTimeline } from "../run/read-timeline.ts";
import type { RunBudget } from "../run/run-budget.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { GrowingText } from "./growing-text.ts";

/** Intervals of who became ready after a storm, which the recovery curves are made of. */
const READY_TIME = /^Tag=mqtt\.storm\.\d+\.ready_time;/;

/** The growing files of one worker: rows of its timeline, and the ready times of its storms. */
export class WorkerTail {
  readonly #timelineName: string;
  readonly #histogramName: string;
  readonly #timeline: GrowingText;
  readonly #histograms: GrowingText;
  readonly #budget: RunBudget;
  readonly #sums: Map<string, Histogram>;
  /** The first line of the timeline, which says what stands where. */
  #header: string | null = null;
  /** Sentences on what was skipped last. */
  problems: string[] = [];

  /**
   * @param budget of the whole run
   * @param sums of the whole run, by tag
   */
  constructor(directory: string, id: string, budget: RunBudget, sums: Map<string, Histogram>) {
    this.#timelineName = RUN_FILES.workerTimeline(id);
    this.#histogramName = RUN_FILES.workerHistograms(id);
    this.#timeline = new GrowingText(join(directory, this.#timelineName), {
      mostBytes: LIMITS.timelineBytes,
      mostRowBytes: LIMITS.rowChars,
    });
    this.#histograms = new GrowingText(join(directory, this.#histogramName), {
      mostBytes: LIMITS.histogramLogBytes,
      mostRowBytes: LIMITS.lineChars,
    });
    this.#budget = budget;
    this.#sums = sums;
  }

  /**
   * @param take hears of the rows that came since the last look, in the file's order
   * @returns whether one of the files was replaced: what was read of it then counts for nothing
   * @throws what opening and reading a file throws, but for one that is not there
   */
  async read(take: (rows: readonly TimelineRow[]) => void): Promise<boolean> {
    const timeline = await this.#timeline.read((text) => take(this.#rowsOf(text)));
    const histograms = await this.#histograms.read((text) => this.#addReadyTimes(text));
    return timeline === "replaced" || histograms === "replaced";
  }

  #rowsOf(text: string): TimelineRow[] {
    const headerEnd = this.#header === null ? text.indexOf("\n") + 1 : 0;
    this.#header ??= text.slice(0, headerEnd);
    if (headerEnd === text.length) return [];
    const problems: string[] = [];
    const rows = readTimeline(
      `${this.#header}${text.slice(headerEnd)}`,
      this.#timelineName,
      problems,
      this.#budget,
    );
    if (problems.length > 0) this.problems = problems;
    return rows;
  }

  #addReadyTimes(text: string): void {
    const lines = text.split("\n").filter((line) => READY_TIME.test(line));
    if (lines.length === 0) return;
    const problems: string[] = [];
    readHistograms(lines.join("\n"), this.#histogramName, problems, this.#budget, this.#sums);
    if (problems.length > 0) this.problems = problems;
  }
}
