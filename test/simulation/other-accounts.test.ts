import { describe, expect, it, jest } from '@jest/globals';
import { INSTALLATION_RECORD } from './installation-record.ts';
import { readyWorld } from './life.ts';
import { judgeDeeds } from './oracles.ts';
import { specChange } from './people.ts';
import { conditionsOf, podIdOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const OURS = 'user_1';
const THEIRS = 'user_2';

/** What becomes of the record of the installation before the next process comes, with the key of another user. */
const RECORDS: Readonly<Record<string, (world: SimulatedWorld) => void>> = {
  'the record is lost': (world) => {
    world.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  },
  'the record names nobody': (world) => {
    world.server.edit('configmaps', INSTALLATION_RECORD, withoutAccount, 'person');
  },
  'the record stands': () => undefined,
};

function withoutAccount<T extends Record<string, unknown>>(object: T): T {
  const { account: _account, ...data } = { ...(object['data'] as Record<string, string>) };
  return { ...object, data };
}

/** What the GpuPod has at stake by then, and what a person asks for while the wrong key is there. */
const STAKES: Readonly<
  Record<string, { begin: () => Promise<SimulatedWorld>; ask: (world: SimulatedWorld) => void }>
> = {
  'an order is on its way': { begin: orderedWorld, ask: () => undefined },
  'an order is on its way, and the GpuPod is deleted': { begin: orderedWorld, ask: remove },
  'an instance is ready': { begin: readyWorld, ask: () => undefined },
  'an instance is ready, and the GpuPod is deleted': { begin: readyWorld, ask: remove },
  'an instance is ready, and the GpuPod is suspended': {
    begin: readyWorld,
    ask: specChange({ suspend: true }),
  },
  'an attempt is being ended': { begin: endingWorld, ask: () => undefined },
};

function remove(world: SimulatedWorld): void {
  world.delete();
}

/** The answer to the order is lost, its pod is not listed yet, and the process dies. */
async function orderedWorld(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld();
  world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('ordered', () => world.api.requests.count({ method: 'POST', path: '/pods/' }) === 1);
  return world;
}

/** The DELETE of a suspended GpuPod's instance was not heeded. */
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

describe('an operator that comes back with the key of another user', () => {
  it.each(CASES)(
    '$stake, $record: nothing is done for it until the old key is back',
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
      // Nothing is released, called gone, ended or rented anew.
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
      judgeDeeds(world);
      expect(world.books.violations).toEqual([]);
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

describe('a key that may not say whose it is', () => {
  it('rents, follows, and ends', async () => {
    const world = await namelessWorld();
    expect(world.object()).toMatchObject({ status: { account: { userId: OURS } } });
    world.operator.kill();
    await world.pass(MINUTE_MS);
    world.delete();
    await world.until('gone', () => world.object() === undefined);
    expect(world.books.violations).toEqual([]);
  });

  it('goes on after a restart although the instance ended meanwhile: the history shows it', async () => {
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
      name: 'whose account shows an instance that is named as ours',
      key: 'other-key',
      reason: 'AccountChanged',
    },
    { name: 'whose account shows nothing', key: 'third-key', reason: 'AccountUnconfirmed' },
  ])('of another user, $name: nothing is released, or called gone', async ({ key, reason }) => {
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
    expect(world.books.violations).toEqual([]);
  });

  it('whose answer to an order was lost finds it again, or proves that there is none', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ path: '/user/whoami', effect: { kind: 'Answer', ...NO_NAME } });
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetBefore' } });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    judgeDeeds(world);
    expect(world.books.violations).toEqual([]);
  });
});
