import type { Packet } from "mqtt-packet";
import type { FailoverPlan } from "../region/failover.ts";
import type { NextWrite } from "../transport/next-write.ts";
import type { Attempt } from "./attempt.ts";
import type { Device } from "./device.ts";
import type { Tell } from "./events.ts";
import type { Messages } from "./messages/messages.ts";
import type { DevicePlan } from "./plan.ts";
import type { Program } from "./program.ts";
import type { MessageReactions } from "./session/message-work.ts";
import type { TelemetryPlan } from "./telemetry.ts";
import type { Turns } from "./turns.ts";

/** Monotonic clock and one-shot timers. */
export interface Time {
  /** Milliseconds, monotonic, with fractions. */
  now(): number;
  /** Calls `callback(target, argument)` once; a shared callback and two arguments instead of a closure. */
  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object;
  /** The same for what nobody waits for: it keeps no process alive. */
  wakeIdle<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): object;
  cancel(timer: object): void;
}

/** For `wake`, where a closure is what waits. */
export function call(act: () => void): void {
  act();
}

/**
 * All that a device can do to the world: one object for all devices of a host. A host gives a device its inputs, and none of
 * them before a call to its port has returned.
 */
export interface Port extends Time {
  /** Uniform in [0, 1): the `draw`-th number of a device, the same in every run with this seed. */
  random(deviceNumber: number, draw: number): number;
  /** Calls `start` of the attempt when its wait is over; of those that are over together, not all at one instant. */
  wakeToOpen(delayMs: number, attempt: Attempt): object;
  /** Begins to open a connection for the device, where its attempt says. */
  open(device: Device): Link;
  /** Calls `look` of the device in about `inMs`, once; never late by design, and early by what `look` is told. */
  lookAt(device: Device, inMs: number): void;
  readonly tell: Tell;
  /** Who waits for an operation hears of its end after the input that ended it. */
  readonly turns: Turns;
  /** The device lost its connection without a storm having cut it. The storm that this turns out to be part of, or null. */
  lost(device: Device, nowMs: number): number | null;
  ready(device: Device, nowMs: number): void;
  /** The instant of a storm that has begun, monotonic milliseconds; null where nobody said. */
  stormBeganMs(storm: number): number | null;
  /** The virtual user is over: `reason` is for those who wait for the device to be ready. */
  ended(device: Device, reason: string): void;
}

/** A device's connection, as the device knows it: packets. After `close` and `reset` it gives no more inputs. */
export interface Link {
  /**
   * Writes a packet. False for one that is longer than `mostBytes`, or than any packet can be: it was not written, and the
   * connection goes on. Null where the stream is gone and nobody has said so.
   */
  send(packet: Packet, mostBytes: number): boolean | null;
  /**
   * Asks a server other than the broker, over the same network: `start` sends the question and returns what abandons it.
   * Null where that is not possible any more.
   */
  ask<A>(
    start: (answered: (answer: A) => void) => () => void,
    answered: (answer: A) => void,
  ): (() => void) | null;
  /** More waits for the broker than it will ever read, and packets may have been left out. */
  readonly isStuck: boolean;
  /**
   * The path is gone and nobody is told: from now on nothing goes out and nothing comes in. With `reset` the next packet is answered
   * with RST; with `lost` no other server is reached either.
   */
  mute(nextWrite: NextWrite): void;
  /** Ends with FIN, after what was sent; where the path is gone, without a word. */
  close(): void;
  /** Ends with RST; where the path is gone, without a word. */
  reset(): void;
}

/** Which devices of the fleet came to their brokers with which client id. */
export interface DeviceIds {
  /** A device says CONNECT with this id. Returns the id's place, for the two below. */
  claim(clientId: string, region: number, device: number): number;
  /** A device's connection was ended by its broker. True where another device of the fleet had come with its id: it is counted. */
  wasTaken(clientId: string, place: number, device: number): boolean;
  /** The device has no connection any more. */
  release(place: number, device: number): void;
}

/** What all devices of a cohort share. */
export interface DeviceEnvironment {
  readonly plan: DevicePlan;
  readonly port: Port;
  /** What a device does after every CONNACK. */
  readonly program: Program;
  /** What it publishes in the background. */
  readonly telemetry: readonly TelemetryPlan[];
  /** What it does on messages. */
  readonly reactions: MessageReactions;
  /** Follows what its devices publish and hear; null where that is not asked for. */
  readonly messages: Messages | null;
  /** Null where no two devices can have the same client id. */
  readonly ids: DeviceIds | null;
  /** The regions, and how devices go to another when theirs does not answer; null where the script has one target. */
  readonly regions: { readonly failover: FailoverPlan; home(deviceNumber: number): number } | null;
}
