import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { kubectl as runKubectl, template } from '../manifests/support/helm.ts';
import { parseManifests, permissions } from '../manifests/support/manifest.ts';
import { isHook, objectsIn, one } from '../manifests/support/rendered.ts';
import type { Objects } from '../manifests/support/rendered.ts';
import { HookJob, runHookJob } from '../manifests/support/uninstall-hook.ts';
import type { Ended } from '../manifests/support/uninstall-hook.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const SYSTEM = 'gpupod-system';
const WORK = 'team-a';

let controlPlane: ControlPlane;

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

async function apply(object: object): Promise<void> {
  const applied = await controlPlane.kubectl(['apply', '-f', '-'], {
    input: stringify(object),
  });
  expect(applied).toMatchObject({ code: 0 });
}

/** What exists only while the uninstallation is checked. */
async function hooks(sets: readonly string[]): Promise<Objects> {
  const objects = objectsIn(await template(sets, SYSTEM));
  return objects.filter((object) => isHook(object, 'pre-delete'));
}

beforeAll(async () => {
  controlPlane = await startControlPlane({ crdPaths: ['crds'] });
  await kubectl('create', 'namespace', SYSTEM);
  await kubectl('create', 'namespace', WORK);
}, 40 * MINUTE_MS);

/** Otherwise the rights of one test would let the next one pass. */
afterEach(async () => {
  await kubectl('delete', 'gpupods', '--all', '-n', WORK);
  for (const where of [SYSTEM, WORK]) {
    const kinds = 'serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings';
    await kubectl('delete', kinds, '-n', where, '-l', 'app.kubernetes.io/name=gpupod-operator-uninstall');
  }
});

afterAll(async () => {
  await controlPlane.stop();
});

describe.each([
  { kind: 'ClusterRole', sets: [], where: 'all namespaces' },
  { kind: 'Role', sets: [`watchNamespace=${WORK}`], where: 'one namespace' },
] as const)('the rights of the check in $where', ({ kind, sets }) => {
  it.each([
    { policy: 'Refuse', verbs: ['list'] },
    { policy: 'Retain', verbs: ['list'] },
    { policy: 'Terminate', verbs: ['delete', 'list'] },
  ])('suffice for $policy, and none is unused', async ({ policy, verbs }) => {
    const objects = await hooks([...sets, `uninstall.policy=${policy}`]);
    const manifests = parseManifests(objects.map((object) => stringify(object)).join('---\n'));
    const lines = [...permissions(manifests, 'Role'), ...permissions(manifests, 'ClusterRole')];
    expect(lines).toEqual(verbs.map((verb) => `${verb} gpupods.gpupod.dev/*`));

    const job = HookJob.parse(one(objects, 'Job'));
    for (const object of objects) if (object.kind !== 'Job') await apply(object);
    const run = async (): Promise<Ended> => {
      await apply(WAITING);
      return await runHookJob(controlPlane, SYSTEM, job);
    };
    expect(await run()).toMatchObject({ isSuccess: policy !== 'Refuse' });
    expect((await run()).output).not.toMatch(/403|forbidden/i);
    const role = one(objects, kind);
    for (const verb of verbs) {
      const rest = verbs.filter((other) => other !== verb);
      await apply({ ...role, rules: rest.length === 0 ? [] : [rule(rest)] });
      expect(await run()).toMatchObject({
        isSuccess: false,
        output: expect.stringMatching(/the check failed[^]*403 Forbidden/),
      });
    }
  });
});

function rule(verbs: readonly string[]): object {
  return { apiGroups: ['gpupod.dev'], resources: ['gpupods'], verbs };
}

/** Without an operator, the API server deletes it at once. */
const WAITING = {
  apiVersion: 'gpupod.dev/v1alpha1',
  kind: 'GpuPod',
  metadata: { name: 'waiting', namespace: WORK },
  spec: { gpu: { types: ['H100_80GB'] } },
};
