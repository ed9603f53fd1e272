import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Helpers, VuContext } from "../../engine/src/artillery.ts";
import { compileTextTemplate } from "../../engine/src/script/template.ts";
import { each, type Scale, type Table } from "./suite.ts";

const TOPIC = "fleets/{{ region }}/devices/{{ deviceId }}/config/get";
const CONSTANT = "commands/all";

/** Artillery's own, which it gives to engines as a helper; its package does not export it. */
async function artilleryTemplate(): Promise<Helpers["template"]> {
  const artillery = pathToFileURL(createRequire(import.meta.url).resolve("artillery/package.json"));
  const util = (await import(new URL("dist/lib/commons/engine_util.js", artillery).href)) as Helpers;
  return util.template;
}

export async function tables({ batch }: Scale): Promise<Table[]> {
  const template = await artilleryTemplate();
  const contexts = Array.from({ length: 64 }, (_, i) => {
    const vars = { deviceId: `device-${String(i).padStart(6, "0")}`, region: "eu" };
    return { vars } as unknown as VuContext;
  });
  const contextOf = (i: number): VuContext => contexts[i & 63] as VuContext;
  const compiled = compileTextTemplate(TOPIC);
  const constant = compileTextTemplate(CONSTANT);
  return [
    {
      title: "topic templates",
      operation: "topic",
      cases: [
        each("engine: compiled, two variables", batch, (i) => compiled(contextOf(i)).length),
        each("engine: compiled, no variable", batch, (i) => constant(contextOf(i)).length),
        each(
          "Artillery: template, two variables",
          batch,
          (i) => String(template(TOPIC, contextOf(i))).length,
        ),
        each(
          "Artillery: template, no variable",
          batch,
          (i) => String(template(CONSTANT, contextOf(i))).length,
        ),
      ],
    },
  ];
}
