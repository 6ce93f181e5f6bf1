import { describe, expect, it } from '@jest/globals';
import { aCreateRequest, aPodRow, POD_NAME, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

describe('createPod: a refusal with an instance', () => {
  it.each([
    {
      name: '400 with an instance, which may have been created',
      answer: { status: 400, json: { ...aPodRow(), detail: 'Something is wrong' } },
      expected: { kind: 'unknown' },
    },
    {
      name: '400 with an ID and the requested name',
      answer: { status: 400, json: { id: 'i', name: POD_NAME, detail: 'Something is wrong' } },
      expected: { kind: 'unknown' },
    },
    {
      name: '400 with the ID of the error',
      answer: { status: 400, json: { id: 'req_1', name: 'BadRequest', detail: 'Something is wrong' } },
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
