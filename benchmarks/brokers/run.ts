/** `npm run compare -- SCENARIO… --broker NAME|NAME=URL …`: `mqtt-results compare` with brokers that are started here. */
import pc from "picocolors";
import { runCommand } from "../../results/src/commands/program.ts";
import { catalogueOf } from "./catalogue.ts";
import { makeCertificates } from "./certificates.ts";

process.exitCode = await runCommand(
  ["compare", ...process.argv.slice(2)],
  {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    colour: pc.isColorSupported,
  },
  catalogueOf(makeCertificates),
);
