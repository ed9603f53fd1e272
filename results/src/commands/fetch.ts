import { printable } from "artillery-engine-mqtt/contract";
import type { Command } from "commander";
import { fetchFrom, S3_HELP } from "./bucket.ts";
import type { Io } from "./io.ts";

const HELP = `
Containers of artillery run-fargate send what they measure to the bucket of the run, every ten seconds and at the end:
this puts their files together. Credentials are those that the AWS SDK finds: environment, profile, role.

Examples:
  mqtt-results fetch s3://artilleryio-test-data-123456789012/test-runs/t6kjg_9aaaz results/t6kjg
  mqtt-results report results/t6kjg`;

export function addFetch(program: Command, io: Io): void {
  program
    .command("fetch")
    .description("fetch the files of a run on Fargate from its bucket")
    .argument("<url>", S3_HELP)
    .argument("<dir>", "directory for the files; one without files of a run")
    .option("-r, --region <region>", "the bucket's region (default: that of the environment)")
    .addHelpText("after", HELP)
    .action(async (url: string, directory: string, { region }: { region?: string }) => {
      const { containers, problems } = await fetchFrom(url, region, directory);
      io.out(`${directory}: files of ${containers} ${containers === 1 ? "container" : "containers"}\n`);
      for (const problem of problems) io.err(`${printable(problem)}\n`);
    });
}
