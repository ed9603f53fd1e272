import * as hdr from "hdr-histogram-js";
import { expect, it } from "vitest";
import { Histograms, newHistogram } from "../../../engine/src/capture/histograms.ts";

it("encodes a WebAssembly histogram, as workers record to, byte for byte as JavaScript's", () => {
  const recorded = new Histograms().get("latency");
  const reference = newHistogram("latency");
  expect(recorded).not.toBeInstanceOf(hdr.JsHistogram);
  expect(reference).toBeInstanceOf(hdr.JsHistogram);
  for (let i = 0; i < 10_000; i++) {
    const us = Math.round(10 ** ((i % 997) / 110)) + i;
    recorded.recordValue(us);
    reference.recordValue(us);
  }
  expect(hdr.encodeIntoCompressedBase64(recorded)).toBe(hdr.encodeIntoCompressedBase64(reference));
});
