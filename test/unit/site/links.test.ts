/** No page of the repository has a link that leads nowhere, and each page is found from the site's navigation. */
import { describe, expect, it } from "vitest";
import { anchorsOf, deadLinks, type Repository, slugOf } from "../../../site/links.ts";
import { CHAPTERS, NO_PAGES } from "../../../site/navigation.ts";
import { markdownFiles, repository } from "../../../site/repository.ts";

const exists = (path: string): boolean => repository.kind(path) === "file";

it("links of all pages lead somewhere, their anchors too", () => {
  const files = markdownFiles();
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap((path) => deadLinks(path, repository))).toEqual([]);
});

it("site/navigation.ts names each page once, and none that is not there", () => {
  const named = CHAPTERS.flatMap(({ pages }) => pages);
  expect(named.filter((path) => !exists(path))).toEqual([]);
  expect([...new Set(named)]).toEqual(named);
  const pages = markdownFiles().filter((path) => !NO_PAGES.some((pattern) => pattern.test(path)));
  expect(pages.filter((path) => !named.includes(path))).toEqual([]);
});

describe("a link that leads nowhere is found", () => {
  const files: Record<string, string> = {
    "README.md": "# One\n\n## A `key: 5`, and more\n\n## Twice\n\n## Twice\n",
    "docs/page.md": "",
    "scenarios/a.yml": "",
  };
  const withPage = (text: string): string[] => {
    const these = { ...files, "docs/page.md": text };
    const folders = ["docs", "scenarios"];
    const fake: Repository = {
      read: (path) => these[path as keyof typeof these] ?? null,
      kind: (path) => (path in these ? "file" : folders.includes(path) || path === "." ? "folder" : null),
    };
    return deadLinks("docs/page.md", fake);
  };

  it.each([
    ["[a](../README.md)"],
    ["[a](../README.md#a-key-5-and-more)"],
    ["[a](../README.md#twice-1)"],
    ["[a](..#one)"],
    ["[`code`](../scenarios/a.yml), [b](../scenarios/)"],
    ["# Here\n[a](#here)"],
    ["[a](https://example.com/nowhere#at-all)"],
    ["`[a](nowhere.md)`"],
    ["```\n[a](nowhere.md)\n```"],
  ])("not: %s", (text) => expect(withPage(text)).toEqual([]));

  it.each([
    ["[a](nowhere.md)", "there is no docs/nowhere.md"],
    ["[`code`](../scenarios/b.yml)", "there is no scenarios/b.yml"],
    ["[a](../README.md#twice-2)", "README.md has no heading #twice-2"],
    ["[a](#here)", "docs/page.md has no heading #here"],
    ["[a](../scenarios/a.yml#b)", "only pages have anchors"],
    ["[a](../../other/README.md)", "leads out of the repository"],
    ['<img src="./picture.png">', "there is no docs/picture.png"],
    ["```\nx\n```\n[a](nowhere.md)", "docs/page.md:4"],
  ])("%s", (text, told) => expect(withPage(text).join("\n")).toContain(told));
});

it("anchors are those of GitHub", () => {
  expect(slugOf("`config.engines.mqtt.tls`")).toBe("configenginesmqtttls");
  expect(slugOf("Nobody comes online (exit 2)")).toBe("nobody-comes-online-exit-2");
  expect(slugOf("How an environment is merged (`-e`)")).toBe("how-an-environment-is-merged--e");
  expect(anchorsOf("# A [link](x.md)\n```sh\n# no heading\n```\n## A link")).toEqual(["a-link", "a-link-1"]);
});
