import type { Step, VuContext } from "../../engine/src/artillery.ts";
import { Standing } from "../../engine/src/device/standing.ts";
import type { WatchedDevice } from "./watched-device.ts";

/** A virtual user: it is over once, as the worker has it. */
export class User {
  readonly device: WatchedDevice;
  readonly context: VuContext;
  /** How it left the run; null while it is there. */
  goneAs: "left" | "failed" | null = null;
  /** What the storms had made of it by then. */
  #standing: Standing | null = null;
  readonly #over: (user: User) => void;

  constructor(device: WatchedDevice, context: VuContext, over: (user: User) => void) {
    this.device = device;
    this.context = context;
    this.#over = over;
  }

  run(flow: Step): void {
    flow(this.context, (error) => this.leave(error === null ? "left" : "failed"));
  }

  leave(how: "left" | "failed"): void {
    if (this.goneAs !== null) return;
    this.goneAs = how;
    this.#standing = Object.assign(new Standing(), this.device.part.standing);
    this.#over(this);
  }

  get standing(): Standing {
    return this.#standing ?? this.device.part.standing;
  }
}
