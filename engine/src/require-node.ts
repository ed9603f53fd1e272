/** Imported before all else: a Node that is too old would fail in a library, with an error that does not say so. */
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem !== null) {
  process.stderr.write(`artillery-engine-mqtt: ${problem}\n`);
  // Artillery goes on without an engine that throws here, to a TypeError of its own.
  process.exit(1);
}
