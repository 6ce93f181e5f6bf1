import { describe, expect, it } from '@jest/globals';
import { aQuery, ask, byPath, GPUS, SUMMARY } from './ask-offers.ts';

const stock = { 1: { cheapest: { onDemand: 1.2 } } };
const summary = { json: { A100_80GB: stock, A100_40GB: stock, H100_80GB: stock } };

function refusing(param: string): { readonly status: number; readonly json: object } {
  return { status: 422, json: { errors: [{ param, details: "Input should be 'CPU_NODE'" }] } };
}

describe('listOffers: a query that the provider refuses', () => {
  it.each([
    { why: 'a part of the name', gpuType: 'A100', said: 'it has A100_40GB, A100_80GB.' },
    { why: 'another spelling', gpuType: 'h100-80gb', said: 'it has H100_80GB.' },
    { why: 'no similar name', gpuType: 'TPU', said: 'GPU type TPU is not known to the provider.' },
  ])('suggests GPU types for $gpuType: $why', async ({ gpuType, said }) => {
    const { answer } = await ask(
      byPath({ [GPUS]: refusing('query.gpu_type'), [SUMMARY]: summary }),
      aQuery({ gpuType }),
    );
    expect(answer).toMatchObject({
      kind: 'failure',
      reason: 'InvalidRequest',
      message: expect.stringContaining(said),
    });
  });

  it('has no suggestions if there is no summary', async () => {
    const { answer } = await ask(byPath({ [GPUS]: refusing('query.gpu_type') }), aQuery({ gpuType: 'A100' }));
    expect(answer).toMatchObject({
      reason: 'InvalidRequest',
      message: 'GPU type A100 is not known to the provider.',
    });
  });

  it('repeats the provider’s text about any other value, without another request', async () => {
    const { answer, paths } = await ask(byPath({ [GPUS]: refusing('query.regions'), [SUMMARY]: summary }));
    expect(answer).toMatchObject({
      reason: 'InvalidRequest',
      message: expect.stringContaining('query.regions: Input should be'),
    });
    expect(paths).toEqual([GPUS]);
  });

  it('is not reported as refused if the server fails', async () => {
    const { answer } = await ask(byPath({ [GPUS]: { status: 400, json: { detail: 'Bad gateway' } } }));
    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });
});
