/** The SSH server to try. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** The host key that is known already. The server is asked for one of its type first. */
  readonly hostKey?: string | undefined;
}

/** A probe that a GpuPod waits for. */
export interface WantedProbe extends ProbeTarget {
  /** Not before this monotonic time. */
  readonly notBeforeMs: number;
}

/**
 * Why a probe got no host key.
 *
 * - `NotAllowed`: the operator may not connect to the address.
 * - `Unresolved`: the name has no address.
 * - `Unreachable`: no connection came about, or it was closed.
 * - `TimedOut`: no answer in time.
 * - `NotSsh`: what answers speaks no SSH that the operator understands.
 */
export type ProbeFailure = 'NotAllowed' | 'Unresolved' | 'Unreachable' | 'TimedOut' | 'NotSsh';

export type ProbeAnswer =
  /** `hostKey`: type and base64, as in `known_hosts`. The server has proven that it holds the private key. */
  { readonly kind: 'answered'; readonly hostKey: string } | ProbeFailed;

export interface ProbeFailed {
  readonly kind: 'failed';
  readonly reason: ProbeFailure;
}

/** Asks an SSH server for its host key, without logging in. */
export interface Prober {
  /** Resolves with what was found; rejects only if the signal aborts. */
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer>;
}
