import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { PrimeProvider } from '../../src/prime/prime-provider.ts';
import { findSecret } from '../support/find-secret.ts';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

const VARIABLE = 'canary-variable-5512';

const CALLS: readonly { name: string; ask: (provider: PrimeProvider) => Promise<unknown> }[] = [
  { name: 'getPod', ask: (provider) => provider.getPod('p1') },
  { name: 'deletePod', ask: (provider) => provider.deletePod('p1') },
  { name: 'getPodStatuses', ask: (provider) => provider.getPodStatuses(['p1']) },
  { name: 'listPods', ask: (provider) => provider.listPods([undefined]) },
  { name: 'listHistory', ask: (provider) => provider.listHistory() },
];
const STATUSES = [400, 404, 409, 422, 500, 503];

/** An earlier process may have sent the variables of an instance, so this one has no list of them. */
describe('an error about instances that repeats a variable', () => {
  it.each(CALLS.flatMap((call) => STATUSES.map((status) => ({ ...call, status }))))(
    'is not passed on: $name $status',
    async ({ ask, status }) => {
      await withServer(
        () => ({ status, json: { detail: `docker run -e TOKEN=${VARIABLE}` } }),
        async ({ url }) => {
          const answer = inspect(await withProvider(url, ask), { depth: 9 });
          expect(findSecret(answer, { VARIABLE })).toEqual([]);
          expect(answer).toContain(`the provider answered ${String(status)}`);
        },
      );
    },
  );
});
