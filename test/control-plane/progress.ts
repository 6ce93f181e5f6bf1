/** One step of the preparation of executables, ready to print. */
export interface Progress {
  readonly message: string;
  /** 0 to 100, if known. */
  readonly percent?: number;
  /** A rough estimate, once there is enough data for one. */
  readonly remainingMs?: number;
}

/** Called from time to time, at most once for each percent. */
export type ProgressListener = (progress: Progress) => void;

/** The state of a job: `done` of `total` units after `elapsedMs`. */
export interface Work {
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** Before this share is done, an estimate of the remaining time is useless, because cached packages come first. */
const leastShareForGuess = 0.05;

/** Whole percent. Never 100 before the last unit is done, and never more if there are more units than expected. */
export function percentOf({ done, total }: Work): number {
  if (total <= 0) return 100;
  return Math.min(100, Math.floor((100 * done) / total));
}

/** The remaining time at the average speed, or undefined while there is no estimate. */
export function remainingMs({ done, total, elapsedMs }: Work): number | undefined {
  const share = done / total;
  if (!(share >= leastShareForGuess)) return undefined;
  return Math.max(0, (elapsedMs / share) * (1 - share));
}

/** A rough duration for people, such as "about 3 min" or "less than a minute". */
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

/** Passes on only the steps that show a new percentage. */
export function oncePerPercent(listener: ProgressListener): ProgressListener {
  let last: number | undefined;
  return (progress) => {
    if (progress.percent !== undefined && progress.percent === last) return;
    last = progress.percent;
    listener(progress);
  };
}
