import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { callFunction } from "./function.ts";
import { http } from "./http.ts";
import { lab } from "./lab.ts";
import { log } from "./log.ts";
import { loop } from "./loop.ts";
import { parallel } from "./parallel.ts";
import { publish } from "./publish.ts";
import { refresh } from "./refresh.ts";
import { request } from "./request.ts";
import { set } from "./set.ts";
import { stayOnline } from "./stay-online.ts";
import type { StepDefinition } from "./step.ts";
import { subscribe } from "./subscribe.ts";
import { think } from "./think.ts";
import { unsubscribe } from "./unsubscribe.ts";
import { waitForMessage } from "./wait-for-message.ts";

/** Every kind of step. Adding one is one file and one line here. */
export const STEPS: readonly StepDefinition[] = [
  connect,
  subscribe,
  unsubscribe,
  publish,
  request,
  http,
  waitForMessage,
  refresh,
  stayOnline,
  disconnect,
  think,
  set,
  loop,
  log,
  callFunction,
  lab,
  parallel,
];
