import { describe, expect, it } from '@jest/globals';
import { selects } from '../../../src/api/gpuaccount/selects.ts';
import type { NamespaceSelector } from '../../../src/api/gpuaccount/spec.ts';

const LABELS = { team: 'a', gpus: 'yes' };

describe('a selector of namespaces', () => {
  it.each<{
    name: string;
    selector: NamespaceSelector | undefined;
    labels?: Record<string, string>;
    is: boolean;
  }>([
    { name: 'selects nothing where it is absent', selector: undefined, is: false },
    { name: 'selects everything where it is empty', selector: {}, labels: {}, is: true },
    { name: 'selects what has all labels', selector: { matchLabels: LABELS }, is: true },
    { name: 'selects nothing that lacks one', selector: { matchLabels: { ...LABELS, x: '1' } }, is: false },
    { name: 'selects nothing with another value', selector: { matchLabels: { team: 'b' } }, is: false },
    {
      name: 'takes a label with the name of an object member for absent',
      selector: { matchLabels: { constructor: '' } },
      is: false,
    },
    ...(
      [
        ['In', 'team', ['a', 'b'], true],
        ['In', 'team', ['b'], false],
        ['In', 'none', ['a'], false],
        ['NotIn', 'team', ['a'], false],
        ['NotIn', 'team', ['b'], true],
        ['NotIn', 'none', ['a'], true],
        ['Exists', 'team', undefined, true],
        ['Exists', 'none', undefined, false],
        ['DoesNotExist', 'team', undefined, false],
        ['DoesNotExist', 'none', undefined, true],
      ] as const
    ).map(([operator, key, values, is]) => ({
      name: `treats ${operator} of ${key} with ${values?.join() ?? 'no values'} as Kubernetes does`,
      selector: {
        matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values: [...values] }) }],
      },
      is,
    })),
    {
      name: 'needs both labels and expressions',
      selector: { matchLabels: { team: 'a' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] },
      is: false,
    },
  ])('$name', ({ selector, labels = LABELS, is }) => {
    expect(selects(selector, labels)).toBe(is);
  });
});
