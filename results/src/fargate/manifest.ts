/** By name of the package: a version, or a file. */
export type Dependencies = Record<string, string>;

/** Artillery is in the worker's image; npm would install it once more, with its browser. */
const IN_IMAGE = /^(artillery|playwright|@playwright\/.*)$/;

/** Workers install it because of the script, and not because of us or of their image. */
export function isScripts(name: string, tarballs: Dependencies): boolean {
  return !IN_IMAGE.test(name) && !(name in tarballs);
}

/**
 * The package.json that workers install. Ours are files, for themselves and for whatever depends on them: no registry is
 * asked for their names.
 *
 * @param own dependencies of the script
 * @param tarballs files of our packages, by name
 */
export function manifestOf(own: Dependencies, tarballs: Dependencies): string {
  const ours = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]));
  const others = Object.entries(own).filter(([name]) => isScripts(name, tarballs));
  return `${JSON.stringify(
    {
      name: "fleet",
      version: "1.0.0",
      private: true,
      dependencies: { ...Object.fromEntries(others), ...ours },
      overrides: Object.fromEntries(Object.keys(ours).map((name) => [name, `$${name}`])),
    },
    null,
    2,
  )}\n`;
}
