import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(3 * 60_000);

/** The largest GpuPod that a tenant can create: the most annotations that Kubernetes allows, and the most env of the CRD. */
const COUNT = 400;
const ANNOTATIONS = { 'example.com/notes': 'x'.repeat(250 * 1024) };
const ENV = Array.from({ length: 8 }, (_, index) => ({ name: `A${index}`, value: 'y'.repeat(4_096) }));
/** Less than the list, which is 110 MiB as text. The chart gives the operator 512 MiB. */
const HEAP_MIB = 88;

const server = createServer(answer);
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'string' || address === null) throw new Error('no port');
  url = `http://127.0.0.1:${String(address.port)}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves a list in pages of the requested size, and a silent watch. */
function answer({ url: target = '' }: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(target, 'http://localhost');
  response.setHeader('content-type', 'application/json');
  if (searchParams.has('watch')) {
    response.flushHeaders();
    return;
  }
  const from = Number(searchParams.get('continue') ?? 0);
  const to = Math.min(COUNT, from + Number(searchParams.get('limit') ?? COUNT));
  const metadata = { resourceVersion: '5000', ...(to < COUNT ? { continue: String(to) } : {}) };
  response.write(`{"kind":"GpuPodList","metadata":${JSON.stringify(metadata)},"items":[`);
  for (let index = from; index < to; index += 1) {
    response.write(`${index === from ? '' : ','}${JSON.stringify(objectAt(index))}`);
  }
  response.end(']}');
}

function objectAt(index: number): object {
  const name = `big-${String(index)}`;
  return {
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: {
      name,
      namespace: 'a',
      uid: name,
      resourceVersion: String(index + 1),
      annotations: ANNOTATIONS,
    },
    spec: { gpu: { types: ['H100_80GB'] }, env: ENV, suspend: true },
  };
}

describe('hundreds of GpuPods of the largest size', () => {
  it('are all listed within a heap that could not hold the raw answers', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      `--max-old-space-size=${String(HEAP_MIB)}`,
      'test/kubernetes/support/list-in-small-heap.ts',
      url,
    ]);
    expect(stdout).toBe(String(COUNT));
  });
});
