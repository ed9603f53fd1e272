import { TIMELINE_COLUMNS, TIMELINE_EVENTS, TIMELINE_ROW_MS, type TimelineEvent } from "../contract.ts";

/** Place of a column in a row: `count` takes it, so that no name is looked up per event. */
export const COLUMN: Record<TimelineEvent, number> = Object.fromEntries(
  TIMELINE_EVENTS.map((column, index) => [column, index]),
) as Record<TimelineEvent, number>;

/**
 * Counters of the current 100 ms row for each cohort, in one typed array. Rows stand on multiples of 100 ms since the
 * epoch. The clock is read with every event: an event stands in the row in which it happened, however late anything
 * else runs.
 */
export class Timeline {
  readonly #cohorts: string[];
  readonly #clock: () => number;
  readonly #events: Uint32Array;
  readonly #online: Int32Array;
  readonly #ready: Int32Array;
  #rowMs: number;
  /** Lines of rows that are over and not yet taken. */
  #lines: string[] = [];

  /** @param clock epoch milliseconds */
  constructor(cohorts: readonly string[], clock: () => number) {
    this.#cohorts = cohorts.map(csvField);
    this.#clock = clock;
    this.#events = new Uint32Array(cohorts.length * TIMELINE_EVENTS.length);
    this.#online = new Int32Array(cohorts.length);
    this.#ready = new Int32Array(cohorts.length);
    this.#rowMs = floorToRow(clock());
  }

  static get header(): string {
    return TIMELINE_COLUMNS.join(",");
  }

  count(cohort: number, column: number, count: number = 1): void {
    this.#closePassedRows();
    this.#add(cohort, column, count);
  }

  /**
   * More or fewer devices are online or ready.
   *
   * @param column the column that is counted as well; null for none
   */
  change(cohort: number, column: number | null, online: number, ready: number): void {
    this.#closePassedRows();
    if (column !== null) this.#add(cohort, column, 1);
    this.#online[cohort] = (this.#online[cohort] as number) + online;
    this.#ready[cohort] = (this.#ready[cohort] as number) + ready;
  }

  #add(cohort: number, column: number, count: number): void {
    const at = cohort * TIMELINE_EVENTS.length + column;
    this.#events[at] = (this.#events[at] as number) + count;
  }

  onlineOf(cohort: number): number {
    return this.#online[cohort] ?? 0;
  }

  readyOf(cohort: number): number {
    return this.#ready[cohort] ?? 0;
  }

  /** CSV lines of the rows that are over since the last time; with `final` the current one as well. */
  take(final = false): string[] {
    this.#closePassedRows();
    if (final) this.#closeRow();
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #closePassedRows(): void {
    const now = this.#clock();
    while (now >= this.#rowMs + TIMELINE_ROW_MS) this.#closeRow();
  }

  #closeRow(): void {
    for (let cohort = 0; cohort < this.#cohorts.length; cohort++) this.#lines.push(this.#line(cohort));
    this.#events.fill(0);
    this.#rowMs += TIMELINE_ROW_MS;
  }

  #line(cohort: number): string {
    const from = cohort * TIMELINE_EVENTS.length;
    const events = this.#events.subarray(from, from + TIMELINE_EVENTS.length).join(",");
    return `${this.#rowMs},${this.#cohorts[cohort]},${this.#online[cohort]},${this.#ready[cohort]},${events}`;
  }
}

function floorToRow(epochMs: number): number {
  return Math.floor(epochMs / TIMELINE_ROW_MS) * TIMELINE_ROW_MS;
}

/** RFC 4180. Only the cohort's name is text; it is quoted once, not per row. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
