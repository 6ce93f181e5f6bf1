import { describe, expect, it } from '@jest/globals';
import { aCreateRequest, aPodRow, POD_NAME, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

describe('createPod: a refusal that tells of an instance', () => {
  it.each([
    {
      name: '400 with an instance: something was created, it may be',
      answer: { status: 400, json: { ...aPodRow(), detail: 'Something is the matter' } },
      expected: { kind: 'unknown' },
    },
    {
      name: '400 with an id and the name that was sent',
      answer: { status: 400, json: { id: 'i', name: POD_NAME, detail: 'Something is the matter' } },
      expected: { kind: 'unknown' },
    },
    {
      name: '400 with the id of the error',
      answer: { status: 400, json: { id: 'req_1', name: 'BadRequest', detail: 'Something is the matter' } },
      expected: { kind: 'refused', reason: 'OtherRefusal' },
    },
  ])('$name', async ({ answer, expected }) => {
    await withServer(
      () => answer,
      async ({ url }) => {
        const options = { mayStillSend: () => true };
        const outcome = await withProvider(url, (provider) => provider.createPod(aCreateRequest(), options));
        expect(outcome).toMatchObject(expected);
      },
    );
  });
});
