import type { StormOutage } from "../contract.ts";
import type { NextWrite } from "../transport/next-write.ts";
import type { Device } from "./device.ts";
import { type DeviceEvent, EVENTS } from "./events.ts";
import { type DisconnectCause, type DropCause, isMeant } from "./loss.ts";
import { isOfferedLoad } from "./offered-load.ts";
import { NO_OUTAGE, Outage } from "./outage.ts";
import { Standing } from "./standing.ts";

/** What storms do to a device, and what they are told of it: the record of its part in them. */
export class StormPart {
  /** Its own from its first outage on. */
  outage: Outage = NO_OUTAGE;
  readonly standing: Standing = new Standing();
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  /** The last storm that disconnected this device, counted from 1; 0 before the first. */
  get affectedBy(): number {
    return this.outage.storm;
  }

  /**
   * That storm while the device is not ready: what it does then is part of what the storm costs. It is 0 for none, and while
   * the device does not know yet that its connection is gone.
   */
  get storm(): number {
    return this.#device.state === "ready" ? 0 : this.outage.storm;
  }

  // ---- what storms do ---------------------------------------------------------------------------------------------

  /**
   * A storm ends the connection. Returns the monotonic instant of the loss, or null if the device was not online.
   * The next attempt is only scheduled: nothing of it happens within the storm's pass.
   */
  drop(cause: DropCause, storm: number): number | null {
    const device = this.#device;
    if (!device.isOnline || this.outage.isUnaware) return null;
    const { turns } = device.env.port;
    let lostAtMs: number | null = null;
    turns.begin();
    try {
      this.#claim(storm, this.hadBeenReady);
      device.line.close(cause);
      device.lose(cause);
      // Whoever hears of the loss at the end of the turn may take the device away, and the outage with it.
      lostAtMs = this.outage.lostAtMs;
    } finally {
      turns.end();
    }
    return lostAtMs;
  }

  /**
   * A storm takes the network away behind the device's back: what it writes goes nowhere and it hears nothing, neither FIN
   * nor RST, until its own keepalive or time-out tells it, or RST answers what it writes next. Returns as `drop` does.
   */
  silence(storm: number, nextWrite: NextWrite = "lost"): number | null {
    const device = this.#device;
    if (!device.isOnline || this.outage.isUnaware) return null;
    this.#claim(storm, this.hadBeenReady);
    this.outage.isUnaware = true;
    this.outage.begin(device.env.port.now());
    device.line.link?.mute(nextWrite);
    device.tell(EVENTS.silenced, 0, device.state === "ready" ? 1 : 0);
    return this.outage.lostAtMs;
  }

  /** A storm takes its power or its network away until then, monotonic milliseconds. The connection is another matter. */
  deprive(of: StormOutage, untilMs: number): void {
    const outage = this.#ownOutage();
    if (of === "network") {
      outage.noNetworkUntilMs = untilMs;
    } else {
      outage.noPowerUntilMs = untilMs;
      outage.powerCuts++;
    }
  }

  /** It was deprived of one of them, and is not online: what it was about to do comes to nothing. */
  interrupt(of: StormOutage): void {
    const { attempt, state, env } = this.#device;
    if (of === "network") this.refuse("network_lost");
    else if (state === "backoff") env.port.turns.run(() => attempt.goOn("power_off"));
    else this.refuse("power_off");
  }

  /** For so long it has no power, milliseconds. */
  get darkMs(): number {
    const { noPowerUntilMs } = this.outage;
    return Number.isNaN(noPowerUntilMs) ? 0 : Math.max(0, noPowerUntilMs - this.#device.env.port.now());
  }

  get hasNetwork(): boolean {
    const { noNetworkUntilMs } = this.outage;
    return Number.isNaN(noNetworkUntilMs) || this.#device.env.port.now() >= noNetworkUntilMs;
  }

  /** A storm ends an attempt that is under way, if there is one: it failed for `reason`. */
  refuse(reason: string): void {
    const device = this.#device;
    if (device.isOnline) return;
    device.env.port.turns.run(() => device.attempt.fail(reason));
  }

  /** A storm comes that does not disconnect this device. One that is away by its own will, or only arriving, has no part in it. */
  witness(storm: number): void {
    const device = this.#device;
    if (device.isReady) this.standing.take(storm, "unaffected", true);
    else if (device.wantsToBeOnline && !device.isArriving)
      this.standing.take(storm, "already-offline", device.wasReady);
  }

  /**
   * A loss a moment ago turns out to be a storm's. What the device did in between is told again, as the storm's.
   *
   * @param readyAtMs when it became ready again; null if it has not
   */
  join(storm: number, lostAtMs: number, readyAtMs: number | null): void {
    const reconnectedAtMs = this.#device.onlineSinceMs;
    if (reconnectedAtMs > lostAtMs) {
      this.#device.tell(EVENTS.reconnected, storm, reconnectedAtMs - lostAtMs);
      this.#tellFromStorm(EVENTS.reconnectedFromStorm, storm, reconnectedAtMs);
    }
    if (readyAtMs !== null) this.#tellFromStorm(EVENTS.readyFromStorm, storm, readyAtMs);
    this.#ownOutage().join(storm, lostAtMs, readyAtMs !== null);
    this.standing.take(storm, "affected", true);
    if (readyAtMs !== null) this.standing.back();
    // An outage that is over all the same: the script has taken the device away since.
    else if (this.outage.lostAtMs === null) this.standing.leave();
  }

  /** The loss that is about to begin is a storm's. */
  #claim(storm: number, hadBeenReady: boolean): void {
    this.#ownOutage().claim(storm);
    this.standing.take(storm, "affected", hadBeenReady);
  }

  #ownOutage(): Outage {
    if (this.outage === NO_OUTAGE) this.outage = new Outage();
    return this.outage;
  }

  /** The device has been ready before, or is about to be for the first time. */
  get hadBeenReady(): boolean {
    return this.#device.wasReady || this.#device.isArriving;
  }

  // ---- what the device does, within its turn -----------------------------------------------------------------------

  /**
   * The device is about to lose its connection. True where a storm that is watched for may claim the loss: nobody on this side
   * wanted it, and no storm has claimed it before the device knew.
   */
  lost(cause: DisconnectCause, nowMs: number): boolean {
    this.#ownOutage().begin(nowMs);
    if (cause !== "return_home") this.standing.lost();
    return !isMeant(cause) && !this.outage.isUnaware;
  }

  /** The device has lost its connection, and waits to try again: the loss may be that of a storm that is watched for. */
  tellLoss(nowMs: number, hadBeenReady: boolean): void {
    const storm = this.#device.env.port.lost(this.#device, nowMs);
    if (storm === null) {
      // A storm that began with this very loss may have taken an earlier one of the device's: then this one came after it.
      this.standing.lost();
      return;
    }
    this.#claim(storm, hadBeenReady);
    this.outage.begin(nowMs);
  }

  /** @param hasFoundOut the device did so by itself, where it had not known that its connection was gone */
  tellDisconnected(cause: DisconnectCause, wasReady: boolean, hasFoundOut: boolean): void {
    const device = this.#device;
    const { outage } = this;
    if (!outage.isUnaware) {
      device.tell(EVENTS.disconnected, 0, wasReady ? 1 : 0, cause);
      return;
    }
    outage.isUnaware = false;
    const ms = hasFoundOut ? device.env.port.now() - (outage.lostAtMs ?? 0) : null;
    device.tell(EVENTS.silenceOver, this.affectedBy, ms, cause);
  }

  /** An attempt is over. `failure` is null where it was accepted. */
  tellAttempt(failure: string | null): void {
    const { storm } = this.standing;
    if (storm !== 0 && isOfferedLoad(failure)) this.#device.tell(EVENTS.stormConnect, storm);
  }

  tellReconnected(nowMs: number): void {
    const ms = this.outage.reconnected(nowMs);
    if (ms === null) return;
    const storm = this.outage.recoversFrom;
    this.#device.tell(EVENTS.reconnected, storm, ms);
    this.#tellFromStorm(EVENTS.reconnectedFromStorm, storm, nowMs);
  }

  /** Where each device notices in its own time, its outage is shorter than what the storm took from it. */
  #tellFromStorm(event: DeviceEvent, storm: number, atMs: number): void {
    if (storm === 0) return;
    const beganMs = this.#device.env.port.stormBeganMs(storm);
    this.#device.tell(event, storm, beganMs === null ? null : atMs - beganMs);
  }

  /** The device is ready, as far as it knows. False where its network is gone: a program that asks nobody comes to its end all the same. */
  tellReady(nowMs: number): boolean {
    if (this.outage.isUnaware) return false;
    const device = this.#device;
    if (this.standing.back()) device.tell(EVENTS.stormBack, this.standing.storm);
    const storm = this.outage.recoversFrom;
    device.tell(EVENTS.becameReady, storm, this.outage.end(nowMs));
    this.#tellFromStorm(EVENTS.readyFromStorm, storm, nowMs);
    return true;
  }

  /** The script wants the device to be away: an outage ends there. */
  leave(): void {
    this.outage.abandon();
    this.standing.leave();
  }
}
