import { expect, it } from '@jest/globals';
import { SharedReads } from '../../../src/kubernetes/client/shared-reads.ts';

/** Reads that end when the test says so. */
class ControlledReads {
  readonly shared = new SharedReads<string>();
  /** One for each request that was sent. */
  readonly sent: PromiseWithResolvers<string>[] = [];

  async read(key = 'team-a/token'): Promise<string> {
    return await this.shared.read(key, async () => {
      const request = Promise.withResolvers<string>();
      this.sent.push(request);
      return await request.promise;
    });
  }

  /** Answers a request, and lets all promises that depend on it settle. */
  async answer(index: number, answer: string | Error): Promise<void> {
    const request = this.sent[index];
    if (answer instanceof Error) request?.reject(answer);
    else request?.resolve(answer);
    await new Promise(setImmediate);
  }
}

it('gives a question that arrives during a read the result of a later one, which all such questions share', async () => {
  const reads = new ControlledReads();
  const first = reads.read();
  const later = Array.from({ length: 20 }, async () => await reads.read());
  expect(reads.sent).toHaveLength(1);

  await reads.answer(0, 'old value');
  expect(reads.sent).toHaveLength(2);
  await reads.answer(1, 'new value');

  expect(await first).toBe('old value');
  expect(new Set(await Promise.all(later))).toEqual(new Set(['new value']));
});

it('sends a read of its own for a question after the last one was answered', async () => {
  const reads = new ControlledReads();
  const first = reads.read();
  await reads.answer(0, 'old value');
  const second = reads.read();
  await reads.answer(1, 'new value');

  expect([await first, await second]).toEqual(['old value', 'new value']);
});

it('reads each object by itself', async () => {
  const reads = new ControlledReads();
  const ofA = reads.read('team-a/token');
  const ofB = reads.read('team-b/token');
  await reads.answer(1, 'of b');
  await reads.answer(0, 'of a');

  expect([await ofA, await ofB]).toEqual(['of a', 'of b']);
});

it('fails for those who shared the read, and not for those who asked later', async () => {
  const reads = new ControlledReads();
  const failing = reads.read();
  const outcome = failing.catch((error: unknown) => error);
  const later = reads.read();
  await reads.answer(0, new Error('the API server does not answer'));
  await reads.answer(1, 'value');

  expect(await outcome).toEqual(new Error('the API server does not answer'));
  expect(await later).toBe('value');
});

it('keeps nothing once all questions are answered', async () => {
  const reads = new ControlledReads();
  const asked = [reads.read(), reads.read(), reads.read('team-b/token')];
  expect(reads.shared.size).toBe(2);
  await reads.answer(0, 'a');
  await reads.answer(1, 'b');
  await reads.answer(2, 'a');
  await Promise.all(asked);

  expect(reads.shared.size).toBe(0);
});
