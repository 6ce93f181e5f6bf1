import { describe, expect, it, jest } from '@jest/globals';
import { INSTALLATION_RECORD } from './installation-record.ts';
import { readyWorld } from './life.ts';
import { judgeRun } from './oracles.ts';
import { specChange } from './people.ts';
import { conditionsOf, podIdOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const OURS = 'user_1';
const THEIRS = 'user_2';

/**
 * What happens to the record of the installation before the next process starts, with the key of another
 * user.
 */
const RECORDS: Readonly<Record<string, (world: SimulatedWorld) => void>> = {
  'the record is lost': (world) => {
    world.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  },
  'the record names no account': (world) => {
    world.server.edit('configmaps', INSTALLATION_RECORD, withoutAccount, 'person');
  },
  'the record is kept': () => undefined,
};

function withoutAccount<T extends Record<string, unknown>>(object: T): T {
  const { account: _account, ...data } = { ...(object['data'] as Record<string, string>) };
  return { ...object, data };
}

/** The state of the GpuPod by then, and what a person requests during the time of the wrong key. */
const STAKES: Readonly<
  Record<string, { begin: () => Promise<SimulatedWorld>; ask: (world: SimulatedWorld) => void }>
> = {
  'a create request is in flight': { begin: worldWithUnknownOutcome, ask: () => undefined },
  'a create request is in flight, and the GpuPod is deleted': { begin: worldWithUnknownOutcome, ask: remove },
  'an instance is ready': { begin: readyWorld, ask: () => undefined },
  'an instance is ready, and the GpuPod is deleted': { begin: readyWorld, ask: remove },
  'an instance is ready, and the GpuPod is suspended': {
    begin: readyWorld,
    ask: specChange({ suspend: true }),
  },
  'an attempt is being terminated': { begin: endingWorld, ask: () => undefined },
};

function remove(world: SimulatedWorld): void {
  world.delete();
}

/** The create response is lost, no list shows the instance yet, and the process dies. */
async function worldWithUnknownOutcome(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld();
  world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('requested', () => world.api.requests.count({ method: 'POST', path: '/pods/' }) === 1);
  return world;
}

/** The provider ignored the DELETE for the instance of a suspended GpuPod. */
async function endingWorld(): Promise<SimulatedWorld> {
  const world = await readyWorld();
  world.api.faults.add({ method: 'DELETE', times: 1, effect: { kind: 'ResetBefore' } });
  specChange({ suspend: true })(world);
  await world.until('being ended', () => world.api.world.ledger.deletes.length > 0);
  specChange({ suspend: false })(world);
  return world;
}

function comeBackWith(world: SimulatedWorld, key: string, lose: (world: SimulatedWorld) => void): void {
  world.operator.kill();
  lose(world);
  world.changeKey(key);
}

function findCondition(world: SimulatedWorld, type: string): Readonly<Record<string, unknown>> | undefined {
  const object = world.object();
  return object === undefined ? undefined : conditionsOf(object).find((one) => one['type'] === type);
}

function messageOf(world: SimulatedWorld, type: string): string {
  return String(findCondition(world, type)?.['message']);
}

function changesBy(userId: string, { api }: SimulatedWorld): readonly string[] {
  return api.requests
    .all()
    .filter((request) => request.userId === userId && request.method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

const CASES = Object.keys(STAKES).flatMap((stake) =>
  Object.keys(RECORDS).map((record) => ({ stake, record })),
);

describe('an operator that restarts with the key of another user', () => {
  it.each(CASES)(
    'does nothing for the GpuPod until the old key is back: $stake, $record',
    async ({ stake, record }) => {
      const { begin, ask } = STAKES[stake] ?? { begin: readyWorld, ask: remove };
      const world = await begin();
      const livePods = world.api.world.ledger.live().map(({ id }) => id);
      comeBackWith(world, 'other-key', RECORDS[record] ?? remove);
      await world.until('said', () => findCondition(world, 'Synced')?.['reason'] === 'AccountChanged');
      for (const part of [OURS, THEIRS]) expect(messageOf(world, 'Synced')).toContain(part);
      const ready = findCondition(world, 'Ready');
      ask(world);
      await world.pass(40 * MINUTE_MS);
      // Nothing is released, reported as terminated, terminated or created again.
      expect(world.object()).toBeDefined();
      expect(findCondition(world, 'Ready')).toMatchObject({
        reason: ready?.['reason'],
        status: ready?.['status'],
      });
      expect(changesBy(THEIRS, world)).toEqual([]);
      expect(world.api.world.ledger.live().map(({ id }) => id)).toEqual(livePods);

      comeBackWith(world, 'test-key', () => undefined);
      if (ask === remove) {
        await world.until('gone', () => world.object() === undefined);
      } else if (ask === STAKES['an instance is ready, and the GpuPod is suspended']?.ask) {
        await world.until('ended', () => podIdOf(world.object()) === undefined);
      } else {
        await world.until('ready', () => world.isReady());
      }
      judgeRun(world);
      expect(world.journal.violations).toEqual([]);
    },
  );
});

const NO_NAME = { status: 403, body: { detail: 'API key missing scope: user:read' } };

async function namelessWorld(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld();
  world.api.faults.add({ path: '/user/whoami', effect: { kind: 'Answer', ...NO_NAME } });
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('ready', () => world.isReady());
  return world;
}

describe('a key without permission to read its account', () => {
  it('creates, follows and terminates', async () => {
    const world = await namelessWorld();
    expect(world.object()).toMatchObject({ status: { account: { userId: OURS } } });
    world.operator.kill();
    await world.pass(MINUTE_MS);
    world.delete();
    await world.until('gone', () => world.object() === undefined);
    expect(world.journal.violations).toEqual([]);
  });

  it('continues after a restart if the instance terminated meanwhile, because the history shows it', async () => {
    const world = await namelessWorld();
    world.operator.kill();
    const pod = world.api.world.pods.byId.get(podIdOf(world.object()) ?? '');
    if (pod !== undefined) world.api.world.pods.delete(pod, 0);
    await world.until('told', () => findCondition(world, 'Ready')?.['reason'] === 'Interrupted');
    expect(world.api.world.ledger.live().filter(({ userId }) => userId === OURS)).toHaveLength(
      world.foreignIds.length,
    );
  });

  it.each([
    {
      name: 'whose account has an instance with our name prefix',
      key: 'other-key',
      reason: 'AccountChanged',
    },
    { name: 'whose account has no instance', key: 'third-key', reason: 'AccountUnconfirmed' },
  ])(
    'neither releases nor reports as terminated: the key of another user, $name',
    async ({ key, reason }) => {
      const world = await namelessWorld();
      const [, other] = world.api.world.settings.accounts;
      if (other !== undefined) {
        world.api.world.settings.accounts.push({ ...other, key: 'third-key', userId: 'user_3', teams: [] });
      }
      comeBackWith(world, key, RECORDS['the record is lost'] ?? remove);
      world.delete();
      await world.until('said', () => findCondition(world, 'Synced')?.['reason'] === reason);
      expect(messageOf(world, 'Synced')).toContain(OURS);
      await world.pass(40 * MINUTE_MS);
      expect(world.object()).toBeDefined();
      expect(changesBy(THEIRS, world)).toEqual([]);
      expect(changesBy('user_3', world)).toEqual([]);
      comeBackWith(world, 'test-key', () => undefined);
      await world.until('gone', () => world.object() === undefined);
      expect(world.journal.violations).toEqual([]);
    },
  );

  it('finds the instance when the create response is lost, or proves that there is none', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ path: '/user/whoami', effect: { kind: 'Answer', ...NO_NAME } });
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetBefore' } });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    judgeRun(world);
    expect(world.journal.violations).toEqual([]);
  });
});
