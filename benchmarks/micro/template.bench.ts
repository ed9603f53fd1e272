import type { VuContext } from "../../engine/src/artillery.ts";
import { compileTextTemplate } from "../../engine/src/script/template.ts";
import { each, type Scale, type Table } from "./suite.ts";

const TOPIC = "fleets/{{ region }}/devices/{{ deviceId }}/config/get";

/** Looked at anew for every topic, as a template that is not compiled. */
function interpreted(text: string, vars: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(vars[name]));
}

export function tables({ batch }: Scale): Table[] {
  const contexts = Array.from({ length: 64 }, (_, i) => {
    const vars = { deviceId: `device-${String(i).padStart(6, "0")}`, region: "eu" };
    return { vars } as unknown as VuContext;
  });
  const contextOf = (i: number): VuContext => contexts[i & 63] as VuContext;
  const compiled = compileTextTemplate(TOPIC);
  const constant = compileTextTemplate("commands/all");
  return [
    {
      title: "topic templates",
      operation: "topic",
      cases: [
        each("engine: compiled, two variables", batch, (i) => compiled(contextOf(i)).length),
        each("engine: compiled, no variable", batch, (i) => constant(contextOf(i)).length),
        each(
          "a regular expression for every topic",
          batch,
          (i) => interpreted(TOPIC, contextOf(i).vars).length,
        ),
      ],
    },
  ];
}
