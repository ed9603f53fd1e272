import type { IPublishPacket } from "mqtt-packet";
import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import type { Time } from "../port.ts";
import { matchesFilter } from "../topic.ts";
import { Flood, Floods } from "./floods.ts";
import { HeardStreams } from "./heard-streams.ts";
import {
  isMarkable,
  MARK_KEY,
  type Mark,
  type MarkPlace,
  markPayload,
  markTextOf,
  readMark,
  stormOf,
  writeMark,
} from "./mark.ts";
import { SentStreams } from "./sent-streams.ts";
import { hashText } from "./stream-index.ts";

export interface MessagesOptions {
  /** Names the run in marks: letters and digits. */
  run: string;
  place: MarkPlace;
  time: Time;
  /** Epoch milliseconds of the clock that all workers of the run have in common; null where this one's was held against nobody's. */
  commonClock(): number | null;
  /** Segment of the run that it is now; see Mark. */
  segment(): number;
  /** Streams that are followed at most; for tests. */
  mostStreams?: number | undefined;
}

/** Why a publication could not be marked, as an error's name. */
export const NOT_MARKABLE = "payload_not_markable";

/** Not one of the segments: what was published without a mark. */
export const UNMARKED = -1;

/**
 * Follows the marked publications of a worker's devices: what they send gets a number and the time, and what they hear is held against
 * the numbers before it. One for all devices of a worker, so that a message makes no object.
 */
export class Messages {
  readonly #options: MessagesOptions;
  readonly #sent: SentStreams;
  readonly #heard: HeardStreams;
  readonly #floods: Floods;
  /** One for all that is written, one for all that is read. */
  readonly #writing: Mark = { publisher: 0, sequence: 0, first: 0, segment: 0, sentAtMs: Number.NaN };
  readonly #reading: Mark = { publisher: 0, sequence: 0, first: 0, segment: 0, sentAtMs: Number.NaN };

  constructor(options: MessagesOptions) {
    this.#options = options;
    this.#sent = new SentStreams(options.mostStreams);
    this.#heard = new HeardStreams(options.mostStreams);
    this.#floods = new Floods(options.time);
  }

  // ---- what a device sends ----------------------------------------------------------------------------------------

  /**
   * Numbers a publication that is about to be written for the first time.
   *
   * @param sinceMs when the device had it to send: monotonic milliseconds
   * @returns the segment that it was sent in; UNMARKED where it cannot be marked
   */
  mark(device: Device, packet: IPublishPacket, sinceMs: number): number {
    const { run, place, time, commonClock, segment } = this.#options;
    if (place === "payload" && !isMarkable(packet.payload)) return UNMARKED;
    const mark = this.#writing;
    mark.segment = segment();
    // Beyond that many streams it goes out without a mark: `published` counts what can be followed.
    if (!this.#sent.take(device.number, hashText(packet.topic), mark.segment, mark)) return UNMARKED;
    mark.publisher = device.number;
    const commonMs = commonClock();
    mark.sentAtMs = commonMs === null ? Number.NaN : commonMs - (time.now() - sinceMs);
    const text = writeMark(run, mark);
    if (place === "payload") {
      packet.payload = markPayload(packet.payload as string, text);
    } else {
      const { properties } = packet;
      packet.properties = {
        ...properties,
        userProperties: { ...properties?.userProperties, [MARK_KEY]: text },
      };
    }
    return mark.segment;
  }

  /** It was not written after all. */
  unmark(device: Device, { topic }: IPublishPacket): void {
    this.#sent.giveBack(device.number, hashText(topic));
  }

  /** Whether a publication with this payload can be marked. */
  canMark(payload: string | Buffer): boolean {
    return this.#options.place !== "payload" || isMarkable(payload);
  }

  // ---- what a device hears ----------------------------------------------------------------------------------------

  /** A message has come. */
  hear(device: Device, topic: string, packet: IPublishPacket): void {
    // Brokers set the flag for what they had kept, sent to a new subscription: [MQTT-3.3.1-8].
    if (packet.retain) {
      device.tell(EVENTS.messageRetained, this.#flood(device));
      return;
    }
    const { run, place } = this.#options;
    const text = markTextOf(packet, place);
    const mark = this.#reading;
    if (text === null || !readMark(run, text, mark)) return;
    const storm = stormOf(mark.segment);
    device.tell(EVENTS.messageDelivered, storm);
    this.#timed(device, mark, storm);
    if (sharesTopic(device, topic)) {
      device.tell(EVENTS.messageShared, storm);
      return;
    }
    this.#follow(device, topic, mark, storm);
  }

  #timed(device: Device, { sentAtMs }: Mark, storm: number): void {
    const commonMs = this.#options.commonClock();
    if (commonMs === null || Number.isNaN(sentAtMs)) return;
    // Two clocks that are known within a millisecond may say that it came before it was sent.
    const ms = Math.max(0, commonMs - sentAtMs);
    device.tell(EVENTS.messageTimed, storm, ms);
    if (ms > this.#options.time.now() - device.onlineSinceMs) this.#flood(device);
  }

  #follow(device: Device, topic: string, mark: Mark, storm: number): void {
    const { publisher, sequence, segment } = mark;
    const heard = this.#heard;
    const { epoch } = device.exchange;
    const hearing = heard.hear(device.number, publisher, hashText(topic), epoch, sequence, segment);
    switch (hearing) {
      case "next":
        if (heard.missed > 0) this.#tellMissed(device, mark, heard.missed, heard.segmentBefore);
        return;
      case "earlier":
        device.tell(EVENTS.messageOutOfOrder, storm);
        if (heard.missed > 0) device.tell(EVENTS.messageMissed, storm, heard.missed);
        return;
      case "filled":
        device.tell(EVENTS.messageOutOfOrder, storm);
        device.tell(EVENTS.messageFilled, storm);
        return;
      case "duplicate":
        device.tell(EVENTS.messageDuplicate, storm);
        return;
      case "undecided":
        device.tell(EVENTS.messageUndecided, storm);
        return;
      case "unfollowed":
        device.tell(EVENTS.messageUnfollowed, storm);
        return;
      default:
        return;
    }
  }

  /** Numbers from the mark's first on were sent in its own segment, those before it earlier. */
  #tellMissed(
    device: Device,
    { sequence, first, segment }: Mark,
    missed: number,
    segmentBefore: number,
  ): void {
    const before = segmentBefore === segment ? 0 : Math.max(0, Math.min(missed, first - (sequence - missed)));
    if (before > 0) device.tell(EVENTS.messageMissed, stormBefore(segmentBefore, segment), before);
    if (missed > before) device.tell(EVENTS.messageMissed, stormOf(segment), missed - before);
  }

  // ---- what a device finds when it comes back -----------------------------------------------------------------------

  /** One more message of what waited for the device. Returns the storm that had disconnected it; 0 for none. */
  #flood(device: Device): number {
    const { exchange } = device;
    exchange.flood ??= new Flood(device, exchange.cameBackFrom);
    this.#floods.heard(exchange.flood);
    device.tell(EVENTS.messageFlood, exchange.flood.storm);
    return exchange.flood.storm;
  }

  /** The connection is gone, or nobody waits for more. */
  endFlood(flood: Flood): void {
    this.#floods.end(flood);
  }

  /** The run is over. */
  end(): void {
    this.#floods.endAll();
  }

  /** The storm whose window is open; 0 for none. */
  get openStorm(): number {
    return stormOf(this.#options.segment());
  }
}

/**
 * The storm in whose window those were sent that were heard neither in the segment before nor in this one: of several segments without
 * a word, the latest that is a storm's window.
 */
function stormBefore(segmentBefore: number, segment: number): number {
  const latest = segment - 1;
  const odd = latest % 2 === 1 ? latest : latest - 1;
  return odd >= segmentBefore ? stormOf(odd) : 0;
}

/** A shared subscription gives each subscriber a part of the stream: gaps are what it is for. MQTT 5.0 section 4.8.2. */
function sharesTopic({ exchange }: Device, topic: string): boolean {
  const { filters } = exchange.session;
  if (filters === null) return false;
  for (const filter of filters) {
    if (!filter.startsWith(SHARE)) continue;
    if (matchesFilter(filter.slice(filter.indexOf("/", SHARE.length) + 1), topic)) return true;
  }
  return false;
}

const SHARE = "$share/";
