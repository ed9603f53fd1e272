/** Links between pages, as GitHub resolves them: the same in the repository and on the site. */
import { posix } from "node:path";

export interface Repository {
  /** Text of a page; null where there is no such file. */
  read(path: string): string | null;
  /** What stands at a path; null for nothing. */
  kind(path: string): "file" | "folder" | null;
}

export interface Link {
  /** Counted from 1. */
  line: number;
  href: string;
}

/** Where a link within the repository leads. */
export interface Target {
  /** From the repository's root; of a folder that has a README, that. */
  path: string;
  kind: "file" | "folder";
  /** Without #; empty for none. */
  anchor: string;
}

/** A heading's anchor. GitHub keeps letters, digits, `-` and `_`, and makes hyphens of spaces. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

/** Of a page that is no code: lines of fenced blocks are empty, so that others keep their number. */
function proseOf(markdown: string): string[] {
  let fence: string | null = null;
  return markdown.split("\n").map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1] ?? null;
    const isInside = fence !== null;
    if (mark !== null && fence === null) fence = mark;
    else if (mark !== null && fence !== null && mark.startsWith(fence)) fence = null;
    return isInside || mark !== null ? "" : line;
  });
}

/** Anchors of a page, in order; a heading that comes again is numbered. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return proseOf(markdown).flatMap((line) => {
    const heading = /^#{1,6} +(.*?)(?: +#+)?$/.exec(line)?.[1];
    if (heading === undefined) return [];
    // A link in a heading counts by its text.
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? [slug] : [`${slug}-${times}`];
  });
}

/** All links of a page, of Markdown and of HTML, but for those in code. */
export function linksOf(markdown: string): Link[] {
  return proseOf(markdown).flatMap((line, i) => {
    const text = line.replaceAll(/`+[^`]*`+/g, (code) => " ".repeat(code.length));
    // What stands in brackets may hold code, which is blank now.
    const ofMarkdown = [...text.matchAll(/\]\(([^()\s]+(?:\([^()]*\))?)\)/g)];
    const ofHtml = [...text.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)];
    return [...ofMarkdown, ...ofHtml].map(([, href = ""]) => ({ line: i + 1, href }));
  });
}

export function isExternal(href: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(href);
}

/** What a link of the page at `from` leads to; a sentence where it leads nowhere. */
export function follow(from: string, href: string, repository: Repository): Target | string {
  const [path = "", anchor = ""] = href.split("#");
  const decoded = decodeURIComponent(path);
  const named =
    decoded === "" ? from : posix.normalize(posix.join(posix.dirname(from), decoded)).replace(/\/$/, "");
  if (named.startsWith("..")) return `${href} leads out of the repository`;
  const kind = repository.kind(named);
  if (kind === null) return `${href}: there is no ${named}`;
  const readme = posix.join(named, "README.md");
  const isPage = kind === "folder" && repository.kind(readme) === "file";
  const target = isPage ? { path: readme, kind: "file" as const, anchor } : { path: named, kind, anchor };
  if (anchor === "") return target;
  if (!target.path.endsWith(".md")) return `${href}: only pages have anchors`;
  if (anchorsOf(repository.read(target.path) ?? "").includes(anchor)) return target;
  return `${href}: ${target.path} has no heading #${anchor}`;
}

/** Every link of a page that leads nowhere, with its place. Links to other sites are not followed. */
export function deadLinks(page: string, repository: Repository): string[] {
  return linksOf(repository.read(page) ?? "").flatMap(({ line, href }) => {
    const target = isExternal(href) ? null : follow(page, href, repository);
    return typeof target === "string" ? [`${page}:${line}: ${target}`] : [];
  });
}
