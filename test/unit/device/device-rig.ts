import { Device } from "../../../engine/src/device/device.ts";
import type { Losses } from "../../../engine/src/device/losses.ts";
import type { DeviceEnvironment, DeviceEvents, DevicePlan } from "../../../engine/src/device/port.ts";
import type { OperationDone } from "../../../engine/src/device/session/session.ts";
import { createCodec } from "../../../engine/src/transport/codec.ts";
import { FakeNetwork, type FakeTransport } from "../../support/fake-transport.ts";
import { ManualTime } from "../../support/manual-time.ts";

export type LoggedEvent = [name: string, ...args: unknown[]];

/** Waits 100 ms, 200 ms, 400 ms … */
export const doubling = (attempt: number): number => 100 * 2 ** attempt;

/** One device with a network, a clock and a bootstrap that do what the test says. Cohort 0, device number 7. */
export class Rig {
  readonly time = new ManualTime(1000);
  readonly network: FakeNetwork;
  readonly log: LoggedEvent[] = [];
  /** `done` of every bootstrap begun, in order. */
  readonly bootstraps: OperationDone[] = [];
  /** Device number and number of every draw. */
  readonly draws: [number, number][] = [];
  readonly device: Device;
  readonly losses: Losses = { watch: null };
  /** What every bootstrap does; the test may replace it. */
  onBootstrap: (device: Device, done: OperationDone) => void = () => {};

  constructor(plan: Partial<DevicePlan> = {}, regions?: DeviceEnvironment["regions"]) {
    const version = plan.protocolVersion ?? 4;
    this.network = new FakeNetwork(version);
    const events = new Proxy(
      {},
      {
        get:
          (_target, name) =>
          (...args: unknown[]): void => {
            this.log.push([String(name), ...args]);
          },
      },
    ) as DeviceEvents;
    this.device = new Device(
      7,
      { clientId: "device-000007", username: "user", password: "secret" },
      {
        plan: {
          cohort: 0,
          protocolVersion: version,
          keepaliveMs: 60_000,
          connectTimeoutMs: 10_000,
          ackTimeoutMs: 5000,
          clean: true,
          sessionExpiryS: 0,
          resubscribe: "auto",
          backoff: doubling,
          backoffBaseMs: 100,
          resetAfter: "ready",
          maxPacketBytes: 10_000,
          receiveMaximum: 65_535,
          topicAliasMaximum: 0,
          followReferences: false,
          ...plan,
        },
        time: this.time,
        open: this.network.open,
        ...(regions === undefined ? {} : { regions }),
        codec: createCodec(version),
        events,
        losses: this.losses,
        random: (number, draw) => {
          this.draws.push([number, draw]);
          return 0.5;
        },
        bootstrap: (device, done) => {
          this.bootstraps.push(done);
          this.onBootstrap(device, done);
        },
      },
      this,
    );
  }

  get broker(): FakeTransport {
    return this.network.last;
  }

  /** The log of these events only. */
  events(...names: string[]): LoggedEvent[] {
    return this.log.filter(([name]) => names.includes(name));
  }

  /** Opens the connection that the device began, and accepts it. */
  accept(sessionPresent = false): void {
    this.broker.opens();
    this.broker.sends({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent });
    this.broker.take();
  }

  /** Completes the latest bootstrap. */
  bootstrapped(failure: string | null = null): void {
    const done = this.bootstraps.at(-1);
    if (done === undefined) throw new Error("no bootstrap was begun");
    done(failure);
  }

  /** From connecting to ready. */
  makeReady(sessionPresent = false): void {
    this.accept(sessionPresent);
    this.bootstrapped();
  }

  /** From the start to ready, with an empty log. */
  start(): this {
    this.device.connect();
    this.makeReady();
    this.log.length = 0;
    return this;
  }

  /** One reconnect after a loss: waits, is accepted, is ready. */
  reconnect(waitMs: number, sessionPresent = false): void {
    this.time.advance(waitMs);
    this.makeReady(sessionPresent);
  }
}

/** Records how often and with what an operation was settled. */
export function outcome(): { done: OperationDone; results: (string | null)[] } {
  const results: (string | null)[] = [];
  return { done: (failure) => results.push(failure), results };
}
