import { beforeEach, describe, expect, it } from '@jest/globals';
import { RunnableStack, together } from '../../src/kubernetes/runnable.ts';
import type { Runnable } from '../../src/kubernetes/runnable.ts';
import { RecordingLog } from './support/recording-log.ts';
import { turn } from './support/until.ts';

const NEVER = new AbortController().signal;

let steps: string[];
let ends: Map<string, () => void>;

beforeEach(() => {
  steps = [];
  ends = new Map();
});

/** A part whose stop lasts until the test completes it. */
function part(name: string): Runnable {
  return {
    start: () => {
      steps.push(`${name} starts`);
    },
    stop: async () => {
      steps.push(`${name} stops`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      steps.push(`${name} has stopped`);
    },
  };
}

async function end(name: string): Promise<void> {
  ends.get(name)?.();
  await turn();
}

describe('a stack', () => {
  it('stops each part only after those above it have stopped', async () => {
    const stack = new RunnableStack(new RecordingLog());
    await stack.start([part('a'), part('b')], NEVER);
    const stopped = stack.stop();
    await turn();
    await end('b');
    await end('a');
    await stopped;

    expect(steps).toEqual(['a starts', 'b starts', 'b stops', 'b has stopped', 'a stops', 'a has stopped']);
  });

  it('starts no further part after the signal aborts, and stops the started parts', async () => {
    const stopping = new AbortController();
    const stack = new RunnableStack(new RecordingLog());
    const aborting: Runnable = {
      start: () => {
        stopping.abort();
      },
      stop: () => undefined,
    };
    await stack.start([part('a'), aborting, part('b')], stopping.signal);
    const stopped = stack.stop();
    await turn();
    await end('a');
    await stopped;

    expect(steps).toEqual(['a starts', 'a stops', 'a has stopped']);
  });
});

it('asks all parts that run together to stop before any has stopped', async () => {
  const both = together([part('a'), part('b')]);
  await both.start?.();
  const stopped = Promise.resolve(both.stop());
  await turn();
  expect(steps).toEqual(['a starts', 'b starts', 'a stops', 'b stops']);
  await end('b');
  await end('a');
  await stopped;

  expect(steps.slice(4)).toEqual(['b has stopped', 'a has stopped']);
});
