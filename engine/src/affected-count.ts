/** How many of `fleet` devices a storm hits: any fraction above 0 hits at least one. */
export function affectedCount(fraction: number, fleet: number): number {
  if (fleet === 0 || fraction <= 0) return 0;
  return Math.min(fleet, Math.max(1, Math.round(fraction * fleet)));
}
