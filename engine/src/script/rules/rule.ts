import type { Problem } from "../problem.ts";
import type { ReadScript } from "../read.ts";

/** What must hold over more than one key of a script. It may not rely on any key: a bad one was left out. */
export type Rule = (script: ReadScript) => Problem[];
