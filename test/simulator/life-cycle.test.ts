import { describe, expect, it } from '@jest/globals';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import type { PodRule } from '../../src/simulator/world/pod-rule.ts';
import { createBench, rent, rows } from './support.ts';
import type { Bench } from './support.ts';

const TIMES: SettingsInput = { provisioningMs: 1000, pendingMs: 500, installingMs: 2000, deletingMs: 300 };

function look(bench: Bench, id: string): unknown {
  const { status, body } = bench.ask('GET', `/pods/${id}`);
  if (status !== 200 || typeof body !== 'object' || body === null) return status;
  return [
    Reflect.get(body, 'status'),
    Reflect.get(body, 'installationStatus'),
    Reflect.get(body, 'installationProgress'),
  ].join(' ');
}

describe('an instance', () => {
  const STAGES = [
    { afterMs: 0, seen: 'PROVISIONING PENDING ' },
    { afterMs: 999, seen: 'PROVISIONING PENDING ' },
    { afterMs: 1000, seen: 'PENDING PENDING ' },
    { afterMs: 1500, seen: 'ACTIVE ACTIVE 0' },
    { afterMs: 2500, seen: 'ACTIVE ACTIVE 50' },
    { afterMs: 3500, seen: 'ACTIVE FINISHED 100' },
    { afterMs: 9_999_999, seen: 'ACTIVE FINISHED 100' },
  ];

  it.each(STAGES)('shows $seen $afterMs ms after its creation', ({ afterMs, seen }) => {
    const bench = createBench(TIMES);
    const id = rent(bench);
    bench.clock.advance(afterMs);
    expect(look(bench, id)).toBe(seen);
  });

  const OTHER_LIVES: { name: string; rule: PodRule; afterMs: number; seen: unknown }[] = [
    { name: 'fails', rule: { outcome: 'Error' }, afterMs: 1000, seen: 'ERROR ERROR ' },
    {
      name: 'never leaves provisioning',
      rule: { outcome: 'StuckProvisioning' },
      afterMs: 1e9,
      seen: 'PROVISIONING PENDING ',
    },
    { name: 'never installs', rule: { outcome: 'StuckInstalling' }, afterMs: 1e9, seen: 'ACTIVE ACTIVE 99' },
    { name: 'fails to install', rule: { outcome: 'InstallFailed' }, afterMs: 3500, seen: 'ACTIVE ERROR 60' },
    { name: 'is lost to a higher bid', rule: { lostAfterMs: 5000 }, afterMs: 5000, seen: 404 },
    {
      name: 'is quicker than others',
      rule: { provisioningMs: 0, pendingMs: 0 },
      afterMs: 0,
      seen: 'ACTIVE ACTIVE 0',
    },
  ];

  it.each(OTHER_LIVES)('$name, by rule', ({ rule, afterMs, seen }) => {
    const bench = createBench({ ...TIMES, podRules: [{ provider: 'hyperstack', ...rule }] });
    const id = rent(bench);
    bench.clock.advance(afterMs);
    expect(look(bench, id)).toBe(seen);
  });

  it('ignores a rule for another name', () => {
    const bench = createBench({ podRules: [{ nameIncludes: 'other', outcome: 'Error' }] });
    const id = rent(bench);
    bench.clock.advance(1e6);
    expect(look(bench, id)).toBe('ACTIVE FINISHED 100');
  });

  it('goes through every stage faster with timeScale', () => {
    const bench = createBench({ ...TIMES, timeScale: 10 });
    const id = rent(bench);
    bench.clock.advance(350);
    expect(look(bench, id)).toBe('ACTIVE FINISHED 100');
  });

  it.each(['STOPPED', 'UNKNOWN', 'ERROR', 'PROVISIONING'] as const)(
    'shows a forced %s, and bills',
    (status) => {
      const bench = createBench(TIMES);
      const id = rent(bench);
      bench.api.world.pods.force(id, { status });
      expect(look(bench, id)).toBe(`${status} PENDING `);
      expect(bench.api.world.ledger.live()).toHaveLength(1);
    },
  );

  it('continues its plan once no state is forced', () => {
    const bench = createBench(TIMES);
    const id = rent(bench);
    bench.api.world.pods.force(id, { status: 'UNKNOWN' });
    bench.api.world.pods.force(id, null);
    bench.clock.advance(3500);
    expect(look(bench, id)).toBe('ACTIVE FINISHED 100');
  });
});

describe('a terminated instance', () => {
  it('shows DELETING for a while, and then moves from the list to the history', () => {
    const bench = createBench(TIMES);
    const id = rent(bench);
    expect(bench.ask('DELETE', `/pods/${id}`).body).toEqual({ status: 'TERMINATED' });
    expect(look(bench, id)).toBe('DELETING TERMINATED ');
    expect(rows(bench.ask('GET', '/pods/').body)).toHaveLength(1);
    bench.clock.advance(300);
    expect(rows(bench.ask('GET', '/pods/').body)).toEqual([]);
    expect(rows(bench.ask('GET', `/pods/status?pod_ids=${id}`).body)).toEqual([]);
    expect(bench.ask('GET', '/pods/history').body).toHaveProperty('data.0.id', id);
  });

  const AFTER: { name: string; settings: SettingsInput; afterMs: number; get: unknown; again: number }[] = [
    { name: 'by default', settings: {}, afterMs: 0, get: 404, again: 404 },
    {
      name: 'it stays visible',
      settings: { afterDelete: 'Terminated' },
      afterMs: 1e9,
      get: 'TERMINATED TERMINATED ',
      again: 404,
    },
    {
      name: 'it stays visible for a while, before its end',
      settings: { afterDelete: 'Terminated', terminatedVisibleMs: 1000 },
      afterMs: 999,
      get: 'TERMINATED TERMINATED ',
      again: 404,
    },
    {
      name: 'it stays visible for a while, after its end',
      settings: { afterDelete: 'Terminated', terminatedVisibleMs: 1000 },
      afterMs: 1000,
      get: 404,
      again: 404,
    },
    {
      name: 'a second DELETE is accepted',
      settings: { secondDelete: 'Ok' },
      afterMs: 0,
      get: 404,
      again: 200,
    },
  ];

  it.each(AFTER)('answers GET and DELETE as set: $name', ({ settings, afterMs, get, again }) => {
    const bench = createBench({ ...TIMES, ...settings });
    const id = rent(bench);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(300 + afterMs);
    expect(look(bench, id)).toBe(get);
    expect(bench.ask('DELETE', `/pods/${id}`).status).toBe(again);
  });

  it('was terminated at once when the wallet was empty', () => {
    const bench = createBench({ walletUsd: { user_1: 1.9 } });
    const id = rent(bench);
    bench.clock.advance(3_599_000);
    expect(look(bench, id)).toBe('ACTIVE FINISHED 100');
    bench.clock.advance(2000);
    expect(look(bench, id)).toBe(404);
    expect(bench.api.world.ledger.entries()[0]?.endedBy).toEqual({
      reason: 'EmptyWallet',
      requestNumber: null,
    });
  });
});

describe('sshConnection', () => {
  const SHAPES: { shape: PodRule['sshShape']; ssh: unknown; ip: unknown }[] = [
    { shape: 'UserHostPort', ssh: 'root@203.0.113.2 -p 22001', ip: '203.0.113.2' },
    { shape: 'UserHost', ssh: 'ubuntu@203.0.113.2', ip: '203.0.113.2' },
    { shape: 'UserHostColonPort', ssh: 'ubuntu@203.0.113.2:22001', ip: '203.0.113.2' },
    { shape: 'SshCommand', ssh: 'ssh ubuntu@203.0.113.2 -p 22001', ip: '203.0.113.2' },
    { shape: 'List', ssh: ['root@203.0.113.2 -p 22001'], ip: '203.0.113.2' },
    { shape: 'ListOfNull', ssh: [null], ip: [null] },
    { shape: 'Null', ssh: null, ip: '203.0.113.2' },
    { shape: 'HostMissing', ssh: 'ubuntu@ -p 22', ip: '203.0.113.2' },
  ];

  it.each(SHAPES)('has the shape $shape', ({ shape, ssh, ip }) => {
    const bench = createBench({ podRules: [{ sshShape: shape }] });
    const id = rent(bench);
    bench.clock.advance(1e6);
    const { body } = bench.ask('GET', `/pods/${id}`);
    expect(body).toMatchObject({ status: 'ACTIVE', sshConnection: ssh, ip });
  });

  it('changes from an early shape to the final one', () => {
    const rule: PodRule = { provisioningMs: 0, earlySshShape: 'HostMissing', earlySshMs: 100 };
    const bench = createBench({ podRules: [rule] });
    const id = rent(bench);
    expect(bench.ask('GET', `/pods/${id}`).body).toHaveProperty('sshConnection', 'ubuntu@ -p 22');
    bench.clock.advance(100);
    expect(bench.ask('GET', `/pods/${id}`).body).toHaveProperty('sshConnection', 'root@203.0.113.2 -p 22001');
  });

  it('is a list for several nodes', () => {
    const bench = createBench();
    const pod = {
      cloudId: 'cluster-h100-16',
      socket: 'SXM5',
      gpuCount: 16,
      dataCenterId: null,
      country: null,
      maxPrice: 50,
    };
    const id = rent(bench, { pod, provider: 'primecompute' });
    bench.clock.advance(1e6);
    const ssh = ['root@203.0.113.2 -p 22001', 'root@203.0.113.2 -p 23001'];
    expect(bench.ask('GET', `/pods/${id}`).body).toHaveProperty('sshConnection', ssh);
  });
});
