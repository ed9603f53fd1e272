import { describe, expect, it } from "vitest";
import { Recorder } from "../../../engine/src/capture/recorder.ts";
import { EVENTS } from "../../../engine/src/device/events.ts";

function recorderOf(tracks: boolean): { recorder: Recorder; emitted: Map<string, number> } {
  const emitted = new Map<string, number>();
  const emit = (event: string, name?: string, value?: number): void => {
    if (event === "counter") emitted.set(name ?? "", (emitted.get(name ?? "") ?? 0) + (value ?? 0));
  };
  return { recorder: new Recorder(["a", "b"], { emit }, () => 0, [], tracks), emitted };
}

const device = { cohort: 1, region: 0 };

describe("tracked messages", () => {
  it("count for the run and for the storm that they were sent in, also when its window is over", () => {
    const { recorder, emitted } = recorderOf(true);
    recorder.storms.begin(1);
    recorder.tell(EVENTS.messagePublished, device, 1, 0, "");
    recorder.storms.end();
    recorder.tell(EVENTS.messageMissed, device, 1, 3, "");
    recorder.tell(EVENTS.messageFilled, device, 1, 0, "");
    recorder.tell(EVENTS.messageTimed, device, 1, 250, "");
    recorder.tell(EVENTS.messageMissed, device, 0, 2, "");
    expect(recorder.messages?.read(1)["b"]).toMatchObject({
      published: 1,
      missed: 3,
      filled: 1,
      delivered: 0,
    });
    expect(recorder.messages?.read(0)["b"]).toMatchObject({ published: 1, missed: 5, filled: 1 });
    expect(recorder.messages?.read(0)["a"]).toMatchObject({ published: 0, missed: 0 });
    expect(recorder.messages?.read(2)["b"]).toMatchObject({ published: 0, missed: 0 });
    const tags: Record<string, number> = {};
    recorder.histograms.takeInterval(({ tag, totalCount }) => {
      tags[tag] = totalCount;
    });
    expect(tags).toEqual({ "mqtt.delivery_time;b": 1, "mqtt.storm.1.delivery_time;b": 1 });
    recorder.emitCounters();
    expect(emitted.get("mqtt.messages.lost")).toBe(4);
    expect(emitted.get("mqtt.messages.duplicates")).toBe(0);
    recorder.tell(EVENTS.messageFilled, device, 0, 0, "");
    recorder.emitCounters();
    expect(emitted.get("mqtt.messages.lost")).toBe(3);
  });

  it("stand in no count where none are tracked", () => {
    const { recorder, emitted } = recorderOf(false);
    expect(recorder.messages).toBeNull();
    recorder.emitCounters();
    expect([...emitted.keys()].filter((name) => name.includes("messages"))).toEqual([]);
  });

  it("belong to a segment: in a storm's window, after it, or before the first", () => {
    const { storms } = recorderOf(true).recorder;
    const segments = [storms.segment];
    for (const storm of [1, 2]) {
      storms.begin(storm);
      segments.push(storms.segment);
      storms.end();
      segments.push(storms.segment);
    }
    expect(segments).toEqual([0, 1, 2, 3, 4]);
  });
});
