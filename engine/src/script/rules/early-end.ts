import { renderPath } from "../problem.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import type { Rule } from "./rule.ts";

/** Without storms there is nothing that could recover. */
export const earlyEndRule: Rule = ({ settings: { known, written } }) => {
  if (known.endWhenRecovered === undefined || known.endWhenRecovered === null) return [];
  if (known.storms === undefined || known.storms.length > 0) return [];
  return [
    {
      path: renderPath([...ENGINE_PATH, "endWhenRecovered"]),
      value: written["endWhenRecovered"],
      allowed: "nothing, since the script has no storms that could recover",
    },
  ];
};
