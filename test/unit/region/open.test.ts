import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openRegions } from "../../../engine/src/region/open.ts";
import type {
  Dialer,
  OpenTransport,
  Transport,
  TransportListener,
} from "../../../engine/src/transport/transport.ts";

const transport: Transport = { unsentBytes: 0, write() {}, close() {}, reset() {} };

function rig(): { heard: unknown[]; opened: string[]; listener: TransportListener; open: OpenTransport[] } {
  const heard: unknown[] = [];
  const opened: string[] = [];
  const listener: TransportListener = {
    onStep: () => heard.push("step"),
    onOpen: () => heard.push("open"),
    onBytes: () => heard.push("bytes"),
    onClosed: (failure) => heard.push(failure),
  };
  const open = ["eu", "us"].map((name): OpenTransport => {
    return (_, dialer) => {
      opened.push(`${name} ${dialer.number}`);
      return transport;
    };
  });
  return { heard, opened, listener, open };
}

function dialer(region: number): Dialer {
  return { number: 42, endpoint: null, region };
}

describe("opening a connection to a region", () => {
  it("goes to the dialler's region", () => {
    const { opened, listener, open } = rig();
    const toRegion = openRegions(open, new Set(), "region_lost");
    expect(toRegion(listener, dialer(1))).toBe(transport);
    toRegion(listener, dialer(0));
    expect(opened).toEqual(["us 42", "eu 42"]);
  });

  it("is refused once, after the opener returned, while the region is lost, and only there", async () => {
    const { heard, opened, listener, open } = rig();
    const lost = new Set([0]);
    const toRegion = openRegions(open, lost, "region_lost");
    toRegion(listener, dialer(0));
    expect(heard).toEqual([]);
    await immediate();
    expect(heard).toEqual(["region_lost"]);
    toRegion(listener, dialer(1));
    lost.delete(0);
    toRegion(listener, dialer(0));
    await immediate();
    expect(opened).toEqual(["us 42", "eu 42"]);
    expect(heard).toEqual(["region_lost"]);
  });

  it.each(["close", "reset"] as const)("is silent after %s", async (end) => {
    const { heard, listener, open } = rig();
    openRegions(open, new Set([0]), "region_lost")(listener, dialer(0))[end]();
    await immediate();
    expect(heard).toEqual([]);
  });

  it("throws for a region that the script does not have", () => {
    const { listener, open } = rig();
    expect(() => openRegions(open, new Set(), "region_lost")(listener, dialer(2))).toThrow(RangeError);
  });
});
