/** What becomes of the next packet of a device that was not told that its connection is gone. */
export const NEXT_WRITES = [
  /** Nothing answers: the path is gone. */
  "lost",
  /** RST answers: somebody on the way, such as a balancer with an idle time-out, has forgotten the connection. */
  "reset",
] as const;
export type NextWrite = (typeof NEXT_WRITES)[number];
