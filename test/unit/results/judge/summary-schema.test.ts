import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { summaryJsonSchema, summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

const path = new URL("../../../../results/summary.schema.json", import.meta.url);
const committed = JSON.parse(readFileSync(path, "utf8"));

it("summary.schema.json is what the zod schema gives; else: npm run schema -w results", () => {
  expect(committed).toEqual(JSON.parse(JSON.stringify(summaryJsonSchema())));
});

it("a summary fits summary.schema.json, one with fields of a later version too; a wrong one does not", () => {
  const schema = z.fromJSONSchema(committed);
  const summary = JSON.parse(JSON.stringify(summaryOf([spiralWorker("1")])));
  expect(schema.safeParse(summary).error).toBeUndefined();
  expect(schema.safeParse({ ...summary, later: 1 }).success).toBe(true);
  expect(schema.safeParse({ ...summary, complete: "yes" }).success).toBe(false);
  expect(schema.safeParse({ ...summary, storms: [{}] }).success).toBe(false);
});

it("reads summaries from before there were gates", () => {
  const { gate: _, ...before } = summaryOf([spiralWorker("1")]);
  expect(summarySchema.parse(before).gate).toEqual([]);
});
