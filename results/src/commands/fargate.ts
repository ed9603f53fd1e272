import { randomBytes } from "node:crypto";
import { relative, resolve } from "node:path";
import type { ScriptNeeds } from "artillery-engine-mqtt/check";
import {
  DEFAULT_OUTPUT,
  hideEnvironment,
  maskText,
  printable,
  printableLines,
} from "artillery-engine-mqtt/contract";
import { type Command, InvalidArgumentError } from "commander";
import { bucketOfAccount } from "../aws/account.ts";
import { NoSdk } from "../aws/sdk.ts";
import { REPORTS } from "../config/config.ts";
import { consoleSummary } from "../console/summary.ts";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { writeResults } from "../directory/write-results.ts";
import { CONFIRM_DEVICES, containersInWords, launchProblems } from "../fargate/check-launch.ts";
import { costOf, DEFAULT_GIB, DEFAULT_VCPU, PRICES, readSize, runSeconds } from "../fargate/cost.ts";
import { launchConfig } from "../fargate/launcher.ts";
import { NotStageable } from "../fargate/not-stageable.ts";
import { type FargateOutcome, runFargate } from "../fargate/run-fargate.ts";
import { stage } from "../fargate/stage.ts";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { count } from "../judge/number-words.ts";
import { writeMissing } from "../run/missing-file.ts";
import { readDotenv } from "./dotenv-file.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io, invalid } from "./io.ts";
import { type LoadedScript, loadScript } from "./script-to-forecast.ts";
import { inTemporaryFolder } from "./temporary-folder.ts";

interface Options {
  count: number;
  region: string;
  cluster: string;
  output: string;
  spot?: boolean;
  cpu?: string;
  memory?: string;
  target?: string;
  dotenv?: string;
  yes?: boolean;
  dryRun?: boolean;
}

const HELP = `
Checks the script, sends it with both packages, starts --count containers with artillery run-fargate, and shows how they do;
then it merges what all of them measured, judges it, and ends with the exit codes below. Each container runs the whole script:
--count 10 is ten times its devices. A container that stops before the run begins ends it, with the end of its log; one that is
lost is named, and the others go on. Ctrl-C stops the containers and keeps what they have measured.
Options after -- go to artillery run-fargate as they are (--subnet-ids, --security-group-ids, --task-role-name, --secret …).
Credentials are those that the AWS SDK finds: environment, profile, role.

Examples:
  mqtt-results fargate scenarios/fargate.yml --count 2 --target mqtts://broker.example:8883 --dry-run
  mqtt-results fargate scenarios/fargate.yml --count 10 --spot --target mqtts://broker.example:8883 --yes`;

export function addFargate(program: Command, io: Io, end: (code: number) => void): void {
  program
    .command("fargate")
    .description("run a script on many containers of AWS Fargate, and judge them as one run")
    .argument("<script>", "the script; what it needs is in its folder")
    .argument("[artillery...]", "after --: more options of artillery run-fargate")
    .requiredOption("--count <n>", "so many containers", containerCount)
    .option("-r, --region <region>", "the containers' region", process.env["AWS_REGION"] ?? "us-east-1")
    .option("--cluster <name>", "the cluster of ECS", "artilleryio-cluster")
    .option("--spot", "on spare capacity: cheaper, and may be taken away")
    .option("--cpu <n>", `vCPU of each container (default: ${DEFAULT_VCPU})`)
    .option("--memory <n>", `GB of each container (default: ${DEFAULT_GIB})`)
    .option("-t, --target <url>", "the broker, in place of the script's")
    .option("--dotenv <file>", "environment of the containers")
    .option("-y, --yes", `start more than ${count(CONFIRM_DEVICES)} devices`)
    .option("--dry-run", "say what would be started, and start nothing")
    .option("-o, --output <directory>", "the run's own directory is made in it", DEFAULT_OUTPUT)
    .addHelpText("after", HELP)
    .action(async (path: string, more: string[], options: Options) => {
      end(await fargate(path, more, options, io));
    });
}

async function fargate(path: string, more: readonly string[], options: Options, io: Io): Promise<number> {
  const variables = options.dotenv === undefined ? {} : readDotenv(options.dotenv);
  for (const environment of [process.env, variables]) {
    hideEnvironment({ _scriptPath: resolve(path) }, environment);
  }
  const script = loadScript(path, { target: options.target, variables });
  const needs = await checked(script, options);
  refuseOurs(more);
  const { region, cluster } = options;
  for (const line of launchLines(needs, options)) io.err(`${printable(line)}\n`);
  return inTemporaryFolder("mqtt-fargate-", async (folder) => {
    const { config } = script;
    const staged = stageOrRefuse({ path, config, pemFiles: needs.pemFiles }, folder);
    if (options.dryRun === true) {
      io.err("nothing was started: --dry-run\n");
      return EXIT_CODES.ok.code;
    }
    const bucket = await bucketOrRefuse(region);
    const testRunId = `t${randomBytes(10).toString("hex")}`;
    const directory = resolve(options.output, testRunId);
    io.err(`run ${testRunId}: results come home to s3://${bucket}/test-runs/${testRunId}\n`);
    const { result, signalCode } = await interruptible((interrupt) =>
      runFargate({
        script: staged,
        testRunId,
        bucket,
        region,
        cluster,
        directory,
        interrupt,
        launcherArgs: [
          ...launcherArgs(options, more),
          ...["--launch-config", launchConfig(options.count, bucket, testRunId)],
        ],
        say: (line) => {
          // What npm and a container print may hold anything.
          if (line.trim() !== "") io.err(`${printableLines(maskText(line))}\n`);
        },
      }),
    );
    const code = judge(directory, result, io);
    if (signalCode !== null) io.err("interrupted: what was measured up to here was kept\n");
    return signalCode ?? code;
  });
}

/** @throws a CommandError with every problem */
async function checked(script: LoadedScript, options: Options): Promise<ScriptNeeds> {
  const { checkScript } = await import("artillery-engine-mqtt/check");
  const { needs, problems } = checkScript(script);
  if (needs === null) throw invalid(problems);
  const sizes = [
    ["--cpu", options.cpu, readSize(options.cpu, 16, DEFAULT_VCPU)],
    ["--memory", options.memory, readSize(options.memory, 120, DEFAULT_GIB)],
  ] as const;
  const refused = [
    ...sizes.flatMap(([name, given, size]) =>
      size === null ? [`${name}: ${given}; allowed: a number above 0`] : [],
    ),
    ...launchProblems(needs, {
      containers: options.count,
      isConfirmed: options.yes === true || options.dryRun === true,
      isEmulated: /^https?:\/\/(localhost|127\.)/.test(process.env["AWS_ENDPOINT_URL"] ?? ""),
    }),
  ];
  if (refused.length > 0) throw invalid(refused.join("\n"));
  return needs;
}

const OURS =
  /^--(count|region|cluster|spot|cpu|memory|target|dotenv|launch-config|packages|config)(=|$)|^-[rtc]/;

function refuseOurs(more: readonly string[]): void {
  const ours = more.filter((argument) => OURS.test(argument));
  if (ours.length > 0)
    throw invalid(`-- ${ours.join(" ")}: allowed: options that this command does not have itself`);
}

/** What is about to be started, and what that costs. */
function launchLines(needs: ScriptNeeds, options: Options): string[] {
  const { count: containers, region, spot = false } = options;
  const { devices, targets } = needs;
  const runS = runSeconds(needs, containers);
  const vcpu = readSize(options.cpu, 16, DEFAULT_VCPU) ?? DEFAULT_VCPU;
  const gib = readSize(options.memory, 120, DEFAULT_GIB) ?? DEFAULT_GIB;
  const cost = costOf({ containers, vcpu, gib, runS });
  const all = devices === null ? "an unknown number of" : count(devices * containers);
  const each = devices === null ? "" : ` of ${count(devices)}`;
  return [
    `${all} devices (${containersInWords(containers)}${each}) will connect to ${targets.map(({ url }) => url).join(", ")}; ` +
      "each storm cuts its share of them at one instant",
    `${region}: ${containers} × ${vcpu} vCPU, ${gib} GB${spot ? " of Spot" : ""}; the run takes about ${Math.ceil(runS / 60)} min: ` +
      `about ${cost.toFixed(2)} US dollars without traffic` +
      `${spot ? ", less by up to 70 % on Spot" : ""} (list prices of ${PRICES.region}, ${PRICES.asOf}; aws.amazon.com/fargate/pricing)`,
  ];
}

function launcherArgs(options: Options, more: readonly string[]): string[] {
  const given = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  return [
    ...["--count", String(options.count), "--region", options.region],
    ...(options.cluster === "artilleryio-cluster" ? [] : ["--cluster", options.cluster]),
    ...(options.spot === true ? ["--spot"] : []),
    ...given("--cpu", options.cpu),
    ...given("--memory", options.memory),
    ...given("--target", options.target),
    ...given("--dotenv", options.dotenv),
    ...more,
  ];
}

function stageOrRefuse(script: Parameters<typeof stage>[0], folder: string): string {
  try {
    return stage(script, folder, process.cwd());
  } catch (error) {
    if (error instanceof NotStageable) throw invalid(error.message);
    throw error;
  }
}

async function bucketOrRefuse(region: string): Promise<string> {
  try {
    return await bucketOfAccount(region);
  } catch (error) {
    if (error instanceof NoSdk) throw new CommandError(error.message);
    const { name, message } = error as Error;
    throw invalid(`AWS does not know you (${name}: ${message}); nothing was started`);
  }
}

/** Merges, judges, writes and prints what has come home. Returns the exit code. */
function judge(directory: string, outcome: FargateOutcome, io: Io): number {
  const { containers, missing, hasFailedEarly, launcherCode } = outcome;
  writeMissing(directory, missing);
  if (containers === 0) {
    for (const line of missing) io.err(`${printable(line)}\n`);
    io.err(`nothing was measured${hasFailedEarly ? ": the run did not begin" : ""}\n`);
    return EXIT_CODES.notMeasured.code;
  }
  const { run, summary, script } = mergeDirectories([directory], {});
  const { paths, problems } = writeResults(directory, [...REPORTS], run, summary, script);
  const files = paths.map((path) => relative(process.cwd(), path));
  io.out(`${consoleSummary(summary, { colour: io.colour, files })}\n`);
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  // What Artillery's own launcher found wrong (ensure, a worker that failed) is kept where we found nothing.
  return summary.exit.code === 0 ? (launcherCode ?? 0) : summary.exit.code;
}

function containerCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError("allowed: a whole number from 1 to 1000");
}
