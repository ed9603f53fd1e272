/**
 * Every exit code that this package sets, with its sentence. Artillery itself ends with 1 (ensure), 7, 8, 11 (worker
 * crash), 21, 130 or 143 (signals).
 */
export const EXIT_CODES = {
  ok: { code: 0, sentence: "the run was measured; the verdicts say how it went" },
  invalidConfig: {
    code: 1,
    sentence: "config.plugins.mqtt-results, or the command line, is not valid; nothing was started",
  },
  noDeviceOnline: { code: 2, sentence: "no device of the whole fleet was ever online" },
  resultsFailed: { code: 3, sentence: "the results of the run could not be read, merged or written" },
  gate: { code: 4, sentence: "a storm did what `fail` forbids" },
  notMeasured: {
    code: 5,
    sentence: "what the run was to tell cannot be known: no verdict on a storm, for the reason beside it",
  },
  slower: { code: 6, sentence: "run B recovered more slowly than run A by more than --fail-slower allows" },
} as const;
export type ExitName = keyof typeof EXIT_CODES;
