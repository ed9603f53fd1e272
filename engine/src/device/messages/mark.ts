import type { IPublishPacket } from "mqtt-packet";

/** The reserved first key of a marked JSON payload, and the name of the user property that carries a mark instead. */
export const MARK_KEY = "_sent";

/** Where a publication carries its mark. */
export const MARK_PLACES = ["payload", "userProperties"] as const;
export type MarkPlace = (typeof MARK_PLACES)[number];

/** What a marked publication says of itself. */
export interface Mark {
  /** Number of the device that published it, in the whole run. */
  publisher: number;
  /** Its number among that device's publications to this topic, from 1. */
  sequence: number;
  /** The number of the first of these that was sent in the same segment of the run. */
  first: number;
  /** 2k - 1 in the window of the k-th storm, 2k after it; 0 before the first. */
  segment: number;
  /** Epoch milliseconds of the run's common clock; NaN where the publisher's clock was held against nobody's. */
  sentAtMs: number;
}

/** Storm whose window a segment of the run is; 0 for none. */
export function stormOf(segment: number): number {
  return segment % 2 === 1 ? (segment + 1) / 2 : 0;
}

/** Sent times are whole microseconds: no more is known, and text is shorter than a double's. */
export function writeMark(run: string, mark: Mark): string {
  const sent = Number.isNaN(mark.sentAtMs) ? "" : String(Math.round(mark.sentAtMs * 1000));
  return `${run},${mark.publisher},${mark.sequence},${mark.first},${mark.segment},${sent}`;
}

const COMMA = 0x2c;
const ZERO = 0x30;

/** Fills `into`. False for anything but a mark of this run: publications of other runs, retained ones too, are not followed. */
export function readMark(run: string, text: string, into: Mark): boolean {
  if (!text.startsWith(run) || text.charCodeAt(run.length) !== COMMA) return false;
  let at = run.length + 1;
  let field = 0;
  let value = 0;
  let digits = 0;
  for (; at <= text.length; at++) {
    const code = at === text.length ? COMMA : text.charCodeAt(at);
    if (code !== COMMA) {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || digits > 16) return false;
      value = value * 10 + digit;
      digits++;
      continue;
    }
    if (digits === 0 && field !== LAST_FIELD) return false;
    if (field !== LAST_FIELD && value > 0xffff_ffff) return false;
    setField(into, field, digits === 0 ? Number.NaN : value);
    field++;
    value = 0;
    digits = 0;
  }
  return field === LAST_FIELD + 1 && into.sequence > 0;
}

const LAST_FIELD = 4;

function setField(mark: Mark, field: number, value: number): void {
  if (field === 0) mark.publisher = value;
  else if (field === 1) mark.sequence = value;
  else if (field === 2) mark.first = value;
  else if (field === 3) mark.segment = value;
  else if (field === LAST_FIELD) mark.sentAtMs = value / 1000;
}

const KEY_TEXT = `{"${MARK_KEY}":"`;
const KEY_BYTES = Buffer.from(KEY_TEXT);
const QUOTE = 0x22;

/** Whether a payload can carry a mark: it must be the text of a JSON object. */
export function isMarkable(payload: string | Buffer): payload is string {
  if (typeof payload !== "string") return false;
  const text = payload.trim();
  return text.startsWith("{") && text.endsWith("}");
}

/** @param payload of a JSON object, for which `isMarkable` holds */
export function markPayload(payload: string, mark: string): string {
  const rest = payload.slice(payload.indexOf("{") + 1);
  return `${KEY_TEXT}${mark}"${rest.trimStart().startsWith("}") ? "" : ","}${rest}`;
}

/** The text of the mark that a message carries in `place`; null where there is none. */
export function markTextOf({ payload, properties }: IPublishPacket, place: MarkPlace): string | null {
  if (place === "userProperties") {
    const found = properties?.userProperties?.[MARK_KEY];
    return typeof found === "string" ? found : null;
  }
  if (typeof payload === "string") return markTextIn(Buffer.from(payload));
  return markTextIn(payload);
}

function markTextIn(payload: Buffer): string | null {
  if (payload.length <= KEY_BYTES.length || payload[KEY_BYTES.length - 2] !== KEY_BYTES.at(-2)) return null;
  if (KEY_BYTES.compare(payload, 0, KEY_BYTES.length) !== 0) return null;
  const end = payload.indexOf(QUOTE, KEY_BYTES.length);
  return end === -1 ? null : payload.toString("latin1", KEY_BYTES.length, end);
}
