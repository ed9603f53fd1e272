import { expect, it } from "vitest";
import { listenOverflows } from "../../../../benchmarks/peers/listen-queue.ts";

it("finds the column by its name: kernels differ in which there are", () => {
  const netstat =
    "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 5 41 43\nIpExt: InNoRoutes\nIpExt: 7\n";
  expect(listenOverflows(netstat)).toBe(41);
  expect(listenOverflows("IpExt: InNoRoutes\nIpExt: 7\n")).toBeNull();
});
