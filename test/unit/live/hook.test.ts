import { afterEach, expect, it, vi } from "vitest";
import type { Helpers, RunEvents, VuContext } from "../../../engine/src/artillery.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { forgetHiddenValues, hideValues } from "../../../engine/src/secrets/secret-values.ts";
import { NO_TLS_SETTINGS } from "../../../engine/src/transport/tls-material.ts";
import { scriptWith } from "../script/good-script.ts";

// A hook runs in the main thread, and vitest may run tests in worker threads.
vi.mock("node:worker_threads", async (original) => ({ ...(await original<object>()), isMainThread: true }));
const { compileHook } = await import("../../../engine/src/live/hook.ts");

afterEach(() => {
  forgetHiddenValues();
  vi.restoreAllMocks();
});

it.each(["before", "after"])("what a function of a %s hook fails with is masked and printable", (place) => {
  hideValues(["zebra-7"]);
  const hook = { engine: "mqtt", flow: [{ function: "prepare" }] };
  const script = scriptWith({ [place]: hook });
  script.config.processor = {
    prepare: () => {
      throw new Error("vault \u001b[31m is sealed, token=cobra-11 of\nzebra-7");
    },
  };
  const { plan } = validate(script, true);
  if (plan === null) throw new Error("the script is no good");
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("nothing comes after it");
  });
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const run = compileHook(script, hook, plan, {} as Helpers, {} as RunEvents, NO_TLS_SETTINGS);
  expect(() => run({ vars: {} } as VuContext, () => {})).toThrow("nothing comes after it");
  expect(said.mock.calls[0]).toEqual([
    "artillery-engine-mqtt: function prepare(): vault \\u{1b}[31m is sealed, token=*** of\n***\n",
  ]);
  expect(exit).toHaveBeenCalledWith(1);
});
