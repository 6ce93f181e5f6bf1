import { describe, expect, it } from '@jest/globals';
import { connectionSecret } from '../../../src/lifecycle/connection-secret.ts';
import type { SecretOutcome } from '../../../src/lifecycle/local-state.ts';
import { followReady } from '../../../src/lifecycle/rules/ready.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { aReadySnapshot, SSH } from '../../support/builders/snapshots.ts';
import { effectOf, messageOf, outline, restOf } from '../support/outline.ts';

const snapshot = aReadySnapshot({
  ports: [{ internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' }],
});

function after(outcome: SecretOutcome, object: GpuPodOverrides = {}, atMs = NOW_MS) {
  const gpuPod = rentedGpuPod(object);
  const { fingerprint } = connectionSecret(gpuPod, snapshot);
  return observed({ gpuPod, localState: { secret: { fingerprint, outcome, atMs } } });
}

describe('followReady', () => {
  it('writes the connection Secret before the status that points to it', () => {
    const gpuPod = rentedGpuPod();
    expect(effectOf(followReady(observed({ gpuPod }), snapshot, {}))).toEqual({
      type: 'ensureSecret',
      ...connectionSecret(gpuPod, snapshot),
    });
  });

  it.each([
    {
      name: 'another content',
      known: observed({
        gpuPod: rentedGpuPod(),
        localState: { secret: { fingerprint: 'old', outcome: 'written', atMs: NOW_MS } },
      }),
      step: 'ensureSecret',
      why: 'the endpoint moved',
    },
    { name: 'the same content', known: after('written'), step: 'rest', why: 'there is nothing to write' },
    {
      name: 'the same content, checked 10 min ago',
      known: after('written', {}, NOW_MS - 600_000),
      step: 'ensureSecret',
      why: 'the operator does not watch Secrets',
    },
  ] as const)('with $name: $step, because $why', ({ known, step }) => {
    expect(outline(followReady(known, snapshot, {})).step).toBe(step);
  });

  it('reports how to reach the instance, and since when', () => {
    const rest = restOf(
      followReady(
        after('written', { status: { failedAttempts: 2, hint: 'h', rejections: [] } }),
        snapshot,
        {},
      ),
    );
    expect(outline(rest)).toMatchObject({
      Ready: 'Available',
      Synced: 'ReconcileSuccess',
      Provisioned: 'PodActive',
      Reconciling: null,
      Stalled: null,
    });
    expect(rest.status).toMatchObject({
      readyAt: WALL_TEXT,
      ssh: SSH,
      ports: [{ internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' }],
      binding: { name: 'train-1-connection' },
    });
    for (const gone of ['failedAttempts', 'hint', 'rejections']) {
      expect(Object.keys(rest.status)).not.toContain(gone);
    }
  });

  it('keeps the time of the first Ready', () => {
    const known = after('written', { status: { readyAt: '2026-11-23T10:01:00Z' } });
    expect(restOf(followReady(known, snapshot, {})).status.readyAt).toBe('2026-11-23T10:01:00Z');
  });

  it('is ready although the Secret belongs to somebody else, because status.ssh has the endpoint', () => {
    const rest = restOf(followReady(after('conflict'), snapshot, {}));
    expect(outline(rest)).toMatchObject({ Ready: 'Available', Synced: 'SecretConflict' });
    expect(rest.status.binding).toBeUndefined();
    expect(rest.status.ssh).toEqual(SSH);
  });

  it('is ready although the Secret cannot be written, and reports why', () => {
    const gpuPod = rentedGpuPod();
    const { fingerprint } = connectionSecret(gpuPod, snapshot);
    const message = '403 Forbidden: exceeded quota';
    const secret = { fingerprint, outcome: 'refused', message, atMs: NOW_MS } as const;
    const rest = restOf(followReady(observed({ gpuPod, localState: { secret } }), snapshot, {}));
    expect(outline(rest)).toMatchObject({ Ready: 'Available', Synced: 'SecretRefused' });
    expect(messageOf(rest.status, 'Synced')).toContain(message);
    expect(rest.status.binding).toBeUndefined();
    expect(rest.status.ssh).toEqual(SSH);
  });

  describe('with a connection Secret under a former name', () => {
    const former = 'old-connection';
    const gpuPod = rentedGpuPod({ status: { binding: { name: former } } });
    const { fingerprint } = connectionSecret(gpuPod, snapshot);

    it('writes the new one, and names the one to remove', () => {
      expect(effectOf(followReady(observed({ gpuPod }), snapshot, {}))).toEqual({
        type: 'ensureSecret',
        ...connectionSecret(gpuPod, snapshot),
        former,
      });
    });

    it.each([
      { outcome: 'written', binding: 'train-1-connection', Synced: 'ReconcileSuccess' },
      { outcome: 'conflict', binding: former, Synced: 'SecretConflict' },
      { outcome: 'refused', binding: former, Synced: 'SecretRefused' },
      { outcome: 'kept', binding: former, Synced: 'SecretRefused' },
    ] as const)('points to $binding if the Secret was $outcome', ({ outcome, binding, Synced }) => {
      const localState = { secret: { fingerprint, outcome, message: '403 Forbidden', atMs: NOW_MS } };
      const rest = restOf(followReady(observed({ gpuPod, localState }), snapshot, {}));
      expect(rest.status.binding).toEqual({ name: binding });
      expect(outline(rest)).toMatchObject({ Ready: 'Available', Synced });
    });

    it('reports which one cannot be removed, and why', () => {
      const message = '403 Forbidden: policy';
      const localState = { secret: { fingerprint, outcome: 'kept', message, atMs: NOW_MS } } as const;
      const said = messageOf(
        restOf(followReady(observed({ gpuPod, localState }), snapshot, {})).status,
        'Synced',
      );
      for (const part of [former, 'train-1-connection', message]) expect(said).toContain(part);
    });
  });

  describe('with a snapshot without ports', () => {
    const known = [
      { internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' },
      { internal: 8_888, external: 30_000, protocol: 'TCP' },
    ];

    it.each([
      { name: 'those on record', ports: known },
      { name: 'none, where none are on record', ports: undefined },
    ])(
      'keeps $name in the shape of a snapshot, or every restart would write each Secret twice',
      ({ ports }) => {
        const gpuPod = rentedGpuPod({ status: { readyAt: WALL_TEXT, ports } });
        const poll = aReadySnapshot({ ports: [] });
        const asSeen = connectionSecret(gpuPod, aReadySnapshot({ ports: ports ?? [] }));
        expect(effectOf(followReady(observed({ gpuPod }), poll, {}))).toEqual({
          type: 'ensureSecret',
          ...asSeen,
        });
        const secret = { fingerprint: asSeen.fingerprint, outcome: 'written', atMs: NOW_MS } as const;
        const rest = restOf(followReady(observed({ gpuPod, localState: { secret } }), poll, {}));
        expect(rest.status.ports).toEqual(ports);
        expect(Object.keys(rest.status).includes('ports')).toBe(ports !== undefined);
      },
    );

    it('uses those of the snapshot if it has any', () => {
      const gpuPod = rentedGpuPod({ status: { ports: known } });
      expect(effectOf(followReady(observed({ gpuPod }), snapshot, {}))).toMatchObject({
        data: connectionSecret(gpuPod, snapshot).data,
      });
    });
  });

  it('becomes ready without a known price, which cannot be above the cap', () => {
    const { status } = rentedGpuPod();
    const { cost: _cost, ...withoutPrice } = status;
    const { priceUsdPerHour: _price, ...polled } = snapshot;
    const gpuPod = { ...rentedGpuPod(), status: withoutPrice };
    const secret = {
      fingerprint: connectionSecret(gpuPod, polled).fingerprint,
      outcome: 'written',
      atMs: NOW_MS,
    } as const;
    const rest = restOf(followReady(observed({ gpuPod, localState: { secret } }), polled, {}));
    expect(messageOf(rest.status, 'Ready')).not.toContain('cap');
  });

  it.each(['conflict', 'refused'] as const)(
    'checks again whether the obstacle was removed: %s',
    (outcome) => {
      const rest = restOf(followReady(after(outcome), snapshot, {}));
      expect(rest.requeueAfterMs).toBe(60_000);
      // A key with undefined forgets; without the key the local state would stay.
      expect(Object.entries(rest.remember ?? {})).toEqual([['secret', undefined]]);
    },
  );

  it('reports a price that is now above the cap, whichever of the two changed, and keeps the instance', () => {
    const known = after('written', { spec: { maxPrice: 1.8 }, status: { readyAt: WALL_TEXT } });
    const rest = restOf(followReady(known, snapshot, {}));
    expect(outline(rest).Ready).toBe('Available');
    expect(messageOf(rest.status, 'Ready')).toContain('more than the cap allows now');
  });

  it('writes only as many ports as the schema allows, which would reject the whole status', () => {
    const ports = Array.from({ length: 40 }, (_, index) => ({
      internal: index,
      external: index,
      protocol: 'TCP',
    }));
    const many = aReadySnapshot({ ports });
    const gpuPod = rentedGpuPod();
    const secret = {
      fingerprint: connectionSecret(gpuPod, many).fingerprint,
      outcome: 'written',
      atMs: NOW_MS,
    } as const;
    expect(
      restOf(followReady(observed({ gpuPod, localState: { secret } }), many, {})).status.ports,
    ).toHaveLength(32);
  });
});
