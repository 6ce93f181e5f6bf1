import { numberAt, recordAt, stringAt } from '../../json.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../client/api-errors.ts';
import type { ApiTransport } from '../client/api-transport.ts';
import { trimMetadata } from '../objects.ts';
import type { KubernetesObject, RawObject } from '../objects.ts';
import { ResourceClient } from '../client/resource-client.ts';
import type { NewObject } from '../client/resource-client.ts';

/** The record of who leads, in the form of `coordination.k8s.io/v1`. Its times are for people. */
export interface LeaseSpec {
  /** Empty: nobody holds the Lease, and any process may take it. */
  holderIdentity: string;
  leaseDurationSeconds: number;
  acquireTime: string;
  renewTime: string;
  /** How often the holder changed. */
  leaseTransitions: number;
}

export interface Lease extends KubernetesObject {
  spec: LeaseSpec;
}

/** What a holder writes into the Lease. */
export interface LeaseRequest {
  identity: string;
  leaseDurationMs: number;
  nowMs: number;
}

/** Client for Leases. */
export function leaseClient(transport: ApiTransport): ResourceClient<Lease> {
  return new ResourceClient({
    transport,
    type: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
    decode: decodeLease,
  });
}

/** The record with which `request.identity` takes the Lease, or renews it if it holds it already. */
export function acquiredSpec(held: LeaseSpec | undefined, request: LeaseRequest): LeaseSpec {
  const renewTime = microTime(request.nowMs);
  const isRenewal = held?.holderIdentity === request.identity;
  return {
    holderIdentity: request.identity,
    leaseDurationSeconds: Math.ceil(request.leaseDurationMs / 1000),
    acquireTime: isRenewal ? held.acquireTime : renewTime,
    renewTime,
    leaseTransitions: (held?.leaseTransitions ?? 0) + (isRenewal || held === undefined ? 0 : 1),
  };
}

/** A Lease that does not exist yet. */
export function newLease(name: string, spec: LeaseSpec): NewObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
}

/** True if a write failed because another process wrote, created or deleted the Lease in between. */
export function isOvertaken(error: unknown): boolean {
  return isConflict(error) || isAlreadyExists(error) || isNotFound(error);
}

/** The record of a Lease that nobody holds. */
export function releasedSpec(held: LeaseSpec, nowMs: number): LeaseSpec {
  return { ...held, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(nowMs) };
}

/**
 * Since when the record of a Lease has not changed, by this process's own monotonic clock. The times in the record
 * come from the clock of another host, so nothing compares them.
 */
export class LeaseObservation {
  #record: string | undefined;
  #sinceMs = 0;
  #durationMs = 0;

  /** Notes a Lease that was just read. */
  note({ spec }: Lease, nowMs: number): void {
    const record = JSON.stringify(spec);
    if (record === this.#record) return;
    this.#record = record;
    this.#sinceMs = nowMs;
    this.#durationMs = spec.leaseDurationSeconds * 1000;
  }

  /**
   * How long until the holder counts as dead, in milliseconds. The longer of the holder's duration and ours counts,
   * because an upgrade that changes it runs both.
   */
  leftMs(ownDurationMs: number, nowMs: number): number {
    return this.#sinceMs + Math.max(this.#durationMs, ownDurationMs) - nowMs;
  }
}

function decodeLease(raw: RawObject): Lease {
  const { metadata } = trimMetadata(raw);
  const spec = recordAt(raw, 'spec');
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      holderIdentity: stringAt(spec, 'holderIdentity') ?? '',
      leaseDurationSeconds: numberAt(spec, 'leaseDurationSeconds') ?? 0,
      acquireTime: stringAt(spec, 'acquireTime') ?? microTime(0),
      renewTime: stringAt(spec, 'renewTime') ?? microTime(0),
      leaseTransitions: numberAt(spec, 'leaseTransitions') ?? 0,
    },
  };
}

/** RFC 3339 with six digits, the only form that the API server accepts for a MicroTime. */
function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000Z');
}
