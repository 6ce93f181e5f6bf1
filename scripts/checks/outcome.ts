/** The outcome of one check or one ring of tests. */
export interface Outcome {
  readonly title: string;
  readonly passed: number;
  readonly failed: number;
  readonly elapsedMs: number;
  /** Why it failed, in one line. Empty if it succeeded. */
  readonly detail: string;
}

/** A wall time for people, such as `3.4 s` or `2 min 05 s`. */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** One line for one outcome. */
export function lineOf({ title, passed, failed, elapsedMs, detail }: Outcome): string {
  const counts = passed + failed > 1 ? `${passed} passed, ${failed} failed` : '';
  const facts = [seconds(elapsedMs), counts, detail].filter((fact) => fact !== '');
  return `${failed > 0 ? '✘' : '✔'} ${title} (${facts.join('; ')})`;
}

/** The last line of the output, which CI reads. */
export function totalOf(outcomes: readonly Outcome[]): string {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  return `${passed} passed, ${failuresOf(outcomes)} failed`;
}

/** How many checks and tests failed. */
export function failuresOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
}
