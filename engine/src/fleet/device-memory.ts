import type { Device } from "../device/device.ts";
import type { Operation } from "../device/program.ts";
import { contextOf, type ParsedStep } from "../script/steps/step.ts";

/**
 * Variables that steps of `onConnect` capture, and firmware has in memory alone. What it caches (`cache: true`) it keeps where it
 * survives: it would not ask for it again.
 */
export function inMemory(steps: readonly ParsedStep[]): string[] {
  return [...new Set(steps.flatMap(capturedBy))];
}

function capturedBy({ definition, spec, children }: ParsedStep): string[] {
  const { request, http } = spec as Partial<Record<"request" | "http", { cache?: boolean }>>;
  const own =
    (request ?? http)?.cache === true ? [] : (definition.defines?.(spec as Record<string, unknown>) ?? []);
  return [...own, ...children.flat().flatMap(capturedBy)];
}

interface Memory {
  restarts: number;
  /** What the variables were before the device had ever been connected. */
  values: readonly unknown[];
}

/** Comes before the first step: after a reboot the variables are what they were before the first connection. */
export function forgetsAtReboot(names: readonly string[]): Operation {
  const memories = new WeakMap<Device, Memory>();
  return {
    begin(device, waiter) {
      const { vars } = contextOf(device);
      const { restarts } = device.attempt;
      const memory = memories.get(device);
      if (memory === undefined) {
        memories.set(device, { restarts, values: names.map((name) => vars[name]) });
      } else if (memory.restarts !== restarts) {
        memory.restarts = restarts;
        names.forEach((name, i) => {
          vars[name] = memory.values[i];
        });
      }
      device.env.port.turns.settle(waiter, null);
    },
  };
}
