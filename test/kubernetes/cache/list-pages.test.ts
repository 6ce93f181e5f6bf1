import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listPages } from '../../../src/kubernetes/cache/list-pages.ts';
import type { ListPage } from '../../../src/kubernetes/cache/list-pages.ts';
import { keepOnly } from '../../../src/kubernetes/objects.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { isList } from '../support/fake-api-server.ts';
import { THINGS } from '../support/reflecting.ts';
import { startRuntime } from '../support/runtime.ts';
import type { Runtime } from '../support/runtime.ts';

const KIB = 1_024;
let runtime: Runtime;

beforeEach(async () => {
  runtime = await startRuntime();
});

afterEach(async () => {
  await runtime.close();
});

function put(count: number, bytes: number): void {
  for (let index = 0; index < count; index += 1) {
    const annotations = { 'example.dev/note': 'x'.repeat(bytes) };
    runtime.server.objects.put(THINGS, `default/thing-${String(index).padStart(4, '0')}`, {
      metadata: { annotations },
    });
  }
}

async function listed(maxPageBytes: number, pageSize?: number): Promise<ListPage[]> {
  const pages: ListPage[] = [];
  const { transport } = runtime;
  await listPages(transport, { path: THINGS, maxPageBytes, pageSize }, (page) => pages.push(page));
  return pages;
}

function limits(): (string | null)[] {
  return runtime.server.requests.filter(isList).map(({ query }) => query.get('limit'));
}

describe('pages of a list', () => {
  it('start small, and grow while they hold few bytes', async () => {
    put(700, 10);
    const pages = await listed(1_000 * KIB);
    expect(pages.map(({ items }) => items.length)).toEqual([20, 100, 500, 80]);
    expect(limits()).toEqual(['20', '100', '500', '500']);
  });

  it('that exceed the byte limit are requested in smaller pieces without losing objects', async () => {
    put(50, 10 * KIB);
    const pages = await listed(100 * KIB);
    const names = pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    expect(names).toHaveLength(50);
    expect(new Set(names).size).toBe(50);
    expect(Math.max(...pages.map(({ items }) => items.length))).toBeLessThan(10);
    expect(pages.filter(({ isFirst }) => isFirst)).toHaveLength(1);
  });

  it('of one object are accepted at any size, because they cannot be split', async () => {
    put(3, 200 * KIB);
    const pages = await listed(100 * KIB);
    expect(pages.map(({ items }) => items.length)).toEqual([1, 1, 1]);
  });

  it('never hold more objects than requested', async () => {
    put(30, 10);
    expect((await listed(1_000 * KIB, 5)).map(({ items }) => items.length)).toEqual([5, 5, 5, 5, 5, 5]);
  });
});

describe('the cached part of an object', () => {
  const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };
  const filled = (): RawObject => ({
    metadata: {
      ...metadata,
      annotations: {
        'gpupod.dev/intent': '{}',
        'gpupod.dev/paused': 'x'.repeat(9),
        'example.com/note': 'x'.repeat(200 * KIB),
      },
      labels: { team: 'a' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'n' }],
    },
  });
  const annotations = new Map([
    ['gpupod.dev/intent', 2],
    ['gpupod.dev/paused', 8],
  ]);

  it('holds only the annotations that are read, and none that is longer than it may be', () => {
    expect(keepOnly({ annotations, labels: false })(filled()).metadata).toEqual({
      ...metadata,
      annotations: { 'gpupod.dev/intent': '{}', 'gpupod.dev/paused': '(too long)' },
    });
  });

  it('holds the labels where they are read', () => {
    expect(keepOnly({ annotations: new Map(), labels: true })(filled()).metadata).toEqual({
      ...metadata,
      annotations: {},
      labels: { team: 'a' },
    });
  });
});
