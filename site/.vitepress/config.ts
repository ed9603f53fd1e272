import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DefaultTheme, defineConfig, type MarkdownOptions, type Plugin } from "vitepress";
import { deadLinks, follow, isExternal, slugOf } from "../links.ts";
import { CHAPTERS, type Chapter } from "../navigation.ts";
import { markdownFiles, ROOT, repository } from "../repository.ts";

const pages = CHAPTERS.flatMap((chapter) => chapter.pages);

const missing = pages.filter((path) => repository.kind(path) !== "file");
const dead = [
  ...missing.map((path) => `navigation.ts: there is no ${path}`),
  ...pages.flatMap((path) => deadLinks(path, repository)),
];
if (dead.length > 0) throw new Error(`dead links:\n  ${dead.join("\n  ")}`);

/** `README.md` is what its folder shows. */
const addressOf = (path: string): string =>
  `/${path.replace(/(^|\/)README\.md$/, "$1").replace(/\.md$/, "")}`;

/** Where the sources can be seen that are no pages; null where that is not known. */
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_SHA: commit } = process.env;
const sources = server && name ? `${server}/${name}/tree/${commit ?? "main"}` : null;

/** Files that pages link to and that are no pages: scenarios, schemas. The site has them too. */
const linkedFiles = new Set<string>();

/** The address on the site of what a page links to; null for what is not on it. */
function siteAddress(from: string, href: string): string | null {
  if (isExternal(href)) return href;
  const target = follow(from, href, repository);
  if (typeof target === "string") throw new Error(`${from}: ${target}`);
  const anchor = target.anchor === "" ? "" : `#${target.anchor}`;
  if (pages.includes(target.path)) return `${addressOf(target.path)}${anchor}`;
  // Code and folders are to be seen where the sources are; what people take along is here as well.
  if (!/\.(ya?ml|json|csv)$/.test(target.path)) {
    return sources === null ? null : `${sources}/${target.path}`;
  }
  linkedFiles.add(target.path);
  return `/${target.path}`;
}

/** Pages stand outside of this folder, and would look for Vue beside themselves. */
const vueOfThisFolder: Plugin = {
  name: "vue-of-this-folder",
  enforce: "pre",
  resolveId(id, importer, options) {
    if (!/^vue(\/|$)/.test(id)) return null;
    if (options.ssr) return { id, external: true };
    if (importer?.includes("/node_modules/")) return null;
    return this.resolve(id, import.meta.filename, { ...options, skipSelf: true });
  },
};

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

function linkAsOnGitHub(md: MarkdownIt): void {
  md.core.ruler.push("links-of-repository", ({ tokens, env }) => {
    const from = String(env.realPath ?? env.path).slice(ROOT.length + 1);
    for (const { children } of tokens) {
      let isOnSite = true;
      for (const token of children ?? []) {
        const href = token.type === "link_open" ? token.attrGet("href") : null;
        if (href !== null) {
          const address = siteAddress(from, href);
          isOnSite = address !== null;
          if (address === null) token.attrs = null;
          else token.attrSet("href", address);
        }
        // Links do not stand in links: the next end is this one's.
        if (!isOnSite && token.type.startsWith("link_")) token.tag = "span";
      }
    }
  });
  // Vue takes braces in text for its own.
  for (const kind of ["text", "code_inline"] as const) {
    const render = md.renderer.rules[kind];
    md.renderer.rules[kind] = (...args) => (render?.(...args) ?? "").replaceAll("{{", "&#123;&#123;");
  }
}

function titleOf(path: string): string {
  const title = /^# +(.*)$/m.exec(repository.read(path) ?? "")?.[1] ?? path;
  return title.replaceAll("`", "");
}

const sidebarOf = ({ title, pages }: Chapter): DefaultTheme.SidebarItem => ({
  text: title,
  items: pages.map((path) => ({ text: titleOf(path), link: addressOf(path) })),
});

/** Contrast (WCAG 2.2, 1.4.3), and no keys beside a button whose name does not have them (2.5.3). */
const READABLE = `
.vp-doc [class*="language-"] > span.lang { color: var(--vp-c-text-1) }
.DocSearch-Button-Keys { display: none !important }`;

export default defineConfig({
  title: "MQTT mass reconnect",
  description: "Rehearse the mass reconnect of an MQTT fleet before it happens",
  lang: "en",
  base: process.env["SITE_BASE"] || "/",
  srcDir: "..",
  outDir: "./.vitepress/dist",
  srcExclude: markdownFiles().filter((path) => !pages.includes(path)),
  rewrites: (path) => path.replace(/README\.md$/, "index.md"),
  cleanUrls: true,
  head: [["style", {}, READABLE]],
  markdown: {
    // The default ones have too little contrast.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: linkAsOnGitHub,
    anchor: { slugify: slugOf },
    toc: { slugify: slugOf },
    headers: { slugify: slugOf },
  },
  themeConfig: {
    sidebar: CHAPTERS.map(sidebarOf),
    nav: [
      { text: "Rehearse your own fleet", link: "/results/docs/rehearse-your-own-fleet" },
      { text: "Read the report", link: "/results/docs/read-the-report" },
      { text: "Reference", link: "/engine/" },
    ],
    search: { provider: "local" },
    outline: [2, 3],
  },
  vite: { plugins: [vueOfThisFolder] },
  buildEnd({ outDir }) {
    for (const path of linkedFiles) {
      mkdirSync(dirname(join(outDir, path)), { recursive: true });
      copyFileSync(join(ROOT, path), join(outDir, path));
    }
  },
});
