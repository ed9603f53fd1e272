import { invalid } from "./io.ts";

/** It is loaded by whoever needs it: the other commands start without it. */
export type Engine = typeof import("artillery-engine-mqtt/forecast");

/** What the engine refuses is the user's to change. */
export function refusable<T>(engine: Engine, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof engine.ForecastRefused) throw invalid(error.message);
    throw error;
  }
}
