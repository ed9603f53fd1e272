import type { ForecastAssumption } from "../contract.ts";
import type { ConfigServiceOptions } from "../lab/lab.ts";
import { type Arrivals, scaledTo } from "./arrivals.ts";
import type { Model } from "./model.ts";

/** So many devices stand for a fleet that does not fit into memory. */
export const SAMPLE_DEVICES = 100_000;

/** Some devices stand for all. */
export interface Sample {
  devices: number;
  of: number;
}

/**
 * The same for the devices of a sample: capacities and queues are smaller by the same factor as the fleet is, so that each device
 * finds what it would find among all. Rates are scaled, and no time of the network, of a broker that is idle or of a script.
 */
export function modelOfSample(model: Model, { devices, of }: Sample): Model {
  const share = devices / of;
  const { broker } = model;
  const places = (count: number): number => Math.max(1, Math.round(count * share));
  const service = (one: ConfigServiceOptions): ConfigServiceOptions => ({
    ...one,
    capacity: one.capacity * share,
    queueLimit: places(one.queueLimit),
    ...(one.scaleUp === undefined ? {} : { scaleUp: { ...one.scaleUp, to: one.scaleUp.to * share } }),
  });
  return {
    ...model,
    broker: {
      ...broker,
      connects: broker.connects * share,
      tlsFull: broker.tlsFull * share,
      tlsResumed: broker.tlsResumed * share,
      subscribes: broker.subscribes * share,
      messages: broker.messages * share,
      closes: broker.closes * share,
      acceptQueue: places(broker.acceptQueue),
    },
    generatorConnects: model.generatorConnects && model.generatorConnects * share,
    services: model.services.map((one) => one && service(one)),
  };
}

/** Phases that start the devices of the sample; where one lets no more than so many be there at one time, that is scaled too. */
export function arrivalsOfSample(arrivals: readonly Arrivals[], { devices, of }: Sample): Arrivals[] {
  return scaledTo(arrivals, devices).map((one) => ({
    ...one,
    maxVusers:
      one.maxVusers === Number.POSITIVE_INFINITY ? one.maxVusers : Math.ceil((one.maxVusers * devices) / of),
  }));
}

/** What one piece of work takes at the slowest place of a sample, milliseconds. */
export function resolutionOf({ broker, services }: Model): number {
  const rates = services.flatMap((one) => (one === null ? [] : [one.capacity]));
  return 1000 / Math.min(broker.connects, ...rates);
}

/** What a sample rests on. */
export function sampleAssumptions(
  model: Model,
  { devices, of }: Sample,
  source: "option" | "model",
): ForecastAssumption[] {
  const stepMs = resolutionOf(model);
  return [
    {
      name: "sample",
      value: `${devices} devices stand for ${of}: capacities and queues are ${devices} / ${of} of those below, counts and rates in all files are the sample's, and no time is scaled`,
      source,
    },
    {
      name: "sample: resolution",
      value: `${Number(stepMs.toPrecision(3))} ms: what one piece of work takes at the slowest place of the sample, where it takes ${Number(((stepMs * devices) / of).toPrecision(3))} ms among all; no time is known to less`,
      source: "model",
    },
  ];
}
