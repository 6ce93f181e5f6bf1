import { describe, expect, it } from '@jest/globals';
import { uninstallRowOf } from '../../../src/lifecycle/uninstall/uninstall-row.ts';
import type { UninstallRow } from '../../../src/lifecycle/uninstall/uninstall-row.ts';
import { uninstallCost, uninstallTable } from '../../../src/lifecycle/uninstall/uninstall-table.ts';
import { judgeTermination, judgeUninstall } from '../../../src/lifecycle/uninstall/uninstall-verdict.ts';
import { rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';

function row(gpuPod: GpuPodOverrides = {}): UninstallRow {
  return uninstallRowOf(rawGpuPod(gpuPod), { allowRetain: true });
}

const running = row({ status: rentedStatus({ podId: 'pod-1' }) });
const dear = row({
  namespace: 'team-b',
  name: 'train-large',
  spec: { deletionPolicy: 'Retain' },
  status: rentedStatus({ podId: 'pod-2', cost: { pricePerHour: 23.5 } }),
});
const unpriced = row({ name: 'odd', status: rentedStatus({ cost: undefined }) });
const waiting = row({ name: 'waiting' });
const idle = row({ name: 'idle', spec: { suspend: true } });
const unheld = row({ name: 'unheld', spec: { suspend: true }, finalizers: [] });
const EVERYWHERE = { namespaces: [], deletesCrd: false };

describe('the table', () => {
  it('has aligned columns, the most expensive instance first', () => {
    expect(uninstallTable([running, waiting, dear])).toBe(
      [
        'NAMESPACE  NAME         INSTANCE  PRICE/H  SINCE                 DELETIONPOLICY  NOTE',
        'team-b     train-large  pod-2     23.50    2026-11-23T10:00:00Z  Retain          a deletion leaves it running',
        'team-a     train-1      pod-1     1.90     2026-11-23T10:00:00Z  Delete',
        'team-a     waiting      -         -        -                     Delete          no instance yet; the operator may rent one at any moment',
      ].join('\n'),
    );
  });

  it('shows no character that a terminal obeys', () => {
    const status = rentedStatus({ podId: 'pod\u001B[2Jx' });
    expect(uninstallTable([row({ status })])).toContain('pod [2Jx');
  });
});

describe('the cost', () => {
  it.each([
    {
      name: 'sums the prices',
      rows: [running, dear],
      says: 'They cost 25.40 USD per hour, 609.60 USD per day.',
    },
    {
      name: 'says how many prices are unknown',
      rows: [running, unpriced],
      says: 'They cost 1.90 USD per hour, 45.60 USD per day, and more: the price of 1 is unknown.',
    },
    {
      name: 'is nothing for GpuPods that wait',
      rows: [waiting, row({ isDeleting: true })],
      says: 'They cost nothing yet.',
    },
  ])('$name', ({ rows, says }) => {
    expect(uninstallCost(rows)).toBe(says);
  });
});

describe('the verdict', () => {
  it.each([
    { policy: 'Refuse', rows: [], isAllowed: true, why: 'there is no GpuPod' },
    { policy: 'Refuse', rows: [idle], isAllowed: true, why: 'it gets no instance by itself' },
    { policy: 'Refuse', rows: [running], isAllowed: false, why: 'nobody would terminate its instance' },
    { policy: 'Refuse', rows: [idle, waiting], isAllowed: false, why: 'the operator may rent at any moment' },
    { policy: 'Retain', rows: [running], isAllowed: true, why: 'the user wants to keep it' },
    { policy: 'Retain', rows: [], isAllowed: true, why: 'there is no GpuPod' },
  ] as const)('of $policy is $isAllowed, because $why', ({ policy, rows, isAllowed }) => {
    expect(judgeUninstall(rows, policy, EVERYWHERE).isAllowed).toBe(isAllowed);
  });

  it('of Refuse says what it costs and what to do, and lists no idle GpuPod', () => {
    const { text } = judgeUninstall([running, dear, idle], 'Refuse', EVERYWHERE);
    expect(text).toMatch(/^Refused to uninstall: 2 GpuPods may have an instance or get one/);
    expect(text).toContain('They cost 25.40 USD per hour');
    expect(text).toContain('kubectl delete gpupods --all --all-namespaces');
    expect(text).toContain('helm uninstall --no-hooks');
    expect(text).toContain('deletionPolicy Retain leaves its instance running');
    expect(text).not.toContain('idle');
  });

  it('of Refuse names the watched namespaces, and Retain only where it occurs', () => {
    const { text } = judgeUninstall([running], 'Refuse', { ...EVERYWHERE, namespaces: ['a', 'b'] });
    expect(text).toContain(
      'kubectl delete gpupods --all --namespace a && kubectl delete gpupods --all --namespace b.',
    );
    expect(text).not.toContain('deletionPolicy Retain');
  });

  it.each([
    { policy: 'Refuse', rows: [unheld], isAllowed: true, why: 'the API server deletes it at once' },
    { policy: 'Refuse', rows: [idle, unheld], isAllowed: false, why: 'nobody would remove its finalizer' },
    { policy: 'Retain', rows: [running], isAllowed: false, why: 'no record of the instance would be left' },
    { policy: 'Retain', rows: [idle], isAllowed: false, why: 'nobody would remove its finalizer' },
  ] as const)('of $policy with the CRD is $isAllowed, because $why', ({ policy, rows, isAllowed }) => {
    expect(judgeUninstall(rows, policy, { ...EVERYWHERE, deletesCrd: true }).isAllowed).toBe(isAllowed);
  });

  it('with the CRD says which GpuPods hold up its deletion, and what to do', () => {
    const { text } = judgeUninstall([idle, unheld], 'Refuse', { ...EVERYWHERE, deletesCrd: true });
    expect(text).toMatch(
      /^Refused to uninstall: 1 GpuPod without an instance still has the finalizer of the operator/,
    );
    expect(text).toMatch(
      /\nteam-a +idle .* no instance, but its finalizer holds up the deletion of the CRD\n/,
    );
    expect(text).not.toContain('unheld');
    expect(text).toContain('- Delete the GpuPods: kubectl delete gpupods --all --all-namespaces.');
    expect(text).toContain('set crds.keep to true');
    expect(text).not.toContain('Leave the instances running');
  });

  it('with the CRD names both kinds of GpuPods', () => {
    const { text } = judgeUninstall([idle, running], 'Refuse', { ...EVERYWHERE, deletesCrd: true });
    expect(text).toMatch(/1 GpuPod may have an instance[^]* 1 GpuPod without an instance still has/);
    expect(text).toContain('- Terminate the instances: ');
    expect(text).toContain('They cost 1.90 USD per hour');
  });

  it('of Retain lists what keeps billing, and the record to keep', () => {
    const { text } = judgeUninstall([running], 'Retain', EVERYWHERE);
    expect(text).toContain('pod-1');
    expect(text).toContain('They cost 1.90 USD per hour');
    expect(text).toContain('gpupod-operator-retained');
  });
});

describe('the verdict after a deletion', () => {
  it.each([
    { name: 'allows the uninstallation when nothing is left', left: [], kept: [], isAllowed: true },
    { name: 'allows it when only retained instances run', left: [], kept: [dear], isAllowed: true },
    { name: 'refuses it while a GpuPod is left', left: [running], kept: [dear], isAllowed: false },
  ])('$name', ({ left, kept, isAllowed }) => {
    expect(judgeTermination(left, kept, 'The time is up.').isAllowed).toBe(isAllowed);
  });

  it('lists what is left, why, and the retained instances with their own cost', () => {
    const { text } = judgeTermination([running], [dear], 'The time is up.');
    expect(text).toMatch(/^Refused to uninstall: 1 GpuPod left after the deletion\. The time is up\./);
    expect(text).toMatch(/pod-1[^]*They cost 1\.90 USD[^]*pod-2[^]*They cost 23\.50 USD/);
  });

  it('says nothing of retained instances where there are none', () => {
    expect(judgeTermination([], [], '').text).not.toContain('Retain');
  });
});
