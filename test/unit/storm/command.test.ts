import { describe, expect, it } from "vitest";
import { shownTail } from "../../../engine/src/storm/command.ts";

const KEY_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";

describe("the end of what a command wrote to stderr", () => {
  it("is masked before it is cut: a key that began far before the end is not shown", () => {
    const text = `-----BEGIN PRIVATE KEY-----\n${KEY_LINE.repeat(26)}-----END PRIVATE KEY-----\ndone`;
    expect(shownTail(text, false)).toBe("***\ndone");
  });

  it("shows nothing of a key whose beginning was not kept", () => {
    expect(shownTail(`${KEY_LINE.repeat(26)}-----END PRIVATE KEY-----\ndone`, true)).toBe("***\ndone");
  });

  it("leaves out a first line that is only a part", () => {
    expect(shownTail("SSSSSSSS token=abc\nfailed", true)).toBe("failed");
    expect(shownTail("SSSSSSSS", true)).toBe("");
  });

  it("masks a password and shows at most the last 500 characters", () => {
    const shown = shownTail(`password=${"S".repeat(900)} ${"x".repeat(600)}`, false);
    expect(shown).toBe("x".repeat(500));
    expect(shownTail("host=a password=hunter2 failed", false)).toBe("host=a password=*** failed");
  });
});
