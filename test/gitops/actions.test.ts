import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { argoConfig } from './support/argo-config.ts';
import { afterAction, argoActions, LUA_TIME } from './support/argo-lua.ts';
import { gpuPodAfter } from './support/row.ts';
import { RUNNING_ROWS, usable } from './support/running-rows.ts';

const { discovery, actions } = argoConfig();
const available = gpuPodAfter(usable());
const suspended = gpuPodAfter({ gpuPod: gpuPod({ spec: { suspend: true } }) });
const stalled = gpuPodAfter({ policy: { requireMaxPrice: true } });
const fresh: RawObject = { metadata: available.metadata, spec: { gpu: { types: ['H100_80GB'] } } };

function deleted(object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-11-23T10:10:00Z' } };
}

/** A GpuPod whose instance failed after it was ready, and still exists. */
function failed(): RawObject {
  const row = RUNNING_ROWS.find(({ progress }) => progress === 'Failed');
  if (row === undefined) throw new Error('there is no failed GpuPod');
  return gpuPodAfter(row.known);
}

function scriptOf(name: string): string {
  const script = actions.get(name);
  if (script === undefined) throw new Error(`there is no action ${name}`);
  return script;
}

describe('Argo CD', () => {
  it.each([
    { name: 'a usable GpuPod', object: available, offered: ['suspend'], why: 'it may only end' },
    { name: 'a new GpuPod', object: fresh, offered: ['suspend'], why: 'it has no status yet' },
    { name: 'a suspended GpuPod', object: suspended, offered: ['resume'], why: 'reconcile would do nothing' },
    {
      name: 'a stalled GpuPod',
      object: stalled,
      offered: ['suspend', 'reconcile'],
      why: 'a person may try again',
    },
    {
      name: 'a GpuPod whose instance failed',
      object: failed(),
      offered: ['suspend'],
      why: 'the operator rents no other one while it exists',
    },
    { name: 'a deleted GpuPod', object: deleted(stalled), offered: [], why: 'it ends anyway' },
    { name: 'a deleted, suspended GpuPod', object: deleted(suspended), offered: [], why: 'it ends anyway' },
  ])('offers for $name $offered, because $why', async ({ object, offered }) => {
    const found = await argoActions(discovery, object);
    const enabled = Object.keys(found).filter((name) => found[name]?.disabled === false);
    expect(enabled.toSorted()).toEqual([...offered].toSorted());
  });

  it('has a script for each action that it offers, and no other', async () => {
    const offered = Object.keys(await argoActions(discovery, available));
    expect([...actions.keys()].toSorted()).toEqual(offered.toSorted());
  });
});

describe('the action', () => {
  it.each([
    { action: 'suspend', object: available, suspend: true },
    { action: 'resume', object: suspended, suspend: false },
  ])('$action sets spec.suspend to $suspend, and nothing else', async ({ action, object, suspend }) => {
    const before = await afterAction('return obj', object);
    const after = await afterAction(scriptOf(action), object);
    expect(after).toEqual({ ...before, spec: { ...before.spec, suspend } });
  });

  it.each([
    { name: 'with annotations', annotations: { 'example.com/team': 'a' } },
    { name: 'without annotations', annotations: undefined },
  ])('reconcile adds the time to a GpuPod $name, and keeps the rest', async ({ annotations }) => {
    const { annotations: _old, ...metadata } = stalled.metadata;
    const object = {
      ...stalled,
      metadata: annotations === undefined ? metadata : { ...metadata, annotations },
    };
    const { metadata: changed, spec } = await afterAction(scriptOf('reconcile'), object);
    expect(changed.annotations).toEqual({ ...annotations, [ANNOTATIONS.reconcileRequestedAt]: LUA_TIME });
    expect(spec).toEqual((await afterAction('return obj', object)).spec);
  });
});
