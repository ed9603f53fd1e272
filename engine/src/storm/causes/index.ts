import type { StormCause } from "../../contract.ts";
import type { Cause } from "./cause.ts";
import { close } from "./close.ts";
import { disconnect } from "./disconnect.ts";
import { exec } from "./exec.ts";
import { external } from "./external.ts";
import { regionLoss } from "./region-loss.ts";
import { reset } from "./reset.ts";
import { silent } from "./silent.ts";

/** Every cause that a storm can have. */
export const CAUSES: Record<StormCause, Cause> = {
  reset,
  close,
  disconnect,
  silent,
  exec,
  external,
  regionLoss,
};
