import { describe, expect, it } from '@jest/globals';
import { CreateFence } from '../../src/reconciler/create-fence.ts';

describe('OrderFence', () => {
  it.each([
    { what: 'nothing was written yet', writesMs: [], sendWithinMs: undefined },
    { what: 'the write took as long as is usual', writesMs: [10_000], sendWithinMs: undefined },
    { what: 'the write took 12 s', writesMs: [12_000], sendWithinMs: 28_000 },
    { what: 'the write took as long as a server waits', writesMs: [65_000], sendWithinMs: 107_500 },
    { what: 'a clock went on while the process was frozen', writesMs: [3_600_000], sendWithinMs: 120_000 },
    { what: 'the last write was quick again', writesMs: [29_000, 50], sendWithinMs: undefined },
  ])('asks for more time only for a write like the last: $what', ({ writesMs, sendWithinMs }) => {
    const fence = new CreateFence({ createFenceMs: 10_000 });
    for (const ms of writesMs) fence.note(ms);
    expect(fence.sendWithinMs()).toBe(sendWithinMs);
  });
});
