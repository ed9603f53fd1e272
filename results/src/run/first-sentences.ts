/** The first of these sentences, and how many more there are: a hostile directory may be worth a million of them. */
export function firstSentences(sentences: readonly string[], most: number, what: string): string[] {
  if (sentences.length <= most) return [...sentences];
  return [...sentences.slice(0, most), `and ${sentences.length - most} more ${what}`];
}
