/** One step of preparing executables, ready to print. */
export interface Progress {
  readonly message: string;
  /** 0 to 100, where it is known. */
  readonly percent?: number;
  /** A rough guess, where there is enough to guess from. */
  readonly remainingMs?: number;
}

/** Called now and then, never more often than once for a percent. */
export type ProgressListener = (progress: Progress) => void;

/** How far a job is: `done` of `total` units after `elapsedMs`. */
export interface Work {
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** Before this share is done, a guess of the remaining time is worth nothing: caches answer first. */
const leastShareForGuess = 0.05;

/** Whole percent, never 100 before the last unit is done, never beyond it when more comes than was counted. */
export function percentOf({ done, total }: Work): number {
  if (total <= 0) return 100;
  return Math.min(100, Math.floor((100 * done) / total));
}

/** What is left at the speed so far, or undefined while that says nothing. */
export function remainingMs({ done, total, elapsedMs }: Work): number | undefined {
  const share = done / total;
  if (!(share >= leastShareForGuess)) return undefined;
  return Math.max(0, (elapsedMs / share) * (1 - share));
}

/** A rough duration as people say it: "about 3 min", "less than a minute". */
export function roughly(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? 'less than a minute' : `about ${String(minutes)} min`;
}

/** The step for `title` at this state of the work. */
export function progressOf(title: string, work: Work): Progress {
  const percent = percentOf(work);
  const remaining = percent === 100 ? undefined : remainingMs(work);
  const left = remaining === undefined ? '' : `, ${roughly(remaining)} left`;
  return {
    message: `${title}: ${String(percent)} %${left}`,
    percent,
    ...(remaining !== undefined && { remainingMs: remaining }),
  };
}

/** Passes on only the steps that show another percentage than the one before. */
export function oncePerPercent(listener: ProgressListener): ProgressListener {
  let last: number | undefined;
  return (progress) => {
    if (progress.percent !== undefined && progress.percent === last) return;
    last = progress.percent;
    listener(progress);
  };
}
