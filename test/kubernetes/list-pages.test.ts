import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ListPage, listPages } from '../../src/kubernetes/list-pages.ts';
import { keepOwnAnnotations } from '../../src/kubernetes/objects.ts';
import { isList } from './support/fake-api-server.ts';
import { THINGS } from './support/reflecting.ts';
import { type Runtime, startRuntime } from './support/runtime.ts';

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
  it('begin small, and grow while they are small', async () => {
    put(700, 10);
    const pages = await listed(1_000 * KIB);
    expect(pages.map(({ items }) => items.length)).toEqual([20, 100, 500, 80]);
    expect(limits()).toEqual(['20', '100', '500', '500']);
  });

  it('that hold more bytes than may be held at once are asked for in smaller pieces, and nothing is left out', async () => {
    put(50, 10 * KIB);
    const pages = await listed(100 * KIB);
    const names = pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    expect(names).toHaveLength(50);
    expect(new Set(names).size).toBe(50);
    expect(Math.max(...pages.map(({ items }) => items.length))).toBeLessThan(10);
    expect(pages.filter(({ isFirst }) => isFirst)).toHaveLength(1);
  });

  it('of one object are taken whatever it holds: what cannot be split must not stop the list', async () => {
    put(3, 200 * KIB);
    const pages = await listed(100 * KIB);
    expect(pages.map(({ items }) => items.length)).toEqual([1, 1, 1]);
  });

  it('never hold more than was asked for', async () => {
    put(30, 10);
    expect((await listed(1_000 * KIB, 5)).map(({ items }) => items.length)).toEqual([5, 5, 5, 5, 5, 5]);
  });
});

describe('what is kept of an object', () => {
  it('is its own annotations: what others put onto it is not held in memory', () => {
    const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };
    const annotations = { 'gpupod.dev/intent': '{}', 'example.com/note': 'x'.repeat(200 * KIB) };
    const kept = keepOwnAnnotations('gpupod.dev/')({
      metadata: { ...metadata, annotations, labels: { team: 'a' } },
    });
    expect(kept.metadata).toEqual({
      ...metadata,
      annotations: { 'gpupod.dev/intent': '{}' },
      labels: { team: 'a' },
    });
  });
});
