import type { ProcessorFunction, VuContext } from "../../engine/src/artillery.ts";
import type { Chance } from "./chance.ts";
import type { FunctionName } from "./steps.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ProcessorWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  /** Troubles are over. */
  readonly isCalm: boolean;
  /** Does something to the device of a virtual user. */
  meddle(context: VuContext): void;
}

/** Functions of a script's own: each says that it is done in another way. Once troubles are over they behave. */
export function processorOf(world: ProcessorWorld): Record<FunctionName, ProcessorFunction> {
  const { time, chance } = world;
  const late = (done: () => void): void => time.later(chance.between(1, 3000), done);
  const unlessCalm =
    (act: ProcessorFunction): ProcessorFunction =>
    (context, events, done) => {
      if (world.isCalm) done();
      else act(context, events, done);
    };
  return {
    atOnce: (_context, _events, done) => done(),
    late: (_context, _events, done) => late(() => done()),
    twice: (_context, _events, done) => {
      late(() => done());
      late(() => done());
      if (chance.is(0.3)) done();
    },
    never: unlessCalm((_context, _events, done) => {
      if (chance.is(0.7)) done();
    }),
    fails: unlessCalm((_context, _events, done) => {
      const error = chance.is(0.3) ? new Error("a function failed") : null;
      if (chance.is(0.5)) done(error);
      else late(() => done(error));
    }),
    throws: unlessCalm((_context, _events, done) => {
      if (chance.is(0.3)) throw new Error("a function threw");
      done();
    }),
    meddles: unlessCalm((context, _events, done) => {
      const isFirst = chance.is(0.5);
      if (isFirst) done();
      world.meddle(context);
      if (!isFirst) done();
    }),
  };
}
