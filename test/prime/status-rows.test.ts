import { describe, expect, it } from '@jest/globals';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

describe('two rows of a status poll with the same ID', () => {
  it.each([
    { name: 'first', statuses: ['ACTIVE', 'TERMINATED'] },
    { name: 'last', statuses: ['TERMINATED', 'ACTIVE'] },
  ])('are live if the $name one is', async ({ statuses }) => {
    const data = statuses.map((status) => ({ podId: 'p1', providerType: 'x', status }));
    await withServer(
      () => ({ json: { data, status: null } }),
      async ({ url }) => {
        const answer = await withProvider(url, (provider) => provider.getPodStatuses(['p1']));

        expect(answer).toMatchObject({ value: { snapshots: [{ podId: 'p1', status: 'ACTIVE' }] } });
      },
    );
  });
});
