import { describe, expect, it } from '@jest/globals';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

describe('deletePod with mayStillSend', () => {
  it.each([
    { mayStillSend: true, outcome: { kind: 'accepted' }, requests: 1 },
    { mayStillSend: false, outcome: { kind: 'failure', reason: 'ApiUnavailable' }, requests: 0 },
  ])('calls it right before it sends: $mayStillSend sends $requests requests', async (row) => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        const options = { mayStillSend: () => row.mayStillSend };
        expect(await withProvider(url, (p) => p.deletePod('p1', options))).toMatchObject(row.outcome);
        expect(seen).toHaveLength(row.requests);
      },
    );
  });

  it('calls it on a kept-alive connection too', async () => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        let isOpen = true;
        await withProvider(url, async (provider) => {
          await provider.deletePod('p1', { mayStillSend: () => isOpen });
          isOpen = false;
          expect(await provider.deletePod('p2', { mayStillSend: () => isOpen })).toMatchObject({
            kind: 'failure',
          });
          isOpen = true;
          expect(await provider.deletePod('p3', { mayStillSend: () => isOpen })).toEqual({
            kind: 'accepted',
          });
        });
        expect(seen.map(({ path }) => path)).toEqual(['/api/v1/pods/p1', '/api/v1/pods/p3']);
      },
    );
  });
});
