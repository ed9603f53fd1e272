import { onTestFinished } from "vitest";

/** What the engine says through Artillery's log from here to the end of the test. */
export function engineLog(): unknown[] {
  const lines: unknown[] = [];
  const before = (globalThis as { artillery?: unknown }).artillery;
  onTestFinished(() => {
    Object.assign(globalThis, { artillery: before });
  });
  Object.assign(globalThis, { artillery: { log: (line: unknown) => lines.push(line) } });
  return lines;
}
