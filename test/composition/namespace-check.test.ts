import { describe, expect, it } from '@jest/globals';
import { NamespaceCheck } from '../../src/composition/namespace-check.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { until } from '../kubernetes/support/until.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';

const ASK_AGAIN_MS = 60_000;

function namespace(name: string): KubernetesObject {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion: '1' } };
}

/** A started check of these namespaces, of which some exist. */
function start(watched: readonly string[], existing: Set<string>, refused: readonly string[] = []) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const read: string[] = [];
  const check = new NamespaceCheck({
    watched,
    namespaces: {
      get: async ({ name }) => {
        read.push(name);
        if (refused.includes(name)) throw new ApiStatusError(403, 'Forbidden', 'no');
        return await Promise.resolve(existing.has(name) ? namespace(name) : undefined);
      },
    },
    clock,
    log,
    askAgainMs: ASK_AGAIN_MS,
  });
  check.start();
  return { check, clock, log, read };
}

describe('watched namespaces', () => {
  it('that do not exist are named once, until they exist', async () => {
    const existing = new Set(['team-a']);
    const { check, clock, log, read } = start(['team-a', 'team-b'], existing);
    await until(() => clock.sleepers === 1);

    expect(check.read()).toEqual({ isOk: true, message: 'no such namespace: team-b' });
    await clock.advance(ASK_AGAIN_MS);
    await until(() => read.length === 3 && clock.sleepers === 1);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        fields: { namespace: 'team-b' },
        message:
          'a watched namespace does not exist; the others are served: create it, or correct --watch-namespace',
      },
    ]);

    existing.add('team-b');
    await clock.advance(ASK_AGAIN_MS);
    await until(() => check.read().message === undefined);
    expect(read).toEqual(['team-a', 'team-b', 'team-b', 'team-b']);
    expect(clock.sleepers).toBe(0);
  });

  it('make the process not ready if none of them exists', async () => {
    const { check, clock } = start(['team-b'], new Set());
    await until(() => clock.sleepers === 1);
    expect(check.read()).toEqual({ isOk: false, message: 'no such namespace: team-b' });
    await check.stop();
  });

  it.each([
    { title: 'may not be read', watched: ['team-b'], refused: ['team-b'] },
    { title: 'are all of them', watched: [], refused: [] },
  ])('are not doubted when they $title', async ({ watched, refused }) => {
    const { check, clock, log } = start(watched, new Set(), refused);
    await check.stop();
    expect(check.read()).toEqual({ isOk: true });
    expect(log.messages('warn')).toEqual([]);
    expect(clock.sleepers).toBe(0);
  });
});
