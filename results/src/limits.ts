/**
 * What is read of a directory of results that may come from anywhere. Each is far beyond what a run leaves (a million rows
 * of a timeline are 70 MB), and keeps a hostile one from taking the machine.
 */
export const LIMITS = {
  /** Records, `script.json`, `summary.json`. */
  jsonBytes: 64 * 1024 * 1024,
  histogramLogBytes: 256 * 1024 * 1024,
  timelineBytes: 256 * 1024 * 1024,
  /** A row of CSV, and its fields: of ours there are some 15. */
  rowChars: 64 * 1024,
  columns: 100,
  /** An interval's counts, inflated: all buckets of `HISTOGRAM` at nine bytes each. */
  intervalBytes: 256 * 1024,
  /** A line of a log, with such an interval in Base64. */
  lineChars: 512 * 1024,
  /** Different tags in one log. */
  tags: 5000,
  workers: 10_000,
  cohorts: 1000,
  storms: 1000,
  /** Sentences on one file. */
  problems: 20,
} as const;
