import { inflateSync } from "node:zlib";
import { HISTOGRAM } from "artillery-engine-mqtt/contract";
import * as hdr from "hdr-histogram-js";
import { LIMITS } from "./limits.ts";

/** Cookie and length, before what is compressed: HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer. */
const COMPRESSED_COOKIE = 0x1c849304;
const COMPRESSED_HEADER_BYTES = 8;
/** The cookie of its V2 encoding, which it deflates: AbstractHistogram.encodeIntoByteBuffer. */
const COOKIE = 0x1c849303;
/** The size of a word, of which V2 has but one. */
const COOKIE_SIZE_BITS = 0xf0;
/** The offset and the ratio are of no use here: counts stand in the order of their values whatever these are. */
const HEADER = { payloadBytes: 4, digits: 12, lowest: 16, highest: 24, bytes: 40 } as const;
/** Counts are of 32 bits, and twice as much is written in five bytes. */
const HIGHEST_COUNT = 0x7fff_ffff;
const LONGEST_WORD_BYTES = 5;

/** What one interval holds: counts that are not 0, by the ascending index of their bucket. */
export interface Interval {
  indices: number[];
  counts: number[];
  /** The bytes that it inflated to. */
  bytes: number;
}

/**
 * Adds one interval of an `.hlog` to `sum`, or nothing of it. hdr-histogram-js could decode it, but believes the lengths in
 * it: some of them keep it in a loop for ever. It would also make an array of all counts for the few that an interval has.
 *
 * @returns what was added
 * @throws Error for what is no interval, or not one of ours
 */
export function addInterval(sum: hdr.Histogram, base64: string): Interval {
  if (!(sum instanceof hdr.JsHistogram)) throw new TypeError("not a JsHistogram");
  const bytes = inflated(base64);
  const { indices, counts } = countsOf(bytes, sum);
  let total = sum.totalCount;
  for (let i = 0; i < indices.length; i++) {
    const count = counts[i] as number;
    sum.addToCountAtIndex(indices[i] as number, count);
    total += count;
  }
  sum.setTotalCount(total);
  const [first, last] = [indices.find((index) => index > 0), indices.at(-1)];
  if (last !== undefined) {
    sum.maxValue = Math.max(sum.maxValue, sum.highestEquivalentValue(sum.valueFromIndex(last)));
  }
  if (first !== undefined) sum.minNonZeroValue = Math.min(sum.minNonZeroValue, sum.valueFromIndex(first));
  return { indices, counts, bytes: bytes.length };
}

function inflated(base64: string): Buffer {
  const compressed = Buffer.from(base64, "base64");
  const isWhole =
    compressed.length > COMPRESSED_HEADER_BYTES &&
    (compressed.readInt32BE(0) & ~COOKIE_SIZE_BITS) === COMPRESSED_COOKIE &&
    compressed.readInt32BE(4) === compressed.length - COMPRESSED_HEADER_BYTES;
  if (!isWhole) throw new Error("not an interval");
  // A few bytes may inflate to gigabytes.
  return inflateSync(compressed.subarray(COMPRESSED_HEADER_BYTES), { maxOutputLength: LIMITS.intervalBytes });
}

/** The counts that are not 0, in ascending order, all of them looked at before the first is added. */
function countsOf(bytes: Buffer, sum: hdr.JsHistogram): { indices: number[]; counts: number[] } {
  if (bytes.length < HEADER.bytes) throw new Error("cut short");
  const isOurs =
    (bytes.readInt32BE(0) & ~COOKIE_SIZE_BITS) === COOKIE &&
    bytes.readInt32BE(HEADER.payloadBytes) === bytes.length - HEADER.bytes &&
    bytes.readInt32BE(HEADER.digits) === HISTOGRAM.significantDigits &&
    bytes.readBigInt64BE(HEADER.lowest) === BigInt(HISTOGRAM.lowestDiscernibleValueUs) &&
    bytes.readBigInt64BE(HEADER.highest) <= BigInt(HISTOGRAM.highestTrackableValueUs);
  if (!isOurs) throw new Error("another range");
  const indices: number[] = [];
  const counts: number[] = [];
  let index = 0;
  for (let at: number = HEADER.bytes; at < bytes.length; ) {
    // A byte has seven bits, the lowest come first, and the sign is the lowest of all: HdrHistogram's ZigZagEncoding.
    let word = 0;
    let unit = 1;
    let byte = 0x80;
    for (const end = at + LONGEST_WORD_BYTES; byte >= 0x80; unit *= 0x80) {
      if (at === bytes.length || at === end) throw new Error("not a count");
      byte = bytes[at++] as number;
      word += (byte & 0x7f) * unit;
    }
    if (word % 2 === 1) {
      // This word is a run of zeros.
      index += (word + 1) / 2;
      continue;
    }
    const count = word / 2;
    const isWithin = index < sum.countsArrayLength && sum.getCountAtIndex(index) + count <= HIGHEST_COUNT;
    if (!isWithin) throw new Error("out of range");
    if (count > 0) {
      indices.push(index);
      counts.push(count);
    }
    index++;
  }
  return { indices, counts };
}
