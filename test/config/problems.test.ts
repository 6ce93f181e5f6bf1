import { describe, expect, it } from '@jest/globals';
import { environment, goodConfig, problemsOf } from './load.ts';

describe('an invalid value', () => {
  it.each([
    {
      argv: ['--lease-duration=15'],
      problem: '--lease-duration: "15" is not a duration; write it as in 90s, 1h30m or 250ms.',
    },
    {
      argv: [
        '--lease-duration=999ms',
        '--lease-renew-deadline=900ms',
        '--lease-renew-period=800ms',
        '--lease-retry-period=800ms',
        '--window-lease-fence=900ms',
      ],
      problem: '--lease-duration: must be at least 1s, not 999ms.',
    },
    { argv: ['--window-settle=0s'], problem: '--window-settle: must be at least 1ms, not 0s.' },
    { argv: ['--concurrency=0'], problem: '--concurrency: must be between 1 and 1000, not 0.' },
    { argv: ['--concurrency=1.5'], problem: '--concurrency: "1.5" is not a whole number.' },
    { argv: ['--concurrency=1e2'], problem: '--concurrency: "1e2" is not a number.' },
    { argv: ['--concurrency=0x10'], problem: '--concurrency: "0x10" is not a number.' },
    { argv: ['--concurrency', '-5'], problem: '--concurrency: "-5" is not a number.' },
    {
      argv: ['--max-price-ceiling=0.009'],
      problem: '--max-price-ceiling: must be between 0.01 and 1000000, not 0.009.',
    },
    {
      argv: ['--max-price-ceiling=0'],
      problem: '--max-price-ceiling: must be between 0.01 and 1000000, not 0.',
    },
    { argv: ['--max-price-ceiling=$3'], problem: '--max-price-ceiling: "$3" is not a number.' },
    { argv: ['--leader-elect=yes'], problem: '--leader-elect: "yes" is neither true nor false.' },
    {
      argv: ['--orphan-policy=terminate'],
      problem: '--orphan-policy: "terminate" is not one of Report, Terminate.',
    },
    {
      argv: ['--log-level=verbose'],
      problem: '--log-level: "verbose" is not one of trace, debug, info, warn, error, fatal, silent.',
    },
    {
      argv: ['--allowed-team-ids=a,,b'],
      problem: '--allowed-team-ids: must be words with one comma between each two.',
    },
    {
      argv: ['--installation-id=ABC123'],
      problem: '--installation-id: must be six lower-case letters or digits.',
    },
    {
      argv: ['--namespace=Default'],
      problem:
        '--namespace: must be the name of a namespace: at most 63 lower-case letters, digits and dashes.',
    },
    {
      argv: ['--watch-namespace=team-a,Team'],
      problem:
        '--watch-namespace: must be names of namespaces with one comma between each two; each has at most 63 lower-case letters, digits and dashes.',
    },
    ...['10.0.0.0', '10.0.0.0/33', '10.0.0.1-10.0.0.9', 'fd00::/129', 'localhost/8', '127.0.0.1/32,x'].map(
      (text) => ({
        argv: [`--ssh-probe-allowed-cidrs=${text}`],
        problem:
          '--ssh-probe-allowed-cidrs: must be ranges of addresses such as 10.0.0.0/8, with one comma between each two.',
      }),
    ),
    {
      argv: ['--http-address=8080'],
      problem: '--http-address: "8080" is not an address; write it as in 0.0.0.0:8080, [::]:8080, or off.',
    },
    {
      argv: ['--http-address=:65536'],
      problem: '--http-address: ":65536" is not an address; write it as in 0.0.0.0:8080, [::]:8080, or off.',
    },
    {
      argv: ['--prime-api-base-url=api.primeintellect.ai'],
      problem: '--prime-api-base-url (PRIME_API_BASE_URL): The base URL is not a URL.',
    },
    {
      argv: ['--prime-api-base-url=http://proxy.example'],
      problem:
        '--prime-api-base-url (PRIME_API_BASE_URL): The base URL must begin with https://: over HTTP the API key would be readable in transit.',
    },
  ])('$argv', ({ argv, problem }) => {
    expect(problemsOf(argv)).toEqual([problem]);
  });
});

describe('invalid arguments', () => {
  it.each([
    {
      argv: ['--lease-durtion', '5s'],
      problem: "unknown option '--lease-durtion' (Did you mean --lease-duration?)",
    },
    {
      argv: ['--lease-durtion=5s'],
      problem: "unknown option '--lease-durtion' (Did you mean --lease-duration?)",
    },
    {
      argv: ['--prime-api-key=x'],
      problem:
        'The API key is not taken as an argument, which others can see: set PRIME_API_KEY or --prime-api-key-file.',
    },
    { argv: ['-x'], problem: "unknown option '-x'" },
    { argv: ['false'], problem: 'There are arguments without a flag: 1.' },
    { argv: ['--lease-name'], problem: '--lease-name needs a value.' },
    { argv: ['--lease-name='], problem: '--lease-name needs a value.' },
    { argv: ['--lease-name', '--allow-http=false'], problem: '--lease-name needs a value.' },
    { argv: ['--context'], problem: '--context needs a value.' },
  ])('$argv', ({ argv, problem }) => {
    expect(problemsOf(argv)).toEqual([problem]);
  });
});

describe('settings that contradict each other', () => {
  it.each([
    {
      reason: 'two leaders',
      argv: ['--lease-duration=10s'],
      problem: /^--lease-duration \(10s\) must be longer than --lease-renew-deadline \(10s\)/,
    },
    {
      reason: 'lost between renewals',
      argv: ['--lease-renew-period=10s', '--window-lease-fence=11s'],
      problem: /^--lease-renew-deadline \(10s\) must be longer than --lease-renew-period \(10s\)/,
    },
    {
      reason: 'lost between tries',
      argv: ['--lease-retry-period=10s'],
      problem: /^--lease-renew-deadline \(10s\) must be longer than --lease-retry-period \(10s\)/,
    },
    {
      reason: 'no create intent is ever fresh',
      argv: ['--window-lease-fence=2s'],
      problem: /^--window-lease-fence \(2s\) must be longer than --lease-renew-period \(2s\)/,
    },
    {
      reason: 'a create request after a takeover',
      argv: ['--window-lease-fence=16s'],
      problem: /^--window-lease-fence \(16s\) must not be longer than --lease-duration \(15s\)/,
    },
    {
      reason: 'another create request under way',
      argv: ['--create-timeout=61s'],
      problem:
        /^--window-foreign-request \(1m10s\) must be at least --create-timeout and --window-create-fence together \(1m11s\)/,
    },
    {
      reason: 'offers too old at birth',
      argv: ['--offer-cache=1m'],
      problem: /^--window-offer-max-age \(1m\) must be longer than --offer-cache \(1m\)/,
    },
  ])('are reported: $reason', ({ argv, problem }) => {
    expect(problemsOf(argv)).toEqual([expect.stringMatching(problem)]);
  });

  it('are not reported for the lease when leader election is off', () => {
    expect(goodConfig(['--no-leader-elect', '--window-lease-fence=1s']).timings.leaseFenceMs).toBe(1_000);
  });

  it.each([
    {
      name: 'both',
      argv: ['--prime-api-key-file=/run/key'],
      env: environment(),
      problem: /are both given: unset one of them\.$/,
    },
    {
      name: 'neither',
      argv: [],
      env: {},
      problem: /^There is no API key: set PRIME_API_KEY .* or PRIME_API_KEY_FILE/,
    },
    { name: 'an empty key', argv: [], env: { PRIME_API_KEY: '' }, problem: /^There is no API key/ },
  ])('include the key and the key file: $name', ({ argv, env, problem }) => {
    expect(problemsOf(argv, env)).toEqual([expect.stringMatching(problem)]);
  });
});

describe("the variables of the provider's own command line", () => {
  it('set the paying team and the address of the API', () => {
    const { policy, prime } = goodConfig(
      [],
      environment({ PRIME_TEAM_ID: 'team-1', PRIME_BASE_URL: 'https://staging.example' }),
    );
    expect(policy.defaultTeamId).toBe('team-1');
    expect(prime.baseUrl).toBe('https://staging.example/api/v1');
  });

  it.each([
    { name: 'PRIME_CONTEXT', env: { PRIME_CONTEXT: 'staging' }, problem: /^PRIME_CONTEXT is set, but/ },
    { name: 'PRIME_USER_ID', env: { PRIME_USER_ID: 'cm1' }, problem: /^PRIME_USER_ID is set, but/ },
    {
      name: 'two addresses',
      env: { PRIME_BASE_URL: 'https://a.example', PRIME_API_BASE_URL: 'https://b.example' },
      problem: /^PRIME_API_BASE_URL and PRIME_BASE_URL say different things/,
    },
    {
      name: 'two teams',
      env: { PRIME_TEAM_ID: 'team-1', GPUPOD_DEFAULT_TEAM_ID: 'team-2' },
      problem: /^GPUPOD_DEFAULT_TEAM_ID and PRIME_TEAM_ID say different things/,
    },
  ])('do not include $name, which is refused by name', ({ env, problem }) => {
    expect(problemsOf([], environment(env))).toEqual([expect.stringMatching(problem)]);
  });

  it('may repeat a setting with the same value', () => {
    const env = { PRIME_BASE_URL: 'https://a.example', PRIME_API_BASE_URL: 'https://a.example/api/v1/' };
    expect(goodConfig([], environment(env)).prime.baseUrl).toBe('https://a.example/api/v1');
  });

  it('give way to a flag, with a warning', () => {
    const config = goodConfig(['--default-team-id=team-2'], environment({ PRIME_TEAM_ID: 'team-1' }));
    expect(config.policy.defaultTeamId).toBe('team-2');
    expect(config.warnings).toEqual([
      expect.stringMatching(/^PRIME_TEAM_ID .* --default-team-id, which wins/),
    ]);
  });
});

describe('all problems', () => {
  it('are reported at once, contradictions included, each with its source', () => {
    const argv = ['--concurency=3', '--log-level=loud', '--lease-duration=5s'];

    expect(problemsOf(argv, { GPUPOD_CONCURRENCY: 'many', POD_NAMESPACE: 'No!' })).toEqual([
      "unknown option '--concurency' (Did you mean --concurrency?)",
      expect.stringMatching(/^POD_NAMESPACE: must be the name of a namespace/),
      'GPUPOD_CONCURRENCY: "many" is not a number.',
      expect.stringMatching(/^--log-level: "loud" is not one of/),
      expect.stringMatching(/^--lease-duration \(5s\) must be longer/),
      expect.stringMatching(/^There is no API key/),
    ]);
  });
});

describe('warnings', () => {
  it.each([
    {
      name: 'a misspelled variable',
      argv: [],
      env: { GPUPOD_MAX_PRICE_CELING: '3' },
      warning: /GPUPOD_MAX_PRICE_CELING is set, but no setting has this name/,
    },
    {
      name: 'a misspelled variable of the provider',
      argv: [],
      env: { PRIME_API_URL: 'x' },
      warning: /PRIME_API_URL is set, but no setting/,
    },
    { name: 'a key in clear text', argv: ['--allow-http'], env: {}, warning: /^--allow-http/ },
    { name: 'no election', argv: ['--no-leader-elect'], env: {}, warning: /^--leader-elect=false/ },
    {
      name: 'a default lifetime above the ceiling',
      argv: ['--max-lifetime=8h', '--default-max-lifetime=24h'],
      env: {},
      warning: /^--default-max-lifetime \(24h\) is longer than --max-lifetime \(8h\), which cuts it/,
    },
    {
      name: 'a total below the ceiling',
      argv: ['--max-price-ceiling=3', '--max-total-price-per-hour=2'],
      env: {},
      warning: /^--max-total-price-per-hour \(2\.00\) is below --max-price-ceiling \(3\.00\)/,
    },
    {
      name: 'short timings',
      argv: ['--window-settle=1s'],
      env: {},
      warning: /shorter than their defaults \(settleMs 1s\)/,
    },
  ])('$name', ({ argv, env, warning }) => {
    expect(goodConfig(argv, environment(env)).warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('do not mention what Kubernetes sets for a Service of this name', () => {
    const env = {
      GPUPOD_OPERATOR_SERVICE_HOST: '10.0.0.1',
      GPUPOD_OPERATOR_SERVICE_PORT_METRICS: '8080',
      GPUPOD_OPERATOR_PORT: 'tcp://10.0.0.1:8080',
      GPUPOD_OPERATOR_PORT_8080_TCP_ADDR: '10.0.0.1',
    };

    expect(goodConfig([], environment(env)).warnings).toEqual([]);
  });
});
