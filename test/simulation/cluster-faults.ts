import {
  ApiConnectionError,
  ApiStatusError,
  ApiTimeoutError,
} from '../../src/kubernetes/client/api-errors.ts';
import type { CallFault } from './boundary.ts';

/** What the API server, or the network before it, may do to one call. */
export const CLUSTER_FAULTS: Readonly<Record<string, CallFault>> = {
  conflict: { kind: 'refuse', error: new ApiStatusError(409, 'Conflict', 'the object has been modified') },
  'server error': { kind: 'refuse', error: new ApiStatusError(500, 'InternalError', 'etcd is slow') },
  throttled: { kind: 'refuse', error: new ApiStatusError(429, 'TooManyRequests', 'slow down', 1_000) },
  'no connection': { kind: 'refuse', error: new ApiConnectionError({ code: 'ECONNREFUSED' }) },
  'answer lost': { kind: 'lose', error: new ApiConnectionError({ code: 'ECONNRESET' }) },
  'answer late': { kind: 'lose', error: new ApiTimeoutError(30_000) },
};
