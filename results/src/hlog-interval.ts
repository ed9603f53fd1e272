import { inflateSync } from "node:zlib";
import { HISTOGRAM } from "artillery-engine-mqtt/contract";
import * as hdr from "hdr-histogram-js";
import { LIMITS } from "./limits.ts";

/** Cookie and length, before what is compressed: HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer. */
const COMPRESSED_HEADER_BYTES = 8;
/** Cookie, payload length, normalizing index offset, digits, lowest, highest, ratio: its V2 encoding. */
const HEADER_BYTES = 40;
const DIGITS_AT = 12;
const HIGHEST_AT = 24;

/**
 * One interval of an `.hlog`. What it would take is looked at first: a few bytes may inflate to gigabytes, and a few
 * digits of precision more make an array of as many.
 *
 * @throws Error for what is no interval, or not one of ours
 */
export function decodeInterval(base64: string): hdr.Histogram {
  const compressed = Buffer.from(base64, "base64");
  const bytes = inflateSync(compressed.subarray(COMPRESSED_HEADER_BYTES), {
    maxOutputLength: LIMITS.intervalBytes,
  });
  if (bytes.length < HEADER_BYTES) throw new Error("cut short");
  const isOurs =
    bytes.readInt32BE(DIGITS_AT) <= HISTOGRAM.significantDigits &&
    bytes.readBigInt64BE(HIGHEST_AT) <= BigInt(HISTOGRAM.highestTrackableValueUs);
  if (!isOurs) throw new Error("another range");
  return hdr.decodeFromCompressedBase64(base64);
}
