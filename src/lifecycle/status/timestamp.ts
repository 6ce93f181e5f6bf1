const WITHOUT_ZONE = /T[0-9:.]+$/;

/** A time of the provider in RFC 3339, as a status must carry it; without a zone it is UTC; `fallbackMs` where it is none. */
export function timestampOf(text: string | undefined, fallbackMs: number): string {
  const parsedMs = Date.parse((text ?? '').replace(WITHOUT_ZONE, '$&Z'));
  return timestamp(Number.isNaN(parsedMs) ? fallbackMs : parsedMs);
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
