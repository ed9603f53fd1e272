/** The untyped edge to Artillery, typed once. */
export interface Artillery {
  testRunId: string;
  /** Prints through Artillery's own log, which stops its spinner first. */
  log: (text: string) => void;
  /** Keeps a code that was already suggested if it is the higher one, so that Artillery's own failures stay visible. */
  setExitCode: (code: number) => void;
  /** The code that was suggested so far; 0 for none. */
  exitCode: number;
}

interface ArtilleryGlobal {
  testRunId?: string;
  log?: (text: string) => void;
  suggestedExitCode?: number;
}

/** Is to be called late: Artillery sets the test run id after it has loaded its modules. */
export function currentArtillery(): Artillery {
  const own: ArtilleryGlobal = (globalThis as { artillery?: ArtilleryGlobal }).artillery ?? {};
  return {
    testRunId: own.testRunId ?? process.env.ARTILLERY_TEST_RUN_ID ?? "unknown",
    log: (text) => (own.log ? own.log(text) : console.log(text)),
    exitCode: own.suggestedExitCode || 0,
    setExitCode: (code) => {
      own.suggestedExitCode = Math.max(own.suggestedExitCode || 0, code);
    },
  };
}
