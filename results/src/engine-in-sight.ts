import { realpathSync } from "node:fs";
import { createRequire } from "node:module";

const ENGINE = "artillery-engine-mqtt";

/**
 * Why Artillery would not find the engine of a script that uses it, and what to do; null where it finds it. Artillery looks beside
 * itself, not beside the script, and goes on without an engine to a TypeError of its own.
 *
 * @param program the path of Artillery's program
 */
export function engineProblem(config: unknown, program: string | undefined): string | null {
  const engines = (config as { engines?: Record<string, unknown> } | undefined)?.engines ?? {};
  if (program === undefined || !("mqtt" in engines)) return null;
  let real = program;
  try {
    real = realpathSync(program);
    createRequire(real).resolve(ENGINE);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") return null;
    return `mqtt-results: Artillery (${real}) cannot see ${ENGINE}: install both in one place, npm install artillery ${ENGINE}, and run npx artillery there`;
  }
}
