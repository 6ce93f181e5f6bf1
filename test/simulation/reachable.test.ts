import { describe, expect, it } from '@jest/globals';
import { isRecord, stringAt } from '../../src/json.ts';
import type { PodRule } from '../../src/simulator/world/pod-rule.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import { settle } from './life.ts';
import { judgeRun } from './oracles.ts';
import { reasonOf, statusOf } from './readings.ts';
import { simulatedHostKey } from './simulated-prober.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const NOTHING = { metadata: { name: '', uid: '', resourceVersion: '' } };
const REACHABLE = { readiness: 'Reachable' } as const;

interface Started {
  readonly rule?: PodRule;
  readonly spec?: Parameters<Simulation['apply']>[1];
  readonly isProbing?: boolean;
}

async function start({ rule = {}, spec = {}, isProbing = true }: Started): Promise<Simulation> {
  const simulation = new Simulation({
    provider: { podRules: [rule] },
    settings: { isProbing },
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('train-1', spec);
  return simulation;
}

async function ready(options: Started): Promise<Simulation> {
  const simulation = await start(options);
  await simulation.until('ready', () => simulation.isReady(), 60 * MINUTE_MS);
  return simulation;
}

function reason(simulation: Simulation, type: string): string | undefined {
  return reasonOf(simulation.object() ?? NOTHING, type);
}

function rented({ api }: Simulation): readonly LedgerEntry[] {
  return api.world.ledger.entries().filter(({ origin }) => origin === 'Api');
}

function onlyPod(simulation: Simulation): string {
  const [only, ...others] = rented(simulation);
  expect(others).toEqual([]);
  return only?.id ?? '';
}

function hostKey(simulation: Simulation): string {
  return simulatedHostKey(simulation.api.world.pods.get(onlyPod(simulation)));
}

/** A key of the connection Secret. */
function secretValue(simulation: Simulation, key: string): string | undefined {
  const secret = simulation.server.get('secrets', { namespace: 'team-a', name: 'train-1-connection' });
  const data = isRecord(secret) ? secret['data'] : undefined;
  const value = isRecord(data) ? stringAt(data, key) : undefined;
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}

function pinned(simulation: Simulation): string | undefined {
  const ssh = statusOf(simulation.object() ?? NOTHING)['ssh'];
  return isRecord(ssh) ? stringAt(ssh, 'hostKey') : undefined;
}

describe('with probes', () => {
  it('Ready, Reachable, the host key and known_hosts come with one write each', async () => {
    const simulation = await ready({});
    expect(reason(simulation, 'Reachable')).toBe('Answers');
    expect(pinned(simulation)).toBe(hostKey(simulation));
    expect(secretValue(simulation, 'known_hosts')).toMatch(/^\[203\.0\.113\.\d+\]:22\d+ ssh-ed25519 \S+\n$/);
    const { writes } = simulation;
    await simulation.pass(60 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(0);
    judgeRun(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('an instance whose SSH server is late is Ready at once, and Reachable later', async () => {
    const simulation = await ready({ rule: { sshLateMs: 5 * MINUTE_MS } });
    expect(reason(simulation, 'Reachable')).toBe('NoAnswer');
    const { writes } = simulation;
    await simulation.until('reachable', () => reason(simulation, 'Reachable') === 'Answers', 10 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(2); // the Secret with known_hosts, and the status
    expect(secretValue(simulation, 'known_hosts')).toContain(hostKey(simulation));
  });

  it('a server that swallows everything delays Ready by seconds only', async () => {
    const simulation = await ready({ rule: { sshServer: 'Silent' } });
    await simulation.until('told', () => reason(simulation, 'Reachable') === 'NoAnswer', MINUTE_MS);
    expect(rented(simulation)).toHaveLength(1);
  });

  it('a restart probes again, and writes nothing', async () => {
    const simulation = await ready({});
    const { writes } = simulation;
    simulation.operator.kill();
    await simulation.pass(60 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(0);
    expect(pinned(simulation)).toBe(hostKey(simulation));
  });

  it('keeps the first host key, and says that it changed, also after a restart', async () => {
    const simulation = await ready({});
    const first = hostKey(simulation);
    simulation.api.world.pods.changeHostKey(onlyPod(simulation));
    await simulation.until(
      'told',
      () => reason(simulation, 'Reachable') === 'HostKeyChanged',
      15 * MINUTE_MS,
    );
    simulation.operator.kill();
    await simulation.pass(30 * MINUTE_MS);
    expect(reason(simulation, 'Reachable')).toBe('HostKeyChanged');
    expect(pinned(simulation)).toBe(first);
    expect(secretValue(simulation, 'known_hosts')).toContain(first);
    expect(simulation.isReady()).toBe(true);
  });

  it('asks the provider nothing more', async () => {
    const counts = await Promise.all(
      [true, false].map(async (isProbing) => {
        const simulation = await ready({ isProbing });
        await simulation.pass(60 * MINUTE_MS);
        return simulation.api.requests.counts();
      }),
    );
    expect(counts[0]).toEqual(counts[1]);
  });
});

describe('readiness: Reachable', () => {
  it('is Ready only once the SSH server answers', async () => {
    const simulation = await start({ rule: { sshLateMs: 6 * MINUTE_MS }, spec: REACHABLE });
    await simulation.until('waiting', () => reason(simulation, 'Ready') === 'Unreachable', 5 * MINUTE_MS);
    expect(reason(simulation, 'Reachable')).toBe('NoAnswer');
    const { writes } = simulation;
    await simulation.pass(3 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(0);
    await simulation.until('ready', () => simulation.isReady(), 5 * MINUTE_MS);
    expect(reason(simulation, 'Reachable')).toBe('Answers');
    expect(simulation.writes - writes).toBe(2); // the Secret, and the status
    expect(rented(simulation)).toHaveLength(1);
  });

  it.each(['Closes', 'Silent'] as const)(
    'tries the next offer if the server %s until the timeout',
    async (sshServer) => {
      const simulation = await start({
        rule: { provider: 'hyperstack', sshServer },
        spec: { ...REACHABLE, provisioningTimeout: '10m' },
      });
      await simulation.until('another attempt', () => rented(simulation).length === 2, 30 * MINUTE_MS);
      expect(JSON.stringify(statusOf(simulation.object() ?? NOTHING)['attempts'])).toContain(
        'ProvisioningTimedOut',
      );
      await settle(simulation);
      judgeRun(simulation);
      expect(simulation.journal.violations).toEqual([]);
    },
  );

  it('is bounded by maxAttempts if no server ever answers', async () => {
    const simulation = await start({
      rule: { sshServer: 'Closes' },
      spec: { ...REACHABLE, provisioningTimeout: '5m', maxAttempts: 2 },
    });
    await simulation.until(
      'stalled',
      () => reason(simulation, 'Stalled') === 'AttemptsExhausted',
      60 * MINUTE_MS,
    );
    expect(rented(simulation)).toHaveLength(2);
    expect(simulation.api.world.ledger.live().filter(({ origin }) => origin === 'Api')).toEqual([]);
  });

  it('rents nothing while the operator does not probe', async () => {
    const simulation = await start({ spec: REACHABLE, isProbing: false });
    await simulation.until('refused', () => reason(simulation, 'Synced') === 'NotAllowed', MINUTE_MS);
    await simulation.pass(10 * MINUTE_MS);
    expect(rented(simulation)).toEqual([]);
  });

  it('does not take back Ready when the server stops answering', async () => {
    const simulation = await ready({ spec: REACHABLE });
    const pod = simulation.api.world.pods.get(onlyPod(simulation));
    Object.assign(pod, { sshServer: 'Closes' });
    await simulation.until('told', () => reason(simulation, 'Reachable') === 'NoAnswer', 20 * MINUTE_MS);
    expect(simulation.isReady()).toBe(true);
    expect(rented(simulation)).toHaveLength(1);
    Object.assign(pod, { sshServer: 'Serves' });
    await simulation.until('back', () => reason(simulation, 'Reachable') === 'Answers', 20 * MINUTE_MS);
  });

  it('survives a crash at any time before Ready', async () => {
    const simulation = await start({ rule: { sshLateMs: 3 * MINUTE_MS }, spec: REACHABLE });
    for (let crashes = 0; crashes < 8; crashes += 1) {
      await simulation.pass(20_000);
      simulation.operator.kill();
    }
    await simulation.until('ready', () => simulation.isReady(), 20 * MINUTE_MS);
    expect(rented(simulation)).toHaveLength(1);
    judgeRun(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });
});
