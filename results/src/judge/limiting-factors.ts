/** What may limit a recovery; `limits.ts` has the rules. */
export const LIMITING_FACTORS = [
  "generator",
  "authentication",
  "broker",
  "back-end",
  "back-off",
  "detection",
  "outage",
  "patience",
] as const;
export type LimitingFactor = (typeof LIMITING_FACTORS)[number];
