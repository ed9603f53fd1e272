import { readyDevices, STORM } from "./bench-devices.ts";
import type { Scale, SyncCase, Table } from "./suite.ts";

interface BenchFleet {
  /** Every device that waits in back-off connects, and is accepted; how many did. */
  reconnect(): number;
  /** Drops every device as a storm does, and tells the recorder. Returns how many were online. */
  drop(): number;
  /** The lines of the timeline that a flush would take every 2 s do not pile up. */
  flush(): void;
}

function fleetOf(count: number): BenchFleet {
  const { time, recorder, devices, accept } = readyDevices(count);
  return {
    reconnect: () => {
      time.fire();
      return accept();
    },
    drop: () => {
      const startedMs = performance.now();
      let dropped = 0;
      for (const device of devices) {
        const lostAtMs = device.part.drop("reset", STORM);
        if (lostAtMs === null) continue;
        recorder.storms.dropped(0, STORM, lostAtMs - startedMs);
        dropped++;
      }
      return dropped;
    },
    flush: () => void recorder.timeline.take(),
  };
}

/** A case whose every run must concern all devices: what it does not do costs nothing, and must not look fast. */
function ofAll(name: string, count: number, prepare: () => void, operation: () => number): SyncCase {
  return {
    name,
    operations: count,
    prepare,
    run: () => {
      const done = operation();
      if (done !== count) throw new Error(`${name}: ${done} devices of ${count}`);
      return done;
    },
  };
}

export function tables({ devices: count }: Scale): Table[] {
  const dropped = fleetOf(count);
  const back = fleetOf(count);
  dropped.drop();
  return [
    {
      title: `drop ${count} devices`,
      operation: "device",
      cases: [
        ofAll(
          "engine: drop and schedule the reconnect",
          count,
          () => {
            dropped.reconnect();
            dropped.flush();
          },
          dropped.drop,
        ),
        ofAll(
          "engine: reconnect, CONNECT to ready",
          count,
          () => {
            back.drop();
            back.flush();
          },
          back.reconnect,
        ),
      ],
    },
  ];
}
