/** Each device pings on its own phase: Mosquitto's log says when, read while it is written, for its own times are whole seconds. */
import { closeSync, openSync, readSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { fleetOf, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually, pause } from "../support/device-fleet.ts";

const DEVICES = 100;
const KEEPALIVE_MS = 1000;
/** So often the log is read: times are no better. */
const READ_MS = 10;

interface Line {
  text: string;
  atMs: number;
}

/** The lines of a log from now on, each with the time at which it was seen. */
function follow(path: string): Line[] {
  const lines: Line[] = [];
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(1 << 20);
  let rest = "";
  const timer = setInterval(() => {
    const atMs = performance.now();
    const [last = "", ...whole] = (rest + buffer.toString("latin1", 0, readSync(file, buffer)))
      .split("\n")
      .reverse();
    rest = last;
    lines.push(...whole.reverse().map((text) => ({ text, atMs })));
  }, READ_MS);
  onTestFinished(() => {
    clearInterval(timer);
    closeSync(file);
  });
  return lines;
}

function timesOf(lines: readonly Line[], line: RegExp): number[] {
  return lines.flatMap(({ text, atMs }) => (line.test(text) ? [atMs] : []));
}

/** The largest share of them within any 100 ms. */
function crowd(times: readonly number[]): number {
  const counts = times.map((from) => times.filter((at) => at >= from && at < from + 100).length);
  return Math.max(...counts) / times.length;
}

function spread(times: readonly number[]): number {
  return Math.max(...times) - Math.min(...times);
}

it.skipIf(!mosquittoAvailable())(
  "devices that came over a second ping over a second, and find out over one",
  async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const lines = follow(broker.logPath);
    const fleet = fleetOf({
      port: broker.port,
      devices: DEVICES,
      clientIds: "phase-",
      plan: { keepaliveMs: KEEPALIVE_MS },
      backoff: { policy: "fixed", baseMs: 0 },
    });
    for (const device of fleet.devices) {
      device.connect();
      await pause(KEEPALIVE_MS / DEVICES);
    }
    await eventually(() => fleet.ready === DEVICES);
    await pause(2 * KEEPALIVE_MS);
    const came = timesOf(lines, /New client connected from \S+ as phase-/);
    const pings = timesOf(lines, /Received PINGREQ from phase-/);
    expect(came).toHaveLength(DEVICES);
    expect(pings.length).toBeGreaterThanOrEqual(DEVICES);
    // On one tick of a second all of them would leave within 100 ms.
    expect(crowd(pings.slice(-DEVICES))).toBeLessThan(0.5);

    // All lose their path at one instant, and find out on their own phases: that is an echo of the storm that lasts a keepalive.
    for (const device of fleet.devices) device.part.silence(1);
    await eventually(() => fleet.events.values.becameReady[1]?.length === DEVICES, 10_000);
    await eventually(() => timesOf(lines, /New client connected from \S+ as phase-/).length === 2 * DEVICES);
    const back = timesOf(lines, /New client connected from \S+ as phase-/).slice(DEVICES);
    expect(crowd(back)).toBeLessThan(0.5);
    expect(spread(back)).toBeGreaterThan(KEEPALIVE_MS / 2);
    if (process.env["SHOW"])
      console.log({
        came: spread(came),
        back: spread(back),
        crowd: [crowd(pings.slice(-DEVICES)), crowd(back)],
      });
  },
);
