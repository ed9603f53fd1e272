import type { Program } from "../../engine/src/device/program.ts";
import type { Waiter } from "../../engine/src/device/turns.ts";
import type { ParsedStep } from "../../engine/src/script/steps/step.ts";
import type { OperationUnderWay, WatchedDevice } from "./watched-device.ts";

/** Tells devices which of their operations begin and end. */
export function watched(program: Program, steps: readonly ParsedStep[]): Program {
  return program.map((operation, place) => {
    // A later connection knows a publication of the program by its waiter.
    const isPublication = steps[place]?.definition.name === "publish";
    return {
      begin(device, waiter) {
        const known = device as WatchedDevice;
        const underWay = known.operationBegins(isPublication);
        operation.begin(device, isPublication ? waiter : watchedWaiter(known, underWay, waiter));
      },
    };
  });
}

function watchedWaiter(device: WatchedDevice, operation: OperationUnderWay, waiter: Waiter): Waiter {
  return {
    settled(failure) {
      device.operationEnds(operation, failure);
      waiter.settled(failure);
    },
  };
}
