import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaptureResult, Helpers } from "../../../engine/src/artillery.ts";
import { createCaptures, isPlainCapture, parseJsonPath } from "../../../engine/src/forecast/captures.ts";

const artillery = dirname(createRequire(import.meta.url).resolve("artillery/package.json"));
const { captureOrMatch } = (await import(
  pathToFileURL(join(artillery, "dist/lib/commons/engine_util.js")).href
)) as Helpers;

function ask(helper: Helpers["captureOrMatch"], spec: object, body: string): CaptureResult | null {
  let result: CaptureResult | null = null;
  helper(structuredClone(spec) as Record<string, unknown>, { body }, { vars: {} }, (_error, known) => {
    result = known;
  });
  return result;
}

/** What the engine makes of a result: the values of captures, or that they failed; whether matches did. */
function meaning(result: CaptureResult | null): unknown {
  return {
    captures: Object.entries(result?.captures ?? {}).map(([name, { value, failed }]) => [
      name,
      failed === true ? "failed" : value,
    ]),
    fails: Object.values(result?.matches ?? {}).some(({ success }) => success === false),
  };
}

const path = fc
  .array(fc.constantFrom(".a", ".b", ".c", "[0]", "[1]"), { minLength: 1, maxLength: 4 })
  .map((parts) => `$${parts.join("")}`);
const leaf = fc.constantFrom(1, 0, "x", "", true, null);
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("document"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("document"), { maxKeys: 3 }),
  ),
}));
const body = fc.oneof(
  { weight: 9, arbitrary: document.map((one) => JSON.stringify(one)) },
  fc.constant("{no json"),
);

describe("captures of a place in a JSON document", () => {
  it("give what Artillery's own helper gives", () => {
    let found = 0;
    fc.assert(
      fc.property(path, fc.option(leaf), fc.boolean(), body, (json, value, isStrict, text) => {
        const strict = isStrict ? {} : { strict: false };
        const spec =
          value === null
            ? { capture: [{ json, as: "it", ...strict }], match: [] }
            : { capture: [], match: [{ json, value }] };
        expect([...spec.capture, ...spec.match].every(isPlainCapture)).toBe(true);
        const own = meaning(ask(createCaptures(), spec, text));
        expect(own).toEqual(meaning(ask(captureOrMatch, spec, text)));
        if (JSON.stringify(own).includes('["it",') && !JSON.stringify(own).includes('"failed"')) found++;
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(found).toBeGreaterThan(200);
  });

  it("are nothing else", () => {
    expect(parseJsonPath("$.topics[0]['a b']")).toEqual(["topics", 0, "a b"]);
    for (const json of ["$..topics", "$.a[*]", "$.a[?(@.b)]", "topics", "$.a[0,1]", "$.{{ x }}"])
      expect(parseJsonPath(json)).toBeNull();
    expect(isPlainCapture({ regexp: "x", as: "y" })).toBe(false);
    expect(isPlainCapture({ json: "$.a", as: "y", multiple: false })).toBe(false);
  });
});
