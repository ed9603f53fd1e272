/** What a port of the live page may be. */
export const PORT_NOTATION = "a port from 1 to 65535";

/** Null where it is none. */
export function parsePort(text: string): number | null {
  const port = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}
