import * as hdr from "hdr-histogram-js";
import { newHistogram } from "../../engine/src/capture/histograms.ts";
import { Recorder } from "../../engine/src/capture/recorder.ts";
import { HISTOGRAM } from "../../engine/src/contract.ts";
import { type Case, each, type Scale, type Table } from "./suite.ts";

/** Latencies in milliseconds, from 0.1 to about 2,000 in no order. */
const LATENCIES_MS: readonly number[] = Array.from(
  { length: 1024 },
  (_, i) => 0.1 * 10_000 ** (((i * 613) % 1024) / 1100),
);

const latencyMs = (i: number): number => LATENCIES_MS[i & 1023] as number;

/** Each event on a recorder of its own, with a storm's window open. Artillery's side is a counter: only our cost is measured. */
function event(name: string, batch: number, record: (recorder: Recorder, i: number) => void): Case {
  let heard = 0;
  const recorder = new Recorder(
    ["devices"],
    { emit: () => heard++ },
    () => performance.timeOrigin + performance.now(),
  );
  recorder.openStorm(1);
  const one = each(name, batch, (i) => {
    record(recorder, i);
    return heard;
  });
  // The rows that a flush would take every 2 s do not pile up.
  return { ...one, prepare: () => void recorder.timeline.take() };
}

function histogram(name: string, batch: number, made: hdr.Histogram): Case {
  return each(name, batch, (i) => {
    made.recordValue(Math.round(latencyMs(i) * 1000));
    return i;
  });
}

export async function tables({ batch }: Scale): Promise<Table[]> {
  await hdr.initWebAssembly();
  const wasm = hdr.build({
    bitBucketSize: 32,
    lowestDiscernibleValue: HISTOGRAM.lowestDiscernibleValueUs,
    highestTrackableValue: HISTOGRAM.highestTrackableValueUs,
    numberOfSignificantValueDigits: HISTOGRAM.significantDigits,
    useWebAssembly: true,
  });
  return [
    {
      title: "recorder",
      operation: "event",
      cases: [
        event("connectAttempt", batch, (recorder) => recorder.connectAttempt(0, 1)),
        event("tcpOpened", batch, (recorder, i) => recorder.tcpOpened(0, latencyMs(i))),
        event("connectAccepted", batch, (recorder, i) =>
          recorder.connectAccepted(0, 1, latencyMs(i), latencyMs(i + 1), false),
        ),
        event("connectRefused", batch, (recorder) => recorder.connectRefused(0, "tcp_refused")),
        event("reconnected", batch, (recorder, i) => recorder.reconnected(0, 1, latencyMs(i))),
        event("becameReady", batch, (recorder, i) => recorder.becameReady(0, 1, latencyMs(i))),
        event("disconnected", batch, (recorder) => recorder.disconnected(0, "reset", true)),
        event("stormDropped", batch, (recorder, i) => recorder.stormDropped(0, 1, latencyMs(i))),
        event("subscribeSent", batch, (recorder) => recorder.subscribeSent(0)),
        event("subscribed", batch, (recorder, i) => recorder.subscribed(0, latencyMs(i))),
        event("configRequest", batch, (recorder) => recorder.configRequest(0, 1)),
        event("configResponse", batch, (recorder, i) => recorder.configResponse(0, 1, latencyMs(i))),
        event("publishReceived", batch, (recorder) => recorder.publishReceived(0)),
        event("bytesReceived", batch, (recorder, i) => recorder.bytesReceived(0, i)),
      ],
    },
    {
      title: "HDR recordValue",
      operation: "value",
      cases: [histogram("JavaScript", batch, newHistogram("js")), histogram("WebAssembly", batch, wasm)],
    },
  ];
}
