/** Every exit code that this package sets, with its sentence. Artillery itself ends with 1 (ensure) or 11 (worker crash). */
export const EXIT_CODES = {
  ok: { code: 0, sentence: "the run was measured; the verdicts say how it went" },
  invalidConfig: { code: 1, sentence: "config.plugins.mqtt-results is not valid; nothing was started" },
  noDeviceOnline: { code: 2, sentence: "no device of the whole fleet was ever online" },
  resultsFailed: { code: 3, sentence: "the results of the run could not be read, merged or written" },
} as const;
export type ExitName = keyof typeof EXIT_CODES;
