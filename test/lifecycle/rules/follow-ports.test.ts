import { describe, expect, it } from '@jest/globals';
import { followRental } from '../../../src/lifecycle/rules/follow.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/knowledge.ts';
import type { KnowledgeOverrides } from '../../support/builders/knowledge.ts';
import { census, failure, readyLook, sight } from '../../support/builders/looks.ts';
import { outline } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

interface Row {
  readonly name: string;
  readonly known: KnowledgeOverrides;
  readonly expected: Outline;
  readonly why: string;
}

const beganAtMs = NOW_MS - 1_000;
const seen = { gpuPod: rentedGpuPod(), sight: sight(readyLook({ ports: [] }), { beganAtMs }) };

describe('followRental of a pod whose ports are not known', () => {
  it.each<Row>([
    {
      name: 'ready as a status poll says it, without ports',
      known: seen,
      expected: { step: 'rest' },
      why: 'they would be written later, each for itself',
    },
    {
      name: 'ready without ports, which a list shows just so',
      known: {
        ...seen,
        census: census({ beganAtMs: NOW_MS - 10, live: [readyLook({ ports: [] })] }),
      },
      expected: { step: 'ensureSecret' },
      why: 'there are none',
    },
    {
      name: 'ready without ports, while lists fail',
      known: { ...seen, providerFailure: failure() },
      expected: { step: 'ensureSecret' },
      why: 'it is usable without them',
    },
    {
      name: 'ready without ports, which a list since then does not show',
      known: { ...seen, census: census({ beganAtMs }) },
      expected: { step: 'ensureSecret' },
      why: 'lists show pods late, and Ready does not wait for that',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followRental(observed(known)))).toMatchObject(expected);
  });
});
