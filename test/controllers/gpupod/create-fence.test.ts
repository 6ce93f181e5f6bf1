import { describe, expect, it } from '@jest/globals';
import { CreateFence } from '../../../src/controllers/gpupod/create-fence.ts';

describe('CreateFence', () => {
  it.each([
    { what: 'no write yet', writesMs: [], sendWithinMs: undefined },
    { what: 'the write took the usual time', writesMs: [10_000], sendWithinMs: undefined },
    { what: 'the write took 12 s', writesMs: [12_000], sendWithinMs: 28_000 },
    { what: 'the write took as long as the server timeout', writesMs: [65_000], sendWithinMs: 107_500 },
    { what: 'the clock advanced while the process was frozen', writesMs: [3_600_000], sendWithinMs: 120_000 },
    { what: 'the last write was fast again', writesMs: [29_000, 50], sendWithinMs: undefined },
  ])(
    'extends the send deadline only by the duration of the last write: $what',
    ({ writesMs, sendWithinMs }) => {
      const fence = new CreateFence({ createFenceMs: 10_000 });
      for (const ms of writesMs) fence.note(ms);
      expect(fence.sendWithinMs()).toBe(sendWithinMs);
    },
  );
});
