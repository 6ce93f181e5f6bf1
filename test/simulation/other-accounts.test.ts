import { describe, expect, it, jest } from '@jest/globals';
import { INSTALLATION_RECORD } from './installation-record.ts';
import { readySimulation } from './life.ts';
import { judgeRun } from './oracles.ts';
import { specChange } from './people.ts';
import { conditionsOf, podIdOf } from './readings.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const OURS = 'user_1';
const THEIRS = 'user_2';

/**
 * What happens to the record of the installation before the next process starts, with the key of another
 * user.
 */
const RECORDS: Readonly<Record<string, (simulation: Simulation) => void>> = {
  'the record is lost': (simulation) => {
    simulation.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  },
  'the record names no account': (simulation) => {
    simulation.server.edit('configmaps', INSTALLATION_RECORD, withoutAccount, 'person');
  },
  'the record is kept': () => undefined,
};

function withoutAccount<T extends Record<string, unknown>>(object: T): T {
  const { account: _account, ...data } = { ...(object['data'] as Record<string, string>) };
  return { ...object, data };
}

/** The state of the GpuPod by then, and what a person requests during the time of the wrong key. */
const STAKES: Readonly<
  Record<string, { begin: () => Promise<Simulation>; ask: (simulation: Simulation) => void }>
> = {
  'a create request is in flight': { begin: withUnknownOutcome, ask: () => undefined },
  'a create request is in flight, and the GpuPod is deleted': { begin: withUnknownOutcome, ask: remove },
  'an instance is ready': { begin: readySimulation, ask: () => undefined },
  'an instance is ready, and the GpuPod is deleted': { begin: readySimulation, ask: remove },
  'an instance is ready, and the GpuPod is suspended': {
    begin: readySimulation,
    ask: specChange({ suspend: true }),
  },
  'an attempt is being terminated': { begin: whileTerminating, ask: () => undefined },
};

function remove(simulation: Simulation): void {
  simulation.delete();
}

/** The create response is lost, no list shows the instance yet, and the process dies. */
async function withUnknownOutcome(): Promise<Simulation> {
  const simulation = new Simulation();
  simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply();
  await simulation.until(
    'requested',
    () => simulation.api.requests.count({ method: 'POST', path: '/pods/' }) === 1,
  );
  return simulation;
}

/** The provider ignored the DELETE for the instance of a suspended GpuPod. */
async function whileTerminating(): Promise<Simulation> {
  const simulation = await readySimulation();
  simulation.api.faults.add({ method: 'DELETE', times: 1, effect: { kind: 'ResetBefore' } });
  specChange({ suspend: true })(simulation);
  await simulation.until('being ended', () => simulation.api.world.ledger.deletes.length > 0);
  specChange({ suspend: false })(simulation);
  return simulation;
}

function comeBackWith(simulation: Simulation, key: string, lose: (simulation: Simulation) => void): void {
  simulation.operator.kill();
  lose(simulation);
  simulation.changeKey(key);
}

function findCondition(simulation: Simulation, type: string): Readonly<Record<string, unknown>> | undefined {
  const object = simulation.object();
  return object === undefined ? undefined : conditionsOf(object).find((one) => one['type'] === type);
}

function messageOf(simulation: Simulation, type: string): string {
  return String(findCondition(simulation, type)?.['message']);
}

function changesBy(userId: string, { api }: Simulation): readonly string[] {
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
      const { begin, ask } = STAKES[stake] ?? { begin: readySimulation, ask: remove };
      const simulation = await begin();
      const livePods = simulation.api.world.ledger.live().map(({ id }) => id);
      comeBackWith(simulation, 'other-key', RECORDS[record] ?? remove);
      await simulation.until(
        'said',
        () => findCondition(simulation, 'Synced')?.['reason'] === 'AccountChanged',
      );
      for (const part of [OURS, THEIRS]) expect(messageOf(simulation, 'Synced')).toContain(part);
      const ready = findCondition(simulation, 'Ready');
      ask(simulation);
      await simulation.pass(40 * MINUTE_MS);
      // Nothing is released, reported as terminated, terminated or created again.
      expect(simulation.object()).toBeDefined();
      expect(findCondition(simulation, 'Ready')).toMatchObject({
        reason: ready?.['reason'],
        status: ready?.['status'],
      });
      expect(changesBy(THEIRS, simulation)).toEqual([]);
      expect(simulation.api.world.ledger.live().map(({ id }) => id)).toEqual(livePods);

      comeBackWith(simulation, 'test-key', () => undefined);
      if (ask === remove) {
        await simulation.until('gone', () => simulation.object() === undefined);
      } else if (ask === STAKES['an instance is ready, and the GpuPod is suspended']?.ask) {
        await simulation.until('ended', () => podIdOf(simulation.object()) === undefined);
      } else {
        await simulation.until('ready', () => simulation.isReady());
      }
      judgeRun(simulation);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});

const NO_NAME = { status: 403, body: { detail: 'API key missing scope: user:read' } };

async function withoutAccountName(): Promise<Simulation> {
  const simulation = new Simulation();
  simulation.api.faults.add({ path: '/user/whoami', effect: { kind: 'Answer', ...NO_NAME } });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply();
  await simulation.until('ready', () => simulation.isReady());
  return simulation;
}

describe('a key without permission to read its account', () => {
  it('creates, follows and terminates', async () => {
    const simulation = await withoutAccountName();
    expect(simulation.object()).toMatchObject({ status: { account: { userId: OURS } } });
    simulation.operator.kill();
    await simulation.pass(MINUTE_MS);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('continues after a restart if the instance terminated meanwhile, because the history shows it', async () => {
    const simulation = await withoutAccountName();
    simulation.operator.kill();
    const pod = simulation.api.world.pods.byId.get(podIdOf(simulation.object()) ?? '');
    if (pod !== undefined) simulation.api.world.pods.delete(pod, 0);
    await simulation.until('told', () => findCondition(simulation, 'Ready')?.['reason'] === 'Interrupted');
    expect(simulation.api.world.ledger.live().filter(({ userId }) => userId === OURS)).toHaveLength(
      simulation.foreignIds.length,
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
      const simulation = await withoutAccountName();
      const [, other] = simulation.api.world.settings.accounts;
      if (other !== undefined) {
        simulation.api.world.settings.accounts.push({
          ...other,
          key: 'third-key',
          userId: 'user_3',
          teams: [],
        });
      }
      comeBackWith(simulation, key, RECORDS['the record is lost'] ?? remove);
      simulation.delete();
      await simulation.until('said', () => findCondition(simulation, 'Synced')?.['reason'] === reason);
      expect(messageOf(simulation, 'Synced')).toContain(OURS);
      await simulation.pass(40 * MINUTE_MS);
      expect(simulation.object()).toBeDefined();
      expect(changesBy(THEIRS, simulation)).toEqual([]);
      expect(changesBy('user_3', simulation)).toEqual([]);
      comeBackWith(simulation, 'test-key', () => undefined);
      await simulation.until('gone', () => simulation.object() === undefined);
      expect(simulation.journal.violations).toEqual([]);
    },
  );

  it('finds the instance when the create response is lost, or proves that there is none', async () => {
    const simulation = new Simulation();
    simulation.api.faults.add({ path: '/user/whoami', effect: { kind: 'Answer', ...NO_NAME } });
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetBefore' } });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    judgeRun(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });
});
