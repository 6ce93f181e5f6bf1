import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as z from 'zod';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import type { ProxiedRequest } from '../support/api-proxy.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { conditionText } from '../support/scene.ts';
import { saysReady } from './support/points.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(15 * MINUTE_MS);

const H100: GpuPodSpecInput = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const HEALTHY = Array.from({ length: 1_000 }, (_, index) => `healthy-${index}`);
const BATCH = 100;
/** The GpuPods that the test deletes. A hundred of them are as good a test as a thousand. */
const LEAVING = HEALTHY.slice(0, BATCH);
const crdSchema = z.object({
  spec: z.object({ versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: z.unknown() }) })) }),
});
const CRD = 'gpupods.gpupod.dev';
const SCHEMA = '/spec/versions/0/schema/openAPIV3Schema';

let bench: Bench;
let stage: Stage;
/** The names of GpuPods that have been ready. */
const ready = new Set<string>();

beforeAll(async () => {
  bench = await openBench();
  stage = await openStage(bench, {
    simulator: { settings: { provisioningMs: 2_000, installingMs: 0, deletingMs: 1_000 } },
  });
  stage.proxy.onAnswer((request) => {
    const name = request.path.split('/').at(-2) ?? '';
    if (request.status === 200 && name.startsWith('healthy-') && saysReady(request)) ready.add(name);
  });
}, 20 * MINUTE_MS);

afterAll(async () => {
  await stage.stop();
  await bench.close();
});

async function createAll(names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += BATCH) {
    await Promise.all(names.slice(at, at + BATCH).map(async (name) => await stage.scene.create(name, H100)));
  }
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await stage.scene.kubectl(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Stores an object that the schema rejects, as if it was written under an earlier schema. */
async function createUnreadable(name: string): Promise<void> {
  const crd: unknown = JSON.parse(await kubectl('get', 'crd', CRD, '-o', 'json'));
  const strict = schemaOf(crd);
  await setSchema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const object = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name },
    spec: { gpu: 7, maxPrice: 'free' },
  };
  await stage.scene.untilTrue('the loose schema takes it', async () => await accepts(object, []));
  await setSchema(strict);
  const again = { ...object, metadata: { name: `${name}-2` } };
  await stage.scene.untilTrue(
    'the strict schema is back',
    async () => !(await accepts(again, ['--dry-run=server'])),
  );
}

function schemaOf(crd: unknown): unknown {
  return crdSchema.parse(crd).spec.versions[0]?.schema.openAPIV3Schema;
}

async function setSchema(schema: unknown): Promise<void> {
  const patch = JSON.stringify([{ op: 'replace', path: SCHEMA, value: schema }]);
  await kubectl('patch', 'crd', CRD, '--type=json', '-p', patch);
}

async function accepts(object: object, flags: readonly string[]): Promise<boolean> {
  const { code } = await stage.scene.kubectl(['create', '-f', '-', ...flags], JSON.stringify(object));
  return code === 0;
}

/** Waits batch by batch, because all together may exceed the timeout on a busy host. */
async function untilAllReady(): Promise<void> {
  for (let count = BATCH; count <= HEALTHY.length; count += BATCH) {
    await stage.scene.untilTrue(`${count} are ready`, () => ready.size >= count);
  }
}

/** The number of writes of each GpuPod and its Secret. */
function writes(): readonly number[] {
  const counts = new Map<string, number>(HEALTHY.map((name) => [name, 0]));
  for (const request of stage.proxy.requests.filter(isWrite)) {
    const name = subjectOf(request);
    const count = counts.get(name);
    if (count !== undefined) counts.set(name, count + 1);
  }
  return [...counts.values()];
}

function isWrite({ method, path, status = 0 }: ProxiedRequest): boolean {
  return method !== 'GET' && status < 300 && !path.includes('/events');
}

function subjectOf({ path, body }: ProxiedRequest): string {
  const [, name = ''] = /\/gpupods\/([^/]+)/.exec(path) ?? /"name":"([^"]+)-connection"/.exec(body) ?? [];
  return name;
}

describe('a thousand GpuPods beside some malformed ones', () => {
  it('get one instance each, and deleted GpuPods are released', async () => {
    const { scene } = stage;
    const { simulator } = scene;
    await createUnreadable('poison-spec');
    await scene.create('poison-intent', H100, {
      'gpupod.dev/intent': `{"v":1,"name":"${'x'.repeat(200_000)}`,
    });
    await scene.create('poison-secret', {
      ...H100,
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'not-there', key: 'a' } } }],
    });
    simulator.faults.add({
      method: 'POST',
      contains: 'poison-answer',
      // One more failure would stall the GpuPod.
      times: 2,
      effect: { kind: 'Answer', status: 500, contentType: 'text/html', body: '<h1>Bad gateway</h1>' },
    });
    await scene.create('poison-answer', H100);
    const operator = stage.start({ 'window-busy-poll': '2s', 'window-sweep': '2s' });

    await createAll(HEALTHY);
    await untilAllReady();
    const rented = simulator.requests.counts();
    const written = writes();
    await scene.untilReady('poison-answer');
    await scene.untilCondition('poison-secret', 'Synced=False ReferenceNotFound');
    expect(conditionText(await scene.untilReady('healthy-0'), 'Synced')).toBe('True ReconcileSuccess');
    const without = ['poison-spec', 'poison-secret', 'poison-intent'];
    expect(await stage.judge({ without })).toEqual([]);
    tell('apply to Ready', rented, written);

    await Promise.all(LEAVING.map(async (name) => await scene.delete(name)));
    for (const name of LEAVING) await scene.untilGone(name);
    expect(await stage.judge({ without })).toEqual([]);
    const created = simulator.ledger.entries().filter(({ name }) => name.includes('healthy'));
    expect(created).toHaveLength(HEALTHY.length);
    expect(operator.isRunning()).toBe(true);
  });
});

/** Prints counts without judging them, because they depend on the scaled poll interval. */
function tell(span: string, requests: Readonly<Record<string, number>>, written: readonly number[]): void {
  const total = written.reduce((sum, count) => sum + count, 0);
  const list = Object.entries(requests).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    `${HEALTHY.length} GpuPods, ${span}: ${(total / written.length).toFixed(2)} Kubernetes writes each ` +
      `(most ${Math.max(...written)}); provider requests: ${list.join(', ')}\n`,
  );
}
