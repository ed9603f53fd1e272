import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fromCsv } from "../../../../benchmarks/micro/rows.ts";
import { runBenchmarks, SUITES } from "../../../../benchmarks/micro/run.ts";
import { TINY } from "../../../../benchmarks/micro/suite.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

async function run(
  args: string[],
  signal = new AbortController().signal,
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runBenchmarks(
    args,
    (text) => {
      out += text;
    },
    (text) => {
      err += text;
    },
    signal,
  );
  return { code, out, err };
}

it("runs every case of every file", async () => {
  const output = join(temporaryDirectory(), "micro.csv");
  const { code, err } = await run(["--quick", "--output", output]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const expected: string[] = [];
  for (const load of Object.values(SUITES)) {
    for (const { title, cases } of await (await load()).tables(TINY)) {
      expected.push(...cases.map(({ name }) => `${title}: ${name}`));
    }
  }
  expect(fromCsv(readFileSync(output, "utf8")).map(({ table, name }) => `${table}: ${name}`)).toEqual(
    expected,
  );
});

it("measures what the filter names, and compares it with an earlier file", async () => {
  const output = join(temporaryDirectory(), "micro.csv");
  await run(["--quick", "--filter", "HDR", "--output", output]);
  const { out } = await run(["--quick", "--filter", "JavaScript", "--compare", output, "--output", output]);
  expect(out).toContain("now/before");
  expect(out).toContain("not measured this time: HDR recordValue: WebAssembly");
});

it("says what is wrong with its options", async () => {
  const broken = join(temporaryDirectory(), "broken.csv");
  writeFileSync(broken, "a,b\n1,2\n");
  expect(await run(["--time", "-1"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("Milliseconds above 0"),
  });
  expect(await run(["--fliter", "x"])).toMatchObject({ code: 1, err: expect.stringContaining("--fliter") });
  expect(await run(["--compare", broken])).toMatchObject({
    code: 1,
    err: expect.stringContaining("row 1 has no"),
  });
  expect(await run(["--quick", "--filter", "nothing"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("nothing"),
  });
});

it("ends with 130 when interrupted", async () => {
  expect(await run(["--quick"], AbortSignal.abort())).toMatchObject({ code: 130 });
});
