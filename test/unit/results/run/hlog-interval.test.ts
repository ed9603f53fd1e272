import { deflateSync, inflateSync } from "node:zlib";
import { HISTOGRAM } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import * as hdr from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { bucketsOf, emptyHistogram } from "../../../../results/src/run/histogram.ts";
import { addInterval } from "../../../../results/src/run/hlog-interval.ts";
import { histogramOf } from "../../../support/run-files.ts";

hdr.initWebAssemblySync();

/** What HdrHistogram's `encodeIntoCompressedByteBuffer` puts around a histogram. */
function compressed(bytes: Buffer): string {
  const body = deflateSync(bytes);
  const head = Buffer.alloc(8);
  head.writeInt32BE(0x1c849314);
  head.writeInt32BE(body.length, 4);
  return Buffer.concat([head, body]).toString("base64");
}

/** Header and counts of an interval with one value, as hdr-histogram-js writes them, changed. */
function changed(change: (bytes: Buffer) => Buffer | undefined): string {
  const base64 = hdr.encodeIntoCompressedBase64(histogramOf([1000]));
  const bytes = inflateSync(Buffer.from(base64, "base64").subarray(8));
  return compressed(change(bytes) ?? bytes);
}

const payload =
  (...words: number[]) =>
  (bytes: Buffer): Buffer => {
    const whole = Buffer.concat([bytes.subarray(0, 40), Buffer.from(words)]);
    whole.writeInt32BE(words.length, 4);
    return whole;
  };

describe("an interval", () => {
  it("adds what hdr-histogram-js itself would, whoever wrote it", () => {
    const values = fc.array(fc.integer({ min: 0, max: HISTOGRAM.highestTrackableValueUs }), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(values, values, fc.boolean(), (first, second, useWebAssembly) => {
        const sum = emptyHistogram();
        const theirs = emptyHistogram();
        for (const some of [first, second]) {
          const one = hdr.build({
            lowestDiscernibleValue: HISTOGRAM.lowestDiscernibleValueUs,
            highestTrackableValue: HISTOGRAM.highestTrackableValueUs,
            numberOfSignificantValueDigits: HISTOGRAM.significantDigits,
            useWebAssembly,
          });
          for (const value of some) one.recordValue(value);
          const base64 = hdr.encodeIntoCompressedBase64(one);
          one.destroy();
          addInterval(sum, base64);
          theirs.add(hdr.decodeFromCompressedBase64(base64));
        }
        expect([...bucketsOf(sum)]).toEqual([...bucketsOf(theirs)]);
        expect(sum.totalCount).toBe(theirs.totalCount);
        expect(sum.maxValue).toBe(theirs.maxValue);
        expect(sum.minNonZeroValue).toBe(theirs.minNonZeroValue);
        expect(hdr.encodeIntoCompressedBase64(sum)).toBe(hdr.encodeIntoCompressedBase64(theirs));
      }),
      { numRuns: 20 },
    );
  });

  it("may have the offset and the ratio that Java writes", () => {
    const sum = emptyHistogram();
    const java = changed((bytes) => {
      bytes.writeInt32BE(0, 8);
      bytes.writeDoubleBE(1, 32);
    });
    addInterval(sum, java);
    expect(sum.totalCount).toBe(1);
  });

  const long = 2 ** 31 - 1;
  it.each<[string, (bytes: Buffer) => Buffer | undefined]>([
    ["a length of -1", (bytes) => void bytes.writeInt32BE(-1, 4)],
    ["a length of 2^31 - 1", (bytes) => void bytes.writeInt32BE(long, 4)],
    ["a length one short", (bytes) => void bytes.writeInt32BE(bytes.length - 41, 4)],
    ["zeros without end, then a value", payload(0xff, 0xff, 0xff, 0xff, 0x7f, 0x02)],
    ["a run of zeros of nine bytes", payload(...Array.from({ length: 9 }, () => 0xff))],
    ["a count that does not end", payload(0x80)],
    ["a count of more than 32 bits", payload(0xfe, 0xff, 0xff, 0xff, 0x7f)],
    ["six significant digits", (bytes) => void bytes.writeInt32BE(6, 12)],
    ["-1 significant digits", (bytes) => void bytes.writeInt32BE(-1, 12)],
    ["a lowest value of 0", (bytes) => void bytes.writeBigInt64BE(0n, 16)],
    ["a lowest value of 2^40", (bytes) => void bytes.writeBigInt64BE(2n ** 40n, 16)],
    ["a highest value of 2^62", (bytes) => void bytes.writeBigInt64BE(2n ** 62n, 24)],
    ["another cookie", (bytes) => void bytes.writeInt32BE(0x1c849301)],
    ["no counts and half a header", (bytes) => bytes.subarray(0, 20)],
    ["too many bytes", (bytes) => Buffer.concat([bytes, Buffer.alloc(1024 ** 2)])],
  ])("with %s is refused at once, and nothing of it is added", (_what, change) => {
    const sum = emptyHistogram();
    expect(() => addInterval(sum, changed(change))).toThrow();
    expect(sum.totalCount).toBe(0);
    expect(sum.maxValue).toBe(0);
  });

  it("ends with zeros without end, which mean nothing", () => {
    const sum = emptyHistogram();
    addInterval(sum, changed(payload(0x02, 0xff, 0xff, 0xff, 0xff, 0x7f)));
    expect([...bucketsOf(sum)]).toEqual([{ lowUs: 0, highUs: 0, count: 1 }]);
  });

  it("is not added where the sum would no longer fit", () => {
    const sum = emptyHistogram();
    const most = changed(payload(0xfe, 0xff, 0xff, 0xff, 0x0f));
    addInterval(sum, most);
    expect(sum.totalCount).toBe(long);
    expect(() => addInterval(sum, most)).toThrow();
    expect(sum.totalCount).toBe(long);
  });

  it.each([
    ["no base64", "%%%%"],
    ["nothing", ""],
    ["a length that is not that of what follows", `${changed(() => undefined).slice(0, -4)}`],
  ])("that is %s is refused", (_what, text) => {
    expect(() => addInterval(emptyHistogram(), text)).toThrow();
  });
});
