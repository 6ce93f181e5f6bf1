import { describe, expect, it } from '@jest/globals';
import { GpuPodStatus } from '../../../src/api/gpupod/status.ts';

const AT = '2026-11-23T10:00:00Z';

/** A status with every field. */
const FULL = {
  observedGeneration: 3,
  phase: 'Ready',
  podId: 'pod-1',
  podName: 'gp-1',
  searchStartedAt: AT,
  lastHandledReconcileAt: 'now',
  failedAttempts: 0,
  offer: {
    ...{ provider: 'hyperstack', cloudId: 'n3', gpuType: 'H100', socket: 'PCIe', gpuCount: 1, gpuMemory: 80 },
    ...{ dataCenter: 'CANADA-1', country: 'CA', region: 'canada', security: 'secure_cloud', isSpot: false },
    ...{ stockStatus: 'Available', image: 'ubuntu', diskSize: 100, vcpus: 28, memory: 180 },
  },
  cost: {
    ...{ currency: 'USD', gpu: 1.5, disk: 0.1, vcpus: 0.2, memory: 0.1, pricePerHour: 1.9 },
    ...{ maxPrice: 2, billedPerHour: 1.9, accrued: 3, accruedAt: AT },
  },
  ssh: { command: 'ssh root@203.0.113.7', host: '203.0.113.7', port: 22, user: 'root' },
  ports: [{ internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' }],
  binding: { name: 'train-1-connection' },
  attempts: [
    {
      ...{ number: 1, podId: 'pod-1', podName: 'gp-1', offer: 'o', pricePerHour: 1.9, startedAt: AT },
      ...{ endedAt: AT, ending: 'Suspended', outcome: 'Ended', reason: 'Suspended', message: 'm', cost: 1 },
    },
  ],
  rejections: [{ reason: 'AboveMaxPrice', count: 4, nearest: 'n' }],
  hint: 'raise maxPrice',
  createdAt: AT,
  activeAt: AT,
  readyAt: AT,
  terminatedAt: AT,
  conditions: [
    {
      ...{ type: 'Ready', status: 'True', observedGeneration: 3, lastTransitionTime: AT },
      ...{ reason: 'Available', message: 'm' },
    },
  ],
};

function isTaken(change: object): boolean {
  return GpuPodStatus.safeParse({ ...FULL, ...change }).success;
}

describe('the schema of a status', () => {
  it('keeps every field, because the API server silently drops unknown ones', () => {
    expect(GpuPodStatus.parse(FULL)).toEqual(FULL);
  });

  it.each<{ field: string; status: (value: number) => object; least: number; most?: number }>([
    { field: 'observedGeneration', status: (observedGeneration) => ({ observedGeneration }), least: -1 },
    { field: 'failedAttempts', status: (failedAttempts) => ({ failedAttempts }), least: 0 },
    { field: 'offer.gpuCount', status: (gpuCount) => ({ offer: { gpuCount } }), least: 0 },
    { field: 'cost.pricePerHour', status: (pricePerHour) => ({ cost: { pricePerHour } }), least: 0 },
    { field: 'cost.accrued', status: (accrued) => ({ cost: { accrued } }), least: 0 },
    { field: 'ssh.port', status: (port) => ({ ssh: { ...FULL.ssh, port } }), least: 1, most: 65_535 },
    { field: 'attempts.number', status: (number) => ({ attempts: [{ number }] }), least: 1 },
    { field: 'attempts.cost', status: (cost) => ({ attempts: [{ number: 1, cost }] }), least: 0 },
    {
      field: 'conditions.observedGeneration',
      status: (observedGeneration) => ({
        conditions: FULL.conditions.map((condition) => ({ ...condition, observedGeneration })),
      }),
      least: 0,
    },
  ])('accepts $field from $least on', ({ status, least, most = 1_000 }) => {
    expect([least - 1, least, most].map((value) => isTaken(status(value)))).toEqual([false, true, true]);
    expect(isTaken(status(65_536))).toBe(most !== 65_535);
  });

  it.each<{ field: string; status: (text: string) => object; longest: number }>([
    { field: 'phase', status: (phase) => ({ phase }), longest: 32 },
    { field: 'podId', status: (podId) => ({ podId }), longest: 256 },
    { field: 'hint', status: (hint) => ({ hint }), longest: 300 },
    { field: 'createdAt', status: (createdAt) => ({ createdAt }), longest: 64 },
    { field: 'cost.currency', status: (currency) => ({ cost: { currency } }), longest: 3 },
    { field: 'ssh.command', status: (command) => ({ ssh: { ...FULL.ssh, command } }), longest: 512 },
    {
      field: 'attempts.message',
      status: (message) => ({ attempts: [{ number: 1, message }] }),
      longest: 300,
    },
    { field: 'attempts.reason', status: (reason) => ({ attempts: [{ number: 1, reason }] }), longest: 64 },
  ])('accepts $longest characters of $field, and not one more', ({ status, longest }) => {
    expect(isTaken(status('x'.repeat(longest)))).toBe(true);
    expect(isTaken(status('x'.repeat(longest + 1)))).toBe(false);
  });

  it.each(['True', 'False', 'Unknown'])('accepts a condition with status %s', (status) => {
    expect(isTaken({ conditions: FULL.conditions.map((condition) => ({ ...condition, status })) })).toBe(
      true,
    );
  });

  it.each<{ field: string; most: number; status: (length: number) => object }>([
    { field: 'ports', most: 32, status: (length) => ({ ports: fill(length, FULL.ports[0]) }) },
    { field: 'attempts', most: 10, status: (length) => ({ attempts: fill(length, { number: 1 }) }) },
    { field: 'rejections', most: 24, status: (length) => ({ rejections: fill(length, FULL.rejections[0]) }) },
    { field: 'conditions', most: 16, status: (length) => ({ conditions: fill(length, FULL.conditions[0]) }) },
  ])('accepts $most $field, and not one more', ({ most, status }) => {
    expect([isTaken(status(most)), isTaken(status(most + 1))]).toEqual([true, false]);
  });
});

function fill(length: number, item: unknown): readonly unknown[] {
  return Array.from({ length }, () => item);
}
