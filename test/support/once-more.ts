/**
 * `node test/support/once-more.ts FOLDER`: the end of `.ci/run`. The folder holds a JSON report `NAME.json` of Vitest for each of
 * its runs, and beside it the exit code in `NAME.rc`.
 *
 * Several files share two processors there. A file in which a test failed beside others is run once more, alone on a machine that
 * does nothing else: what fails there too has failed. What passes is named all the same, for it says that the test is delicate.
 * The last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

interface Report {
  numPassedTests: number;
  testResults: {
    name: string;
    status: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

const read = (path: string): Report => JSON.parse(readFileSync(path, "utf8"));

const failedFiles = ({ testResults }: Report): Report["testResults"] =>
  testResults.filter(({ status }) => status === "failed");

/** Each failed test of a file; where none has failed, the file itself has, before its first test. */
const failedTests = (file: Report["testResults"][number]): string[] => {
  const failed = file.assertionResults
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => `${fullName}\n    ${failureMessages[0]?.split("\n")[0] ?? ""}`);
  return (failed.length > 0 ? failed : ["(the file itself)"]).map(
    (test) => `${relative(process.cwd(), file.name)}: ${test}`,
  );
};

const folder = process.argv[2] as string;
let [passed, failed] = [0, 0];
const told: string[] = [];
for (const file of readdirSync(folder).filter((each) => each.endsWith(".rc"))) {
  const name = file.slice(0, -".rc".length);
  const code = Number(readFileSync(join(folder, file), "utf8"));
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) {
    failed += 1;
    told.push(`${name}: ended with ${code} before its report was written`);
    continue;
  }
  const report = read(path);
  const files = failedFiles(report);
  passed += report.numPassedTests;
  if (files.length === 0) {
    if (code === 0) continue;
    failed += 1;
    told.push(`${name}: every test passed, and yet it ended with ${code}`);
    continue;
  }
  // The run on another version of Node brought its own.
  const own = join(folder, name, "node_modules/node/bin/node");
  const againPath = join(folder, `${name}.again.json`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--no-file-parallelism"];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${againPath}`];
  const again = spawnSync(
    existsSync(own) ? own : process.execPath,
    [...vitest, ...files.map((each) => each.name), ...reporters],
    { stdio: "inherit" },
  );
  for (const test of files.flatMap(failedTests)) told.push(`${name}, beside others: ${test}`);
  if (!existsSync(againPath)) {
    failed += files.length;
    told.push(`${name}, alone: ended with ${again.status} before its report was written`);
    continue;
  }
  const alone = read(againPath);
  const passedBefore = files.flatMap(({ assertionResults }) => assertionResults);
  passed += alone.numPassedTests - passedBefore.filter(({ status }) => status === "passed").length;
  const stillFailed = failedFiles(alone).flatMap(failedTests);
  if (stillFailed.length === 0 && again.status !== 0) stillFailed.push(`ended with ${again.status}`);
  failed += stillFailed.length;
  for (const test of stillFailed) told.push(`${name}, alone as well: ${test}`);
}
for (const line of told) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
