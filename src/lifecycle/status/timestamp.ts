/** The status cannot hold a later time. */
export const LAST_FOUR_DIGIT_YEAR_MS = Date.UTC(9999, 11, 31);
const WITHOUT_ZONE = /T[0-9:.]+$/;

/**
 * A time that the provider states, in milliseconds since the epoch. Without a zone it is UTC. NaN if it is not
 * readable.
 */
export function timeMs(text: string | undefined): number {
  return Date.parse((text ?? '').replace(WITHOUT_ZONE, '$&Z'));
}

/** A time that the provider states, in RFC 3339 as the status requires; `fallbackMs` if it is not readable. */
export function timestampOf(text: string | undefined, fallbackMs: number): string {
  const parsedMs = timeMs(text);
  const isInRange = parsedMs >= 0 && parsedMs <= LAST_FOUR_DIGIT_YEAR_MS;
  return timestamp(isInRange ? parsedMs : fallbackMs);
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
