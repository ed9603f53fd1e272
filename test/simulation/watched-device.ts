import { Device } from "../../engine/src/device/device.ts";
import { type DeviceEvent, EVENTS } from "../../engine/src/device/events.ts";
import { LOST } from "../../engine/src/device/turns.ts";
import type { AnyPath } from "./path.ts";
import { Violation } from "./violation.ts";

/** No case has a longer one. */
export const LONGEST_KEEPALIVE_MS = 20_000;

/** What comes over its connection. */
const HEARD: ReadonlySet<DeviceEvent> = new Set([
  EVENTS.bytesSent,
  EVENTS.bytesReceived,
  EVENTS.subscribed,
  EVENTS.publishReceived,
  EVENTS.publishAcknowledged,
  EVENTS.configResponse,
  EVENTS.configRejected,
  EVENTS.lateResponse,
  EVENTS.serverDisconnected,
]);

/** An operation of a device's program. */
export interface OperationUnderWay {
  readonly isPublication: boolean;
  isOver: boolean;
}

/** A device, and what is known of it from outside: of its inputs, of what it told, and of its connections. */
export class WatchedDevice extends Device {
  /** Its connection, or the one that it is opening; the last one that it had. */
  path: AnyPath | null = null;
  /** The flow wants it to be online. */
  #isWanted = false;
  #online = 0;
  #ready = 0;
  #isSilenced = false;
  #isTrying = false;
  /** Attempts that the flow ended before they were accepted or refused. */
  abandoned = 0;
  /** Operations of the program that were begun since the last CONNACK. */
  #begun = 0;
  /** The last of them; null before the first. */
  #current: OperationUnderWay | null = null;
  #hasBegun = false;
  /** By storm: it was counted as recovered. */
  readonly recoveredFrom = new Set<number>();
  /** When it last told of a packet of its own. */
  #spokeAtMs = 0;
  /** Requests told, less answers and time-outs. */
  #requests = 0;

  // ---- inputs -----------------------------------------------------------------------------------------------------

  override connect(): void {
    if (this.state !== "ended") this.#isWanted = true;
    super.connect();
  }

  override disconnect(): void {
    this.#abandon();
    super.disconnect();
  }

  override finish(reason: string): void {
    this.#abandon();
    super.finish(reason);
  }

  /** The flow takes it away, in the middle of an attempt perhaps. Before it hears so: somebody may bring it back at once. */
  #abandon(): void {
    this.#isWanted = false;
    if (!this.#isTrying) return;
    this.#isTrying = false;
    this.abandoned++;
  }

  /** A connection is about to be opened. */
  opens(path: AnyPath): void {
    if (this.#hasLink) throw new Violation("a second connection while the first lives");
    this.path = path;
  }

  get #hasLink(): boolean {
    // One that a silent storm took does not count: whoever is unaware ends it before it tries again.
    return this.path !== null && !this.path.isNearOver;
  }

  /**
   * It is not there and cannot find out: what a device sends stands in for PINGREQ, so one that goes on and on saying what needs no
   * acknowledgement never asks whether anybody hears it. Nor does one that was told so by a broker whose CONNACK was garbled.
   */
  get isDeluded(): boolean {
    const keepaliveMs = this.exchange.limits.keepaliveMs ?? this.env.plan.keepaliveMs;
    const isSweptInTime = keepaliveMs > 0 && keepaliveMs <= LONGEST_KEEPALIVE_MS;
    const hasSpoken = this.env.port.now() - this.#spokeAtMs < keepaliveMs;
    return this.part.outage.isUnaware && (hasSpoken || !isSweptInTime);
  }

  // ---- its program ------------------------------------------------------------------------------------------------

  /** @param isPublication whoever waits for it is the program itself, so that a later connection can tell them apart */
  operationBegins(isPublication: boolean): OperationUnderWay {
    if (this.state !== "bootstrapping") throw new Violation(`the program goes on while ${this.state}`);
    if (this.#current?.isOver === false)
      throw new Violation("an operation begins before the one before is over");
    this.#begun++;
    this.#current = { isPublication, isOver: false };
    return this.#current;
  }

  /** An operation that is no publication is over. What belongs to an earlier connection may only say that it was lost. */
  operationEnds(operation: OperationUnderWay, failure: string | null): void {
    if (failure === LOST || this.state !== "bootstrapping") return;
    if (operation !== this.#current) throw new Violation("an operation ends that is not under way");
    if (operation.isOver) throw new Violation("an operation ends twice");
    operation.isOver = true;
  }

  /** The program is told itself: that it begins, or that a publication is over. */
  programTold(failure: string | null): void {
    if (failure === LOST || this.state !== "bootstrapping") return;
    if (this.#current === null) {
      if (this.#hasBegun) throw new Violation("the program begins twice");
      this.#hasBegun = true;
    } else if (this.#current.isPublication && !this.#current.isOver) {
      this.#current.isOver = true;
    } else {
      throw new Violation("the program is told of a publication that is not under way");
    }
  }

  // ---- what it tells ----------------------------------------------------------------------------------------------

  tells(event: DeviceEvent, storm: number, value: number | null): void {
    if (value !== null && !(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new Violation(`${event.name} has the value ${value}`);
    if (this.part.outage.isUnaware && HEARD.has(event))
      throw new Violation(`${event.name} while it is unaware`);
    this.#change(event, value);
    if (event === EVENTS.publishSent || event === EVENTS.subscribeSent) this.#spokeAtMs = this.env.port.now();
    if (event === EVENTS.connectAttempt) this.#tries();
    else if (event === EVENTS.connectAccepted || event === EVENTS.connectRefused) this.#tried(event);
    else if (event === EVENTS.becameReady) this.#becameReady(storm, value);
    else if (event === EVENTS.configRequest) this.#requests++;
    else if (event === EVENTS.configResponse || event === EVENTS.configTimeout) this.#requests--;
    if (this.#requests < 0) throw new Violation("more answers and time-outs than requests");
  }

  #change(event: DeviceEvent, value: number | null): void {
    if (event === EVENTS.silenced) this.#isSilenced = true;
    if (event === EVENTS.silenceOver) {
      if (!this.#isSilenced) throw new Violation("a silence ended that was none");
      this.#isSilenced = false;
    }
    this.#online += event.online;
    if (event.ready === 1 || (event.ready === -1 && value === 1)) this.#ready += event.ready;
    if (!(this.#online === 0 || this.#online === 1)) throw new Violation(`online ${this.#online} times`);
    if (!(this.#ready === 0 || this.#ready === 1)) throw new Violation(`ready ${this.#ready} times`);
    if (this.#ready > this.#online) throw new Violation("ready and not online");
  }

  #tries(): void {
    if (this.#isTrying) throw new Violation("an attempt began while another is under way");
    if (!this.#isWanted) throw new Violation("it tries to connect and nobody wants it to");
    this.#isTrying = true;
  }

  #tried({ name }: DeviceEvent): void {
    if (!this.#isTrying) throw new Violation(`${name} and no attempt is under way`);
    this.#isTrying = false;
    this.#begun = 0;
    this.#current = null;
    this.#hasBegun = false;
  }

  #becameReady(storm: number, value: number | null): void {
    if (this.part.outage.isUnaware) throw new Violation("it became ready while it was unaware");
    const { length } = this.env.program;
    if (this.#begun !== length) throw new Violation(`ready after ${this.#begun} of ${length} operations`);
    if (this.#current?.isOver === false) throw new Violation("ready before the last operation is over");
    if (storm === 0 || value === null) return;
    if (this.recoveredFrom.has(storm)) throw new Violation(`recovered from storm ${storm} twice`);
    this.recoveredFrom.add(storm);
  }

  // ---- after every event ------------------------------------------------------------------------------------------

  /** What it is and what it told fit together. */
  check(): void {
    const { state, isOnline, part } = this;
    const isThere = isOnline && !part.outage.isUnaware;
    if (isThere !== (this.#online === 1))
      throw new Violation(`it is ${state} and told that online is ${this.#online}`);
    if (this.isReady !== (this.#ready === 1))
      throw new Violation(`it is ${state} and told that ready is ${this.#ready}`);
    if (this.#isSilenced !== part.outage.isUnaware)
      throw new Violation("it is unaware, and has not told so, or told so twice");
    this.#checkAttempt();
    if (this.#isWanted !== this.wantsToBeOnline)
      throw new Violation(`it is ${state}, and is wanted: ${this.#isWanted}`);
    this.#checkLink();
    this.#checkStanding();
    this.#checkQueue();
  }

  /** A publication waits for its turn as long as others are not acknowledged. */
  #checkQueue(): void {
    const { queued, session } = this.exchange;
    if (queued === null) return;
    const isAwaited = [...(session.inflight?.values() ?? [])].some(
      ({ kind, timer }) => kind === "publish" && timer !== null,
    );
    if (!isAwaited) throw new Violation(`${queued.length} publications wait for nothing`);
  }

  #checkAttempt(): void {
    const isTrying = this.state === "connecting" || this.state === "awaiting-connack";
    if (isTrying !== this.#isTrying)
      throw new Violation(`it is ${this.state}, and told of an attempt: ${this.#isTrying}`);
  }

  #checkLink(): void {
    const needsLink = this.isOnline || this.state === "awaiting-connack";
    const isMuted = this.part.outage.isUnaware;
    if (needsLink && !this.#hasLink && !isMuted)
      throw new Violation(`it is ${this.state} without a connection`);
    if (this.#hasLink && !needsLink && this.state !== "connecting")
      throw new Violation(`it is ${this.state} and has left its connection open`);
  }

  #checkStanding(): void {
    const { standing, affectedBy } = this.part;
    if ((standing.storm === 0) !== (standing.role === null)) throw new Violation("a standing without a role");
    if (standing.role === "affected" && affectedBy !== standing.storm)
      throw new Violation(`affected by storm ${standing.storm}, and lost by ${affectedBy}`);
    if (standing.isLost && !standing.isBack) throw new Violation("lost again before it was back");
    if (standing.hasLeft && standing.role !== "affected")
      throw new Violation(`${standing.role}, and left the storm`);
  }
}
