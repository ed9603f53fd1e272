import { FILES } from "artillery-engine-mqtt/contract";

/** All file names inside `<output>/<testRunId>/`: the engine's, and what only `results/` writes. */
export const RUN_FILES = {
  ...FILES,
  /** Histograms of all workers, one interval per tag. */
  histograms: "merged.hlog",
  /** The script that was run, secrets masked. */
  script: "script.json",
  /** What `fail` held the run to, as a CI server reads it. */
  junit: "junit.xml",
  /** What is known to be missing, a sentence a line. */
  missing: "missing.txt",
} as const;
