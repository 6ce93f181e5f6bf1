import { describe, expect, it } from '@jest/globals';
import { REASONS } from '../../src/api/gpupod/conditions.ts';
import type { ConditionType } from '../../src/api/gpupod/conditions.ts';
import { FRESH_STATUS } from '../../src/api/gpupod/status.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { argoConfig } from './support/argo-config.ts';
import { argoHealth } from './support/argo-lua.ts';
import { ENDED_ROWS } from './support/ended-rows.ts';
import { fluxHealthCheck, fluxStatusOf } from './support/flux.ts';
import { HELD_ROWS } from './support/held-rows.ts';
import { IDLE_ROWS } from './support/idle-rows.ts';
import { kstatusOf } from './support/kstatus.ts';
import { conditionsIn } from './support/objects.ts';
import { RUNNING_ROWS, usable } from './support/running-rows.ts';
import { gpuPodAfter } from './support/row.ts';

const ROWS = [...IDLE_ROWS, ...RUNNING_ROWS, ...ENDED_ROWS, ...HELD_ROWS];
const { health } = argoConfig();
const check = fluxHealthCheck();

function conditionOf(object: RawObject, type: ConditionType) {
  return conditionsIn(object).find((condition) => condition.type === type);
}

describe('a GpuPod with', () => {
  it.each(ROWS)('$name is Ready $ready', ({ known, ready, progress }) => {
    const object = gpuPodAfter(known);
    const abnormal = conditionOf(object, 'Reconciling') ?? conditionOf(object, 'Stalled');
    expect([conditionOf(object, 'Ready')?.reason, abnormal?.reason]).toEqual([ready, progress]);
  });

  it.each(ROWS)('$name is $verdict.kstatus for kstatus, because $why', ({ known, verdict }) => {
    expect(kstatusOf(gpuPodAfter(known))).toBe(verdict.kstatus);
  });

  it.each(ROWS)('$name is $verdict.flux for Flux, because $why', ({ known, verdict }) => {
    expect(fluxStatusOf(check, gpuPodAfter(known))).toBe(verdict.flux);
  });

  it.each(ROWS)(
    '$name is $verdict.argo for Argo CD, with the message of $verdict.says, because $why',
    async ({ known, verdict }) => {
      const object = gpuPodAfter(known);
      expect(await argoHealth(health, object)).toEqual({
        status: verdict.argo,
        message: conditionOf(object, verdict.says)?.message,
      });
    },
  );
});

describe('the rows', () => {
  it.each(['Ready', 'Reconciling', 'Stalled'] as const)('cover every reason of %s', (type) => {
    const seen = ROWS.map(({ known }) => conditionOf(gpuPodAfter(known), type)?.reason);
    expect(Object.keys(REASONS[type]).filter((reason) => !seen.includes(reason))).toEqual([]);
  });
});

const available = gpuPodAfter(usable());
const stalled = gpuPodAfter({ policy: { requireMaxPrice: true } });

/** The spec changed, and the operator has not written the status since. */
function edited(object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, generation: 2 } };
}

/** An operator that must not act on the spec, for example for a wrong API key, says so about the new generation. */
function held(object: RawObject): RawObject {
  const conditions = conditionsIn(object).map((condition) => ({ ...condition, observedGeneration: 2 }));
  return edited({ ...object, status: { observedGeneration: 1, conditions } });
}

describe('a status that is not about the present spec', () => {
  it.each([
    {
      name: 'of a GpuPod that the operator has not seen',
      object: { ...available, status: { ...FRESH_STATUS } },
      argo: 'Progressing',
    },
    { name: 'of an edited GpuPod that was ready', object: edited(available), argo: 'Progressing' },
    { name: 'of an edited GpuPod that was stalled', object: edited(stalled), argo: 'Progressing' },
    { name: 'of an edited GpuPod that stalls still', object: held(stalled), argo: 'Degraded' },
  ])('$name is in progress; for Argo CD it is $argo', async ({ object, argo }) => {
    expect(kstatusOf(object)).toBe('InProgress');
    expect(fluxStatusOf(check, object)).toBe('InProgress');
    expect(await argoHealth(health, object)).toMatchObject({ status: argo });
  });

  it('reads no absent field of an empty status, which a restore may leave', async () => {
    const object = { ...available, status: {} };
    expect(fluxStatusOf(check, object)).toBe('InProgress');
    expect((await argoHealth(health, object)).status).toBe('Progressing');
  });

  it('says in Argo CD what is missing', async () => {
    expect((await argoHealth(health, edited(available))).message).toContain('present spec');
  });
});

describe('a deleted GpuPod', () => {
  it('is not current any more, even before the operator sees the deletion', async () => {
    const object = {
      ...available,
      metadata: { ...available.metadata, deletionTimestamp: '2026-11-23T10:10:00Z' },
    };
    expect(kstatusOf(object)).toBe('Terminating');
    expect(fluxStatusOf(check, object)).toBe('InProgress');
    expect((await argoHealth(health, object)).status).toBe('Progressing');
  });
});
