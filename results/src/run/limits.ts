const MIB = 1024 * 1024;

/**
 * What is read of a directory of results that may come from anywhere. Each is far beyond what a run leaves (a million rows
 * of a timeline are 50 to 70 MB), and keeps a hostile one from taking the machine.
 */
export const LIMITS = {
  /** `script.json`, `lab.json`. */
  scriptBytes: 8 * MIB,
  recordBytes: 8 * MIB,
  summaryBytes: 32 * MIB,
  histogramLogBytes: 256 * MIB,
  timelineBytes: 256 * MIB,
  /** A row of CSV, and its fields: our rows have some 15. */
  rowChars: 64 * 1024,
  columns: 100,
  /** An interval's counts, inflated: all buckets of `HISTOGRAM` at nine bytes each. */
  intervalBytes: 256 * 1024,
  /** A line of a log, with such an interval in Base64. */
  lineChars: 512 * 1024,
  /** Names of cohorts, regions, runs, errors; a tag, with the name of its cohort URI-encoded. */
  nameChars: 1000,
  tagChars: 10_000,
  workers: 10_000,
  /** These three are of one record, the cohorts of one of its storms. */
  regions: 100,
  cohortsOfStorm: 1000,
  otherRuns: 100,
  /** Client ids that devices share, of one record. */
  sharedIds: 100,
  assumptions: 1000,
  /** Smaller samples beside a forecast's, and figures of each. */
  pilots: 100,
  pilotFigures: 1000,
  /** Sentences on what is missing from a directory, and characters of each. */
  missing: 100,
  missingChars: 1000,
  missingBytes: MIB,
  /** Sentences on one file. */
  problems: 20,
  /** All workers and directories that are read together share these: thousands of small files are as much as a large one. */
  run: {
    recordBytes: 64 * MIB,
    histogramLogBytes: 4096 * MIB,
    timelineBytes: 4096 * MIB,
    /** Each takes some 20 µs. */
    intervals: 10_000_000,
    inflatedBytes: 8192 * MIB,
    /** Each takes 96 KB. */
    tags: 5000,
    cohorts: 1000,
    storms: 1000,
    /** Cohorts and regions of all storms: a fifth of a page of `summary.json` for each. */
    stormParts: 10_000,
    failureNames: 1000,
    /** A timeline has one for each cohort and 100 ms in which there was a worker; each takes some 200 bytes. */
    rows: 2_000_000,
    /** Rows times storms, for each storm looks at all rows before it. */
    rowsOfStorms: 500_000_000,
    /** Rows that are made where a worker stuttered. */
    filledRows: 1_000_000,
    /** Sentences. */
    problems: 200,
  },
} as const;
