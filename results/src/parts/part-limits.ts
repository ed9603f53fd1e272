const MIB = 1024 * 1024;

/** What is sent in one part, and read of a bucket that may hold anything. Parts come every 10 s: 20,000 are two days. */
export const PART_LIMITS = {
  /** Text of one part when it is sent: what is more goes into the next. */
  textBytes: 8 * MIB,
  files: 3000,
  parts: 20_000,
  containers: 2000,
  packedBytes: 32 * MIB,
  inflatedBytes: 64 * MIB,
  /** Keys below one prefix. */
  keys: 1_000_000,
  /** All that is written of one run. */
  runBytes: 8192 * MIB,
} as const;
