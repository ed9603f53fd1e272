import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { mergeDirectories } from "../../../../results/src/directory/judged-runs.ts";
import { Arrived } from "../../../../results/src/parts/arrived.ts";
import { fargateContainer } from "../../../../results/src/parts/fargate-container.ts";
import { fetchRun } from "../../../../results/src/parts/fetch-run.ts";
import { type ObjectStore, parseS3Url } from "../../../../results/src/parts/object-store.ts";
import {
  decodePart,
  encodePart,
  type Part,
  parsePartKey,
  partKey,
  partsPrefix,
} from "../../../../results/src/parts/part.ts";
import { SendHome } from "../../../../results/src/parts/send-home.ts";
import { Unsent } from "../../../../results/src/parts/unsent.ts";
import { LIMITS } from "../../../../results/src/run/limits.ts";
import { readMissing } from "../../../../results/src/run/missing-file.ts";
import { writeRun } from "../../../support/run-files.ts";

/** A bucket in memory. */
class Bucket implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();
  isDown = false;

  async put(key: string, body: Uint8Array): Promise<void> {
    if (this.isDown) throw new Error("SlowDown");
    this.objects.set(key, body);
  }
  async list(prefix: string, most: number): Promise<{ key: string; bytes: number }[]> {
    const keys = [...this.objects].filter(([key]) => key.startsWith(prefix)).sort();
    return keys.slice(0, most).map(([key, { length }]) => ({ key, bytes: length }));
  }
  async get(key: string): Promise<Uint8Array> {
    const found = this.objects.get(key);
    if (found === undefined) throw new Error("NoSuchKey");
    return found;
  }
}

const read = (directory: string, name: string): string => readFileSync(join(directory, name), "utf8");
const PREFIX = partsPrefix("t1");
const folder = (): string => mkdtempSync(join(tmpdir(), "parts-"));

function part(number: number, files: Part["files"], isLast = false): Uint8Array {
  return encodePart({ schemaVersion: 1, number, isLast, sentAtMs: 1000 * number, files });
}

function sender(bucket: Bucket, directory: string, container = "a"): { home: SendHome; lines: string[] } {
  const lines: string[] = [];
  const options = { store: bucket, prefix: PREFIX, container, directory: () => directory };
  // Parts are sent by the end alone: the interval never comes.
  return { home: new SendHome({ ...options, log: (line) => lines.push(line) }, 1e8), lines };
}

describe("what a container sends", () => {
  it("is what is new since the last part, in whole lines, and records when they changed", () => {
    const directory = folder();
    const unsent = new Unsent();
    writeFileSync(join(directory, "worker-a-1.hlog"), "one\ntwo\nhal");
    writeFileSync(join(directory, "worker-a-1.json"), '{"n":1}');
    writeFileSync(join(directory, "worker-a-1.json.tmp"), "half");
    writeFileSync(join(directory, "summary.json"), "not a container's");
    const first = unsent.next(directory, 5);
    expect(first).toMatchObject({ number: 1, sentAtMs: 5, isLast: false });
    expect(first.files).toEqual([
      { name: "worker-a-1.hlog", from: 0, text: "one\ntwo\n" },
      { name: "worker-a-1.json", from: null, text: '{"n":1}' },
    ]);
    // It was not sent: it is there again.
    expect(unsent.next(directory, 6).files).toEqual(first.files);
    unsent.sent(first);
    expect(unsent.next(directory, 7).files).toEqual([]);
    appendFileSync(join(directory, "worker-a-1.hlog"), "f\n");
    writeFileSync(join(directory, "worker-a-1.json"), '{"n":2}');
    expect(unsent.next(directory, 8)).toMatchObject({
      number: 2,
      files: [
        { name: "worker-a-1.hlog", from: 8, text: "half\n" },
        { name: "worker-a-1.json", from: null, text: '{"n":2}' },
      ],
    });
  });

  it("comes in several parts where it is much, and all of it arrives", async () => {
    const directory = folder();
    const text = `${"x".repeat(99)}\n`.repeat(250_000);
    writeFileSync(join(directory, "worker-a-1.timeline.csv"), text);
    writeFileSync(join(directory, "script.json"), "{}");
    const bucket = new Bucket();
    const { home } = sender(bucket, directory);
    expect(await home.finish([])).toEqual({ parts: 4 });
    const arrived = folder();
    expect(await fetchRun(bucket, PREFIX, arrived)).toEqual({ containers: 1, problems: [] });
    expect(readFileSync(join(arrived, "worker-a-1.timeline.csv"), "utf8")).toBe(text);
    expect(readFileSync(join(arrived, "script.json"), "utf8")).toBe("{}");
  });

  it("that could not be written comes from memory, in place of what was sent", async () => {
    const directory = folder();
    writeFileSync(join(directory, "worker-a-1.hlog"), "old\n");
    const bucket = new Bucket();
    const { home } = sender(bucket, directory);
    await home.finish([{ name: "worker-a-1.hlog", from: null, text: "all of it\n" }]);
    const arrived = folder();
    await fetchRun(bucket, PREFIX, arrived);
    expect(readFileSync(join(arrived, "worker-a-1.hlog"), "utf8")).toBe("all of it\n");
  });

  it("cannot be sent where the bucket refuses it, which is a sentence and no error", async () => {
    const bucket = new Bucket();
    bucket.isDown = true;
    expect(await sender(bucket, folder()).home.finish([])).toEqual({ problem: "SlowDown" });
  });
});

describe("what arrives", () => {
  it("grows part by part, in their order, whatever the order of the listing", async () => {
    const bucket = new Bucket();
    const directory = folder();
    const arrived = new Arrived(bucket, PREFIX, directory);
    const name = "worker-a-1.hlog";
    bucket.objects.set(partKey(PREFIX, "a", 2), part(2, [{ name, from: 2, text: "b\n" }]));
    bucket.objects.set(partKey(PREFIX, "a", 1), part(1, [{ name, from: 0, text: "a\n" }]));
    await arrived.fetch();
    expect(readFileSync(join(directory, name), "utf8")).toBe("a\nb\n");
    bucket.objects.set(partKey(PREFIX, "a", 3), part(3, [{ name, from: 4, text: "c\n" }], true));
    await arrived.fetch();
    await arrived.fetch();
    expect(readFileSync(join(directory, name), "utf8")).toBe("a\nb\nc\n");
    expect(arrived.containers).toEqual([{ name: "a", parts: 3, isLast: true, sentAtMs: 3000 }]);
    expect(arrived.problems).toEqual([]);
  });

  it("says which part is missing, and which container did not end", async () => {
    const bucket = new Bucket();
    const name = "worker-a-1.hlog";
    bucket.objects.set(partKey(PREFIX, "a", 1), part(1, [{ name, from: 0, text: "a\n" }]));
    bucket.objects.set(partKey(PREFIX, "a", 3), part(3, [{ name, from: 4, text: "c\n" }]));
    const directory = folder();
    const { problems } = await fetchRun(bucket, PREFIX, directory);
    expect(problems).toEqual([
      "part 2 of container a is missing: what it measured then is not counted",
      "container a did not end its run: part 3, its last, is of 1970-01-01T00:00:03.000Z",
    ]);
    expect(readFileSync(join(directory, name), "utf8")).toBe("a\nc\n");
  });

  it("has no time where nothing of a container could be read", async () => {
    const bucket = new Bucket();
    bucket.objects.set(partKey(PREFIX, "a", 1), Buffer.from("no gzip"));
    const { problems } = await fetchRun(bucket, PREFIX, folder());
    expect(problems).toEqual([
      expect.stringMatching(/^part 1 of container a cannot be read: /),
      "container a did not end its run, and nothing that it sent could be read",
    ]);
  });

  it("stays incomplete: what is missing is kept, and read when the directory is judged", async () => {
    const [bucket, run, directory] = [new Bucket(), writeRun([{}]), folder()];
    const files = readdirSync(run).map((name) => ({ name, from: null, text: read(run, name) }));
    bucket.objects.set(partKey(PREFIX, "a", 2), part(2, files, true));
    writeFileSync(join(directory, "missing.txt"), "of an earlier time");
    const { problems } = await fetchRun(bucket, PREFIX, directory);
    expect(read(directory, "missing.txt")).toBe(`${problems.join("\n")}\n`);
    expect(mergeDirectories([directory], {}).summary).toMatchObject({
      complete: false,
      missing: ["part 1 of container a is missing: what it measured then is not counted"],
    });
  });

  it("is complete where all of it is there", async () => {
    const [bucket, run, directory] = [new Bucket(), writeRun([{}]), folder()];
    const files = readdirSync(run).map((name) => ({ name, from: null, text: read(run, name) }));
    bucket.objects.set(partKey(PREFIX, "a", 1), part(1, files, true));
    writeFileSync(join(directory, "missing.txt"), "of an earlier time");
    await fetchRun(bucket, PREFIX, directory);
    expect(existsSync(join(directory, "missing.txt"))).toBe(false);
    expect(mergeDirectories([directory], {}).summary.complete).toBe(true);
  });

  it("tells of a damaged file of what is missing, and of no more than is allowed", () => {
    const directory = folder();
    writeFileSync(join(directory, "missing.txt"), `a\u001b[2J\n${"b\n".repeat(200)}`);
    const sentences = readMissing(directory);
    expect(sentences).toHaveLength(LIMITS.missing + 1);
    expect(sentences.join("")).not.toContain("\u001b");
    writeFileSync(join(directory, "missing.txt"), Buffer.alloc(LIMITS.missingBytes + 1));
    expect(readMissing(directory)).toEqual([expect.stringMatching(/missing\.txt says .* cannot be read/)]);
  });

  it("writes no file that a run does not have, and none of another container", async () => {
    const bucket = new Bucket();
    const evil = { schemaVersion: 1, number: 1, isLast: true, sentAtMs: 1 };
    const names = [
      "../worker-a.json",
      "worker-/../../x.json",
      "/etc/passwd",
      "summary.json",
      "worker-a.json\0",
    ];
    for (const [i, name] of names.entries()) {
      const text = JSON.stringify({ ...evil, files: [{ name, from: null, text: "x" }] });
      bucket.objects.set(partKey(PREFIX, `evil${i}`, 1), gzipSync(text));
    }
    bucket.objects.set(partKey(PREFIX, "..", 1), part(1, []));
    bucket.objects.set(
      partKey(PREFIX, "a", 1),
      part(1, [{ name: "worker-a-1.json", from: null, text: "a" }]),
    );
    bucket.objects.set(
      partKey(PREFIX, "b", 1),
      part(1, [{ name: "worker-a-1.json", from: null, text: "b" }]),
    );
    const directory = folder();
    const { problems } = await fetchRun(bucket, PREFIX, directory);
    expect(readdirSync(directory).sort()).toEqual(["missing.txt", "worker-a-1.json"]);
    expect(readFileSync(join(directory, "worker-a-1.json"), "utf8")).toBe("a");
    const unreadable = problems.filter((text) => /^part 1 of container evil\d cannot be read/.test(text));
    expect(unreadable).toHaveLength(names.length);
    expect(problems).toContain("worker-a-1.json came from container a and from b");
  });

  it("does not write through a link that lies in the directory", async () => {
    const bucket = new Bucket();
    const name = "worker-a-1.hlog";
    bucket.objects.set(partKey(PREFIX, "a", 1), part(1, [{ name, from: 0, text: "a\n" }]));
    const [directory, elsewhere] = [folder(), join(folder(), "victim")];
    symlinkSync(elsewhere, join(directory, name));
    await new Arrived(bucket, PREFIX, directory).fetch();
    expect(existsSync(elsewhere)).toBe(false);
  });

  it("is one run: an address of several is refused with their names, one of none says so", async () => {
    const bucket = new Bucket();
    for (const run of ["t1", "t2"]) bucket.objects.set(partKey(partsPrefix(run), "a", 1), part(1, []));
    await expect(fetchRun(bucket, "test-runs/", folder())).rejects.toThrow(
      "test-runs/t1/mqtt-results/ and test-runs/t2/mqtt-results/; give one",
    );
    await expect(fetchRun(bucket, "elsewhere/", folder())).rejects.toThrow("there are no results of a run");
  });

  it("goes into a directory without another run's files", async () => {
    const directory = folder();
    writeFileSync(join(directory, "worker-1.json"), "{}");
    await expect(fetchRun(new Bucket(), PREFIX, directory)).rejects.toThrow("give another directory");
  });

  it("is refused where it would be too much when it is unpacked", () => {
    expect(() => decodePart(gzipSync(Buffer.alloc(100 * 1024 * 1024)))).toThrow();
  });
});

describe("addresses", () => {
  it.each([
    ["s3://bucket", { bucket: "bucket", prefix: "" }],
    ["s3://my.bucket-1/test-runs/t1/", { bucket: "my.bucket-1", prefix: "test-runs/t1/" }],
    ["s3://bucket/a/b//", { bucket: "bucket", prefix: "a/b/" }],
    ["s3://UPPER/a", null],
    ["s3:///a", null],
    ["https://bucket/a", null],
  ])("%s", (text, address) => expect(parseS3Url(text)).toEqual(address));

  it.each([
    ["test-runs/t1/mqtt-results/a/part-000012.json.gz", { container: "a", number: 12 }],
    ["a/part-000001.json.gz", { run: "", container: "a", number: 1 }],
    ["x/../part-000001.json.gz", null],
    ["x/a/part-000000.json.gz", null],
    ["x/a/part-1.json.gz", null],
    ["x/a/synced.json", null],
  ])("key %s", (key, address) => {
    if (address === null) expect(parsePartKey(key)).toBeNull();
    else expect(parsePartKey(key)).toMatchObject(address);
  });

  const ENV = {
    WORKER_ID: "abc/1",
    SQS_QUEUE_URL: "https://sqs",
    SQS_REGION: "eu-west-1",
    ARTILLERY_S3_BUCKET: "bucket",
    ARTILLERY_TEST_RUN_ID: "t1",
  };

  it("of a container are what Artillery's worker has set, all of it", () => {
    expect(fargateContainer(ENV)).toEqual({
      name: "abc_1",
      bucket: "bucket",
      prefix: "test-runs/t1/mqtt-results/",
      region: "eu-west-1",
    });
    for (const name of ["WORKER_ID", "SQS_QUEUE_URL", "ARTILLERY_S3_BUCKET", "ARTILLERY_TEST_RUN_ID"]) {
      expect(fargateContainer({ ...ENV, [name]: undefined }), name).toBeNull();
    }
  });
});
