import { type DeviceEvent, EVENTS, type EventName, type Subject } from "../../engine/src/device/events.ts";

/** An event with what its row in the table says that it carries. */
export interface LoggedEvent {
  event: EventName;
  /** The storm that it is told for. */
  storm?: number;
  /** The name that it carries: a reason, a cause or an error. */
  name?: string;
  value?: number | null;
  /** Said of a device that gets lost, in place of the value. */
  wasReady?: boolean;
}

/** Events that are told for a storm: they count or time something for it. */
const ofStorm = ({ storm, stormLatency, whileOpen, message }: DeviceEvent): boolean =>
  storm !== null || stormLatency !== null || whileOpen || message !== null;

/** Events whose value means something. */
const ofValue = ({ latency, stormLatency, addsValue, ready }: DeviceEvent): boolean =>
  latency !== null || stormLatency !== null || addsValue || ready !== 0;

export function logged(event: DeviceEvent, storm: number, value: number | null, name: string): LoggedEvent {
  const one: LoggedEvent = { event: event.name };
  if (ofStorm(event)) one.storm = storm;
  if (event.named !== null) one.name = name;
  if (event.ready === -1) one.wasReady = value === 1;
  else if (ofValue(event)) one.value = value;
  return one;
}

/** Adds up what is told: how often each event was, under which names, and its values by storm. */
export class ToldEvents {
  readonly counts: Record<EventName, number> = forEach(() => 0);
  readonly names: Record<EventName, Record<string, number>> = forEach(() => ({}));
  /** Values that are known, by storm; those of none stand at 0. */
  readonly values: Record<EventName, Record<number, number[]>> = forEach(() => ({}));

  tell(event: DeviceEvent, _subject: Subject, storm: number, value: number | null, name: string): void {
    this.counts[event.name]++;
    const names = this.names[event.name];
    if (event.named !== null) names[name] = (names[name] ?? 0) + 1;
    if (event.error !== null) {
      const error = event.error.replace("{}", name);
      this.names.error[error] = (this.names.error[error] ?? 0) + 1;
    }
    if (!ofValue(event) || value === null) return;
    const values = this.values[event.name];
    values[storm] ??= [];
    values[storm].push(value);
  }

  /** The sum of an event's values, such as its bytes. */
  sum(event: EventName): number {
    return Object.values(this.values[event])
      .flat()
      .reduce((sum, value) => sum + value, 0);
  }
}

function forEach<T>(make: () => T): Record<EventName, T> {
  return Object.fromEntries(Object.keys(EVENTS).map((name) => [name, make()])) as Record<EventName, T>;
}

/** What a test says of an event; what it leaves out is none. */
export interface Said {
  cohort?: number;
  storm?: number;
  value?: number | null;
  name?: string;
}

/** Tells an event as a device would. */
export function tell(
  recorder: { tell: ToldEvents["tell"] },
  event: EventName,
  { cohort = 0, storm = 0, value = 0, name = "" }: Said = {},
): void {
  recorder.tell(EVENTS[event], { cohort, region: 0 }, storm, value, name);
}
