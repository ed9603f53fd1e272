import { expect } from "vitest";
import { Device } from "../../../engine/src/device/device.ts";
import type { Subject } from "../../../engine/src/device/events.ts";
import type { DevicePlan } from "../../../engine/src/device/plan.ts";
import type { DeviceEnvironment } from "../../../engine/src/device/port.ts";
import { type MessageReactions, NO_REACTIONS } from "../../../engine/src/device/session/message-work.ts";
import type { TelemetryPlan } from "../../../engine/src/device/telemetry.ts";
import type { Waiter } from "../../../engine/src/device/turns.ts";
import { Fleet } from "../../../engine/src/fleet/fleet.ts";
import { LiveHost, type LiveHostOptions } from "../../../engine/src/live/host.ts";
import { FakeNetwork, type FakeTransport } from "../../support/fake-transport.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { type LoggedEvent, logged } from "../../support/told-events.ts";

/** Waits 100 ms, 200 ms, 400 ms … */
export const doubling = (attempt: number): number => 100 * 2 ** attempt;

/** Who waits, as a function too. */
export type Done = ((failure: string | null) => void) & Waiter;

export function told(settled: (failure: string | null) => void): Done {
  return Object.assign((failure: string | null) => settled(failure), { settled });
}

interface Draw {
  deviceNumber: number;
  draw: number;
}

/** A host whose random numbers are all 0.5, and kept. */
class RigHost extends LiveHost {
  readonly draws: Draw[] = [];

  override random(deviceNumber: number, draw: number): number {
    this.draws.push({ deviceNumber, draw });
    return 0.5;
  }
}

type RigRegions = NonNullable<DeviceEnvironment["regions"]> & NonNullable<LiveHostOptions["regions"]>;

/** One device with a network, a clock and a bootstrap that do what the test says. Cohort 0, device number 7. */
export class Rig {
  readonly time = new ManualTime(1000);
  readonly network: FakeNetwork;
  readonly log: LoggedEvent[] = [];
  /** `done` of every bootstrap begun, in order. */
  readonly bootstraps: Done[] = [];
  readonly host: RigHost;
  /** The device's flow waits for it here. */
  readonly fleet: Fleet;
  readonly device: Device;
  /** What every bootstrap does; the test may replace it. */
  onBootstrap: (device: Device, done: Done) => void = () => {};

  constructor(
    plan: Partial<DevicePlan> = {},
    regions: RigRegions | null = null,
    owner: object = {},
    telemetry: readonly TelemetryPlan[] = [],
    reactions: MessageReactions = NO_REACTIONS,
    messages: (time: ManualTime) => DeviceEnvironment["messages"] = () => null,
    ids: DeviceEnvironment["ids"] = null,
  ) {
    const version = plan.protocolVersion ?? 4;
    const maxPacketBytes = plan.maxPacketBytes ?? 10_000;
    this.network = new FakeNetwork(version);
    this.host = new RigHost({
      time: this.time,
      seed: 0,
      recorder: { tell: (event, subject, ...details) => this.#hear(logged(event, ...details), subject) },
      regions,
      maxPacketBytes,
      partings: null,
      halfOpen: null,
      openings: null,
    });
    this.host.openers.push(this.network.open);
    this.fleet = new Fleet({ hasPlanEnd: true, time: this.time });
    // Tests ask the device for its keepalive themselves.
    this.fleet.stop();
    this.host.fleet = this.fleet;
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
          reactions: null,
          failureLimit: null,
          maxPacketBytes,
          receiveMaximum: 65_535,
          topicAliasMaximum: 0,
          followReferences: false,
          ...plan,
        },
        port: this.host,
        telemetry,
        reactions,
        program: [
          {
            begin: (device, waiter) => {
              const { generation } = device;
              const done = told((failure) => device.settleLate(generation, waiter, failure));
              this.bootstraps.push(done);
              this.onBootstrap(device, done);
            },
          },
        ],
        regions,
        messages: messages(this.time),
        ids,
      },
      owner,
    );
  }

  get draws(): Draw[] {
    return this.host.draws;
  }

  /** Who hears of losses: set and cleared by the test. */
  get losses(): LiveHost {
    return this.host;
  }

  get broker(): FakeTransport {
    return this.network.last;
  }

  #hear(event: LoggedEvent, subject: Subject): void {
    expect(subject).toBe(this.device);
    this.log.push(event);
  }

  /** The log of these events only. */
  events(...names: string[]): LoggedEvent[] {
    return this.log.filter(({ event }) => names.includes(event));
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

  /** Takes the device from connecting to ready. */
  makeReady(sessionPresent = false): void {
    this.accept(sessionPresent);
    this.bootstrapped();
  }

  /** Takes the device from the start to ready, with an empty log. */
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
export function outcome(): { done: Done; results: (string | null)[] } {
  const results: (string | null)[] = [];
  return { done: told((failure) => results.push(failure)), results };
}
