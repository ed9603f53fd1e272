import * as hdr from "hdr-histogram-js";
import { newHistogram } from "../../engine/src/capture/histograms.ts";
import { Recorder } from "../../engine/src/capture/recorder.ts";
import { HISTOGRAM } from "../../engine/src/contract.ts";
import { type DeviceEvent, EVENTS } from "../../engine/src/device/events.ts";
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
  recorder.storms.begin(1);
  const one = each(name, batch, (i) => {
    record(recorder, i);
    return heard;
  });
  // The rows that a flush would take every 2 s do not pile up.
  return { ...one, prepare: () => void recorder.timeline.take() };
}

/** The storm whose window is open. */
const STORM = 1;
const SUBJECT = { cohort: 0, region: 0 };

/** Tells as a device does: only what counts for a storm is told for one. */
function tell(recorder: Recorder, one: DeviceEvent, value: number | null = 0, name = ""): void {
  const storm = one.storm !== null || one.stormLatency !== null ? STORM : 0;
  recorder.tell(one, SUBJECT, storm, value, name);
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
        event("connectAttempt", batch, (recorder) => tell(recorder, EVENTS.connectAttempt)),
        event("tcpOpened", batch, (recorder, i) => tell(recorder, EVENTS.tcpOpened, latencyMs(i))),
        event("connectAccepted", batch, (recorder, i) => {
          tell(recorder, EVENTS.connackReceived, latencyMs(i + 1));
          tell(recorder, EVENTS.connectAccepted, latencyMs(i));
        }),
        event("connectRefused", batch, (recorder) => tell(recorder, EVENTS.connectRefused, 0, "tcp_refused")),
        event("reconnected", batch, (recorder, i) => tell(recorder, EVENTS.reconnected, latencyMs(i))),
        event("becameReady", batch, (recorder, i) => tell(recorder, EVENTS.becameReady, latencyMs(i))),
        event("disconnected", batch, (recorder) => tell(recorder, EVENTS.disconnected, 1, "reset")),
        event("stormDropped", batch, (recorder, i) => recorder.storms.dropped(0, STORM, latencyMs(i))),
        event("subscribeSent", batch, (recorder) => tell(recorder, EVENTS.subscribeSent)),
        event("subscribed", batch, (recorder, i) => tell(recorder, EVENTS.subscribed, latencyMs(i))),
        event("configRequest", batch, (recorder) => tell(recorder, EVENTS.configRequest)),
        event("configResponse", batch, (recorder, i) => tell(recorder, EVENTS.configResponse, latencyMs(i))),
        event("publishReceived", batch, (recorder) => tell(recorder, EVENTS.publishReceived)),
        event("bytesReceived", batch, (recorder, i) => tell(recorder, EVENTS.bytesReceived, i)),
      ],
    },
    {
      title: "HDR recordValue",
      operation: "value",
      cases: [histogram("JavaScript", batch, newHistogram("js")), histogram("WebAssembly", batch, wasm)],
    },
  ];
}
