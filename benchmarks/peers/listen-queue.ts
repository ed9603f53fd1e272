import { readFileSync } from "node:fs";

/**
 * Connections that found a full accept queue, since boot and on the whole machine: `TcpExt ListenOverflows` of
 * /proc/net/netstat. Mosquitto listens with a queue of 100. What overflows is tried again by the kernel after 200 ms to
 * seconds, so a run with many is the queue's figure, not the client's. Null where the kernel does not say.
 */
export function listenOverflows(netstat = readFileSync("/proc/net/netstat", "latin1")): number | null {
  const [names, values] = netstat.split("\n").filter((line) => line.startsWith("TcpExt:"));
  const column = names?.split(" ").indexOf("ListenOverflows") ?? -1;
  return column < 0 ? null : Number(values?.split(" ")[column]);
}
