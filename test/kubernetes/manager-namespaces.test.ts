import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SharedSource } from '../../src/kubernetes/cache/source.ts';
import { ownKey } from './support/controller-bench.ts';
import { isWatch } from './support/fake-api-server.ts';
import { statusAnswer } from './support/fake-objects.ts';
import { BOXES, ManagerBench, resource } from './support/manager-bench.ts';
import type { SeenRequest } from './support/seen-request.ts';
import { turn, until } from './support/until.ts';

const MAX_AGE_MS = 60_000;
const REFUSED = '403 Forbidden: fake Forbidden';

let bench: ManagerBench;
let boxes: SharedSource;

beforeEach(async () => {
  bench = await ManagerBench.open();
  boxes = bench.manager.source(resource('boxes', 'team-a', 'team-b'));
});

afterEach(async () => {
  await bench.runtime.close();
});

function put(key: string): void {
  bench.server.objects.put(BOXES, key);
}

function isIn(namespace: string): (request: SeenRequest) => boolean {
  return ({ path }) => path.includes(`/namespaces/${namespace}/`);
}

/** Refuses every request for this namespace, as without a Role in it. */
function refuse(namespace: string): void {
  const isRefused = isIn(namespace);
  bench.server.plan((request) => (isRefused(request) ? statusAnswer(403, 'Forbidden') : undefined));
}

async function lead(): Promise<void> {
  await bench.start([bench.controller('box', [[boxes, ownKey]])]);
  bench.election.win();
}

async function untilReconciled(...keys: readonly string[]): Promise<void> {
  await until(
    () => keys.every((key) => bench.steps.includes(`box ${key}`)),
    `${keys.join(', ')} is reconciled`,
  );
}

/** Until the server has accepted the watch. */
async function untilWatched(namespace: string): Promise<void> {
  const isWatched = isIn(namespace);
  await until(() => bench.server.requests.some((request) => isWatched(request) && isWatch(request)));
}

describe('a resource in several namespaces', () => {
  it('is one source with one watch for each namespace, and none for the others', async () => {
    for (const key of ['team-a/a', 'team-b/b', 'other/c']) put(key);
    await lead();
    await bench.whenWatched(2);
    await untilReconciled('team-a/a', 'team-b/b');
    for (const key of ['team-b/d', 'other/e']) put(key);
    await untilReconciled('team-b/d');

    expect(bench.opened).toEqual(
      ['team-a', 'team-b'].map((namespace) => `/apis/example.dev/v1/namespaces/${namespace}/boxes`),
    );
    expect(bench.steps).not.toContainEqual(expect.stringContaining('other/'));
    expect(boxes.store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'd']);
    expect(boxes.store.size).toBe(3);
    expect(boxes.store.get('team-b/d')?.metadata.name).toBe('d');
    expect(boxes.store.get('other/c')).toBeUndefined();
  });

  it('shows a write of this process at once, and only in a watched namespace', async () => {
    put('team-b/b');
    await lead();
    await untilReconciled('team-b/b');
    const held = boxes.store.get('team-b/b');
    if (held === undefined) throw new Error('the box is not in the store');
    const newer = { ...held, metadata: { ...held.metadata, resourceVersion: '999' } };

    const changes = boxes.store.changes();
    expect([...changes.take()]).toEqual(['team-b/b']);
    expect(boxes.store.applyLocal(newer)).toBe(true);
    expect([...changes.take()]).toEqual(['team-b/b']);
    expect(boxes.store.get('team-b/b')).toBe(newer);
    const foreign = { ...newer, metadata: { ...newer.metadata, namespace: 'other' } };
    expect(boxes.store.applyLocal(foreign)).toBe(false);
  });

  it('shares its watches with other sources, and its source with the same namespaces in another sequence', async () => {
    const only = bench.manager.source(resource('boxes', 'team-b'));
    expect(bench.manager.source(resource('boxes', 'team-b', 'team-a'))).toBe(boxes);
    expect(bench.opened).toHaveLength(2);

    await bench.start([
      bench.controller('box', [[boxes, ownKey]]),
      bench.controller('only', [[only, ownKey]]),
    ]);
    bench.election.win();
    await bench.whenWatched(2);
    put('team-b/b');
    await until(() => bench.steps.length === 3);

    expect(bench.steps.toSorted()).toEqual(['box team-b/b', 'election starts', 'only team-b/b']);
  });
});

describe('a namespace that cannot be listed yet', () => {
  it('holds up the others while the API server fails, because the failure may pass at once', async () => {
    put('team-a/a');
    const isB = isIn('team-b');
    bench.server.plan((request) => (isB(request) ? statusAnswer(500, 'InternalError') : undefined));
    await lead();
    await until(() => boxes.store.size === 1);
    await turn();
    expect(bench.steps).toEqual(['election starts']);
    expect(bench.manager.hasSynced()).toBe(false);

    bench.server.plan(() => undefined);
    await untilReconciled('team-a/a');
  });
});

describe('a namespace that the operator may not list', () => {
  it('is named in the health and once in the log, and does not hold up the others', async () => {
    put('team-a/a');
    refuse('team-b');
    await lead();
    await untilReconciled('team-a/a');
    await until(() => bench.server.requests.filter(isIn('team-b')).length > 3, 'several refused lists');
    await untilWatched('team-a');

    expect(bench.manager.health(MAX_AGE_MS)).toEqual({
      isServing: true,
      failing: [{ namespace: 'team-b', problem: REFUSED }],
    });
    expect(bench.manager.unlistedNamespaces(resource('boxes', 'team-a', 'team-b'))).toEqual(['team-b']);
    const warnings = bench.runtime.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([
      {
        level: 'warn',
        fields: { path: '/apis/example.dev/v1/namespaces/team-b/boxes', error: REFUSED },
        message: expect.stringContaining('does the namespace exist, and may this account list them?'),
      },
    ]);
  });

  it('is served as soon as it may be listed', async () => {
    for (const key of ['team-a/a', 'team-b/b']) put(key);
    refuse('team-b');
    await lead();
    await untilReconciled('team-a/a');
    expect(bench.steps).not.toContain('box team-b/b');

    bench.server.plan(() => undefined);
    await untilReconciled('team-b/b');
    await bench.whenWatched(2);

    expect(bench.manager.health(MAX_AGE_MS)).toEqual({ isServing: true, failing: [] });
    expect(bench.runtime.log.messages('info')).toContain('listed again');
  });

  it('keeps the process from serving if it is the only one, or all are refused', async () => {
    bench.server.plan(() => statusAnswer(403, 'Forbidden'));
    await lead();
    await until(() => bench.runtime.log.messages('warn').length === 2);
    await turn();

    expect(bench.steps).toEqual(['election starts']);
    expect(bench.manager.health(MAX_AGE_MS)).toEqual({
      isServing: false,
      failing: ['team-a', 'team-b'].map((namespace) => ({ namespace, problem: REFUSED })),
    });
  });
});

describe('a namespace whose watch breaks', () => {
  it('loses only its own freshness, and is named in the health', async () => {
    for (const key of ['team-a/a', 'team-b/b']) put(key);
    await lead();
    await bench.whenWatched(2);
    await untilReconciled('team-a/a', 'team-b/b');

    refuse('team-b');
    bench.server.watches.end();
    await bench.whenWatched(1);
    put('team-a/c');
    await untilReconciled('team-a/c');

    expect(boxes.store.get('team-b/b')).toBeDefined();
    await until(() => bench.manager.health(MAX_AGE_MS).failing.length === 1);
    expect(bench.manager.health(MAX_AGE_MS)).toEqual({
      isServing: true,
      failing: [{ namespace: 'team-b', problem: REFUSED }],
    });
  });

  it('is stale when nothing was heard of it for too long', async () => {
    await lead();
    await bench.whenWatched(2);
    await bench.runtime.clock.advance(1_000);
    put('team-a/a');
    await untilReconciled('team-a/a');

    expect(bench.manager.ageMs()).toBeGreaterThanOrEqual(1_000);
    expect(bench.manager.health(1_000)).toEqual({
      isServing: true,
      failing: [{ namespace: 'team-b', problem: undefined }],
    });
  });
});
