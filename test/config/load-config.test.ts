import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load-config.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';
import { DEFAULT_TIMINGS } from '../../src/lifecycle/settings.ts';
import { CANARY, environment, goodConfig, problemsOf } from './load.ts';

describe('loadConfig without any flag', () => {
  it('has the defaults', () => {
    expect(goodConfig()).toEqual({
      prime: {
        baseUrl: 'https://api.primeintellect.ai/api/v1',
        key: { kind: 'environment', key: expect.anything() },
        maxRequestsPerSecond: 100,
        timeouts: { createMs: 60_000, readMs: 30_000, deleteMs: 30_000 },
        offerCacheMs: 5_000,
      },
      policy: {
        requireMaxPrice: false,
        allowRetain: true,
        allowPrepaid: true,
        allowedTeamIds: [],
        allowedSshKeyIds: [],
        sshKeySources: ['KeyID', 'PublicKey', 'PublicKeySecret', 'Generate'],
        allowedDiskIds: [],
        allowedTemplateIds: [],
      },
      installation: { orphanPolicy: 'Report' },
      kubernetes: { gpuAccounts: 'auto', watchIdleTimeoutMs: 90_000, watchNamespaces: [] },
      probe: { isEnabled: false, allowedCidrs: [] },
      lease: {
        isEnabled: true,
        name: 'gpupod-operator',
        durationMs: 15_000,
        renewDeadlineMs: 10_000,
        renewPeriodMs: 2_000,
        retryPeriodMs: 1_000,
      },
      process: {
        concurrency: 32,
        logLevel: 'info',
        http: { host: '::', port: 8080 },
        cooldownScale: 1,
      },
      timings: DEFAULT_TIMINGS,
      warnings: [],
    });
  });
});

describe('the sources of SSH keys', () => {
  it.each<{ name: string; argv: readonly string[]; expected: readonly string[] }>([
    { name: 'those that a flag names', argv: ['--ssh-key-sources=PublicKey'], expected: ['PublicKey'] },
    {
      name: 'KeyID alone with a list of the only keys',
      argv: ['--allowed-ssh-key-ids=a'],
      expected: ['KeyID'],
    },
    {
      name: 'those that a flag names, beside such a list',
      argv: ['--allowed-ssh-key-ids=a', '--ssh-key-sources=KeyID,Generate'],
      expected: ['KeyID', 'Generate'],
    },
  ])('are $name', ({ argv, expected }) => {
    expect(goodConfig(argv).policy.sshKeySources).toEqual(expected);
  });
});

describe('the source of a setting', () => {
  const fromEnv = { GPUPOD_LEASE_NAME: 'from-env' };

  it.each([
    { name: 'the variable beats the default', argv: [], env: fromEnv, expected: 'from-env' },
    { name: 'the flag beats the variable', argv: ['--lease-name', 'x'], env: fromEnv, expected: 'x' },
    {
      name: 'the last of two flags counts',
      argv: ['--lease-name=x', '--lease-name=y'],
      env: {},
      expected: 'y',
    },
    {
      name: 'an empty variable is not set',
      argv: [],
      env: { GPUPOD_LEASE_NAME: '' },
      expected: 'gpupod-operator',
    },
  ])('is chosen: $name', ({ argv, env, expected }) => {
    expect(goodConfig(argv, environment(env)).lease.name).toBe(expected);
  });

  it.each([
    { name: 'its own', env: { GPUPOD_NAMESPACE: 'a', POD_NAMESPACE: 'b' }, expected: 'a' },
    { name: 'that of the downward API', env: { GPUPOD_NAMESPACE: '', POD_NAMESPACE: 'b' }, expected: 'b' },
  ])('is for the namespace one of two variables, here $name', ({ env, expected }) => {
    expect(goodConfig([], environment(env)).kubernetes.namespace).toBe(expected);
  });

  it.each([
    { argv: ['--leader-elect'], expected: true },
    { argv: ['--leader-elect=true'], expected: true },
    { argv: ['--leader-elect=false'], expected: false },
    { argv: ['--leader-elect', 'false'], expected: false },
    { argv: ['--no-leader-elect'], expected: false },
    { argv: ['--no-leader-elect', '--leader-elect'], expected: true },
  ])('may be a switch: $argv', ({ argv, expected }) => {
    expect(goodConfig(argv).lease.isEnabled).toBe(expected);
  });

  it('may be the environment for a switch', () => {
    expect(goodConfig([], environment({ GPUPOD_LEADER_ELECT: 'false' })).lease.isEnabled).toBe(false);
  });
});

describe('loadConfig', () => {
  it('rounds limits of money down to whole micro-dollars', () => {
    const { policy } = goodConfig(['--max-price-ceiling=2.7000009', '--max-total-price-per-hour=0.07']);

    expect(policy.maxPriceCeiling).toBe(2_700_000);
    expect(policy.maxTotalPricePerHour).toBe(70_000);
  });

  it('accepts the smallest allowed duration', () => {
    expect(goodConfig(['--offer-cache=0s']).prime.offerCacheMs).toBe(0);
  });

  it('splits lists', () => {
    expect(goodConfig(['--allowed-team-ids', 'a, b,a']).policy.allowedTeamIds).toEqual(['a', 'b']);
  });

  it.each([
    { argv: ['--watch-namespace=team-a'], expected: ['team-a'] },
    { argv: ['--watch-namespace=team-a, team-b'], expected: ['team-a', 'team-b'] },
    { argv: ['--watch-namespace=team-a', '--watch-namespace', 'team-b'], expected: ['team-a', 'team-b'] },
  ])('watches the namespaces of $argv', ({ argv, expected }) => {
    expect(goodConfig(argv).kubernetes.watchNamespaces).toEqual(expected);
  });

  it.each([
    { text: 'off', expected: undefined },
    { text: ':9090', expected: { host: '::', port: 9090 } },
    { text: '[::1]:0', expected: { host: '::1', port: 0 } },
    { text: 'localhost:80', expected: { host: 'localhost', port: 80 } },
  ])('listens on $text', ({ text, expected }) => {
    expect(goodConfig([`--http-address=${text}`]).process.http).toEqual(expected);
  });

  it.each(Object.keys(DEFAULT_TIMINGS))('has a flag for the timing %s', (key) => {
    const flag = `--window-${key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    // Longer than any default, and allowed by every rule between settings.
    const others = ['--lease-duration=6h', '--window-foreign-request=6h'].filter(
      (text) => !text.startsWith(flag),
    );
    const config = goodConfig([...others, flag, '5h']);

    expect(config.timings).toEqual({ ...DEFAULT_TIMINGS, foreignRequestMs: 21_600_000, [key]: 18_000_000 });
  });
});

describe('the API key', () => {
  it('is trimmed, and appears nowhere', () => {
    const config = goodConfig([], environment({ PRIME_API_KEY: ` ${CANARY}\n` }));
    const { key } = config.prime;

    expect(key.kind === 'environment' && key.key.reveal()).toBe(CANARY);
    expect(JSON.stringify(config)).not.toContain('canary');
    expect(inspect(config, { depth: 20, showHidden: true })).not.toContain('canary');
  });

  it.each([
    { argv: [], env: { PRIME_API_KEY_FILE: '/run/key' } },
    { argv: ['--prime-api-key-file=/run/key'], env: { PRIME_API_KEY_FILE: '/elsewhere', PRIME_API_KEY: '' } },
  ])('may be in a file: $argv $env', ({ argv, env }) => {
    expect(goodConfig(argv, env).prime.key).toEqual({ kind: 'file', path: '/run/key' });
  });

  it.each(['  ', 'a b', '{"key":"k"}'])(
    'does not stop the process when it is invalid, because each GpuPod reports it as with a file: %j',
    (text) => {
      const { key } = goodConfig([], { PRIME_API_KEY: text }).prime;
      expect(key.kind === 'environment' && key.key.reveal()).toBe(text.trim());
    },
  );

  it('is not repeated when it is given in the wrong place', () => {
    const texts = [
      problemsOf(['--prime-api-key', CANARY]),
      problemsOf([`--prime-api-key=${CANARY}`]),
      problemsOf([CANARY]),
      problemsOf([], environment({ PRIME_API_BASE_URL: `https://user:${CANARY}@api.primeintellect.ai` })),
    ];

    expect(texts.every((problems) => problems.length === 1)).toBe(true);
    expect(JSON.stringify(texts)).not.toContain('canary');
  });
});

describe('help and version', () => {
  it('are printed before anything is checked', () => {
    expect(loadConfig(['--concurrency=0', '--help'], {})).toMatchObject({ kind: 'help' });
    expect(loadConfig(['-h'], {})).toMatchObject({ kind: 'help' });
    expect(loadConfig(['--version'], {})).toEqual({ kind: 'version', text: OPERATOR_VERSION });
  });

  it('include the version of package.json', () => {
    expect(readFileSync('package.json', 'utf8')).toContain(`"version": "${OPERATOR_VERSION}"`);
  });

  it('include groups, defaults and variables', () => {
    const loaded = loadConfig(['--help'], {});
    const text = loaded.kind === 'help' ? loaded.text.replaceAll(/\s+/g, ' ') : '';

    expect(text).toContain('Leader election: ');
    expect(text).toContain(
      '--lease-duration <duration> How long a silent holder keeps the Lease (default 15s, env GPUPOD_LEASE_DURATION)',
    );
    expect(text).toContain('(env GPUPOD_NAMESPACE or POD_NAMESPACE)');
    expect(text).not.toContain('--no-leader-elect');
  });
});
