import { describe, expect, it } from '@jest/globals';
import { readAccountKey } from '../../../src/controllers/gpuaccount/account-key.ts';
import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';
import type { Secret } from '../../../src/kubernetes/client/secrets-client.ts';
import { gpuAccount } from './support/account.ts';

function secret(data: Record<string, string>): Secret {
  return { metadata: { name: 'key', uid: 's', resourceVersion: '1' }, data };
}

async function read(answer: Secret | undefined | Error, scope: 'namespaced' | 'cluster' = 'namespaced') {
  const asked: string[] = [];
  const found = await readAccountKey(
    {
      get: async ({ namespace: where = '', name }) => {
        asked.push(`${where}/${name}`);
        return await (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
      },
    },
    gpuAccount({ namespace: scope === 'cluster' ? null : 'team-a' }),
    'gpupod-system',
  );
  return { ...found, asked };
}

describe('the API key of an account', () => {
  it.each<{ name: string; answer: Secret | undefined | Error; found: object }>([
    {
      name: 'the text under its key',
      answer: secret({ 'api-key': Buffer.from('pit_1').toString('base64') }),
      found: { kind: 'text', text: 'pit_1' },
    },
    {
      name: 'missing with its Secret',
      answer: undefined,
      found: { kind: 'missing', message: 'Secret team-a/key does not exist; create it with key api-key.' },
    },
    {
      name: 'missing where the Secret has other keys only',
      answer: secret({ apikey: 'eA==' }),
      found: { kind: 'missing', message: 'Secret team-a/key has no key api-key; add it.' },
    },
    {
      name: 'missing where the value is not text',
      answer: secret({ 'api-key': Buffer.from([0xff, 0xfe]).toString('base64') }),
      found: { kind: 'missing', message: 'Key api-key of Secret team-a/key is not text, so it is not used.' },
    },
    {
      name: 'missing where the operator may not read the Secret',
      answer: new ApiStatusError(403, 'Forbidden', 'secrets "key" is forbidden'),
      found: { kind: 'missing', message: expect.stringContaining('cannot be read') },
    },
  ])('is $name', async ({ answer, found }) => {
    expect(await read(answer)).toMatchObject({
      found,
      subject: 'Key api-key of Secret team-a/key',
      asked: ['team-a/key'],
    });
  });

  it("is in the operator's own namespace for a ClusterGpuAccount", async () => {
    const { asked } = await read(undefined, 'cluster');
    expect(asked).toEqual(['gpupod-system/key']);
  });

  it('stays as it was while the API server does not answer', async () => {
    await expect(read(new ApiStatusError(500, 'InternalError', 'etcd'))).rejects.toThrow('etcd');
  });
});
