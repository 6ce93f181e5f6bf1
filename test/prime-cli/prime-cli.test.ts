import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { ManualClock } from '../simulator/support.ts';
import { installPythonTool } from '../support/python-tool.ts';
import type { InstalledTool } from '../support/python-tool.ts';
import { runProgram } from '../support/run-program.ts';
import type { ProgramResult } from '../support/run-program.ts';

jest.setTimeout(5 * 60_000);

/** The provider's own command line, in the version that runs against the simulator. */
const PRIME_CLI = { package: 'prime', version: '0.18.0', module: 'prime_cli.main', script: 'prime' };
const cli = await installPythonTool(PRIME_CLI, process.env);
const describeHere = cli.kind === 'ready' ? describe : describe.skip;
if (cli.kind === 'unavailable') {
  process.stderr.write(
    `\nNOT TESTED: the simulator against the official prime command line: ${cli.reason}\n\n`,
  );
}

/** The guide's offer, by the name that the command line gives it: the first six digits of an MD5 over what identifies an offer. */
const GUIDE_OFFER = 'ccc676';
/** The second key of the simulator: of user_2, who is in team_2 with user_1. */
const OTHER_KEY = 'other-key';
const SIZES = ['--disk-size', '100', '--vcpus', '28', '--memory', '180'];

let clock: ManualClock;
let simulator: Simulator;
let home: string;

beforeEach(async () => {
  clock = new ManualClock();
  simulator = await startSimulator({ clock });
  home = await mkdtemp(path.join(os.tmpdir(), 'gpupod-prime-cli-'));
});

afterEach(async () => {
  await simulator.stop();
  await rm(home, { recursive: true, force: true });
});

/** Runs `prime` without this person's own settings, and against the simulator only. */
async function prime(args: readonly string[], apiKey = simulator.apiKey): Promise<ProgramResult> {
  const { python, script } = program(cli);
  return await runProgram(python, [script, ...args], {
    PATH: process.env['PATH'],
    HOME: home,
    PRIME_DISABLE_VERSION_CHECK: '1',
    PRIME_API_KEY: apiKey,
    PRIME_API_BASE_URL: simulator.url,
    NO_COLOR: '1',
    COLUMNS: '200',
  });
}

function program(installed: InstalledTool): Extract<InstalledTool, { kind: 'ready' }> {
  if (installed.kind === 'ready') return installed;
  throw new Error(installed.reason);
}

/** What a command prints with `-o json`. The command must succeed. */
async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await prime([...args, '-o', 'json']);
  if (code !== 0) throw new Error(`prime ${args.join(' ')}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

async function create(args: readonly string[], apiKey?: string): Promise<ProgramResult> {
  return await prime(['pods', 'create', '--id', GUIDE_OFFER, ...SIZES, '--yes', ...args], apiKey);
}

describeHere('the official command line', () => {
  it('finds the offer of the guide, and every GPU type', async () => {
    const requirements = ['--gpu-type', 'H100_80GB', '--gpu-count', '1', '--regions', 'canada'];
    expect(await json('availability', 'list', ...requirements)).toMatchObject({
      gpu_resources: [
        { id: GUIDE_OFFER, cloud_id: 'n3-H100x1', provider: 'hyperstack', price_value: 1.9, vcpus: '28' },
      ],
      total_count: 1,
    });
    expect(await json('availability', 'gpu-types')).toMatchObject({
      gpu_types: expect.arrayContaining(['CPU_NODE', 'H100_80GB']),
    });
  });

  it('creates, follows and terminates an instance, and shows it in the history', async () => {
    const created = await create(['--name', 'op-test-1', '--image', 'ubuntu_22_cuda_12']);
    const [pod] = simulator.ledger.live();
    const id = pod?.id ?? '';
    expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining(`created pod ${id}`) });
    expect(pod).toMatchObject({
      name: 'op-test-1',
      priceHr: 1.9,
      maxPrice: null,
      request: { pod: { cloudId: 'n3-H100x1', dataCenterId: 'CANADA-1' }, provider: { type: 'hyperstack' } },
    });
    expect(await json('pods', 'list')).toMatchObject({ pods: [{ id, name: 'op-test-1' }], total_count: 1 });
    expect(await json('pods', 'status', id)).toMatchObject({ status: 'PROVISIONING', ssh: 'N/A' });

    clock.advance(simulator.settings.provisioningMs + simulator.settings.installingMs);
    expect(await json('pods', 'status', id)).toMatchObject({
      status: 'ACTIVE',
      gpu: 'H100_80GB x1',
      ssh: expect.stringMatching(/^root@[\d.]+ -p \d+$/),
      installation_status: 'FINISHED',
    });

    clock.advance(3_600_000);
    expect(await prime(['pods', 'terminate', id, '--yes'])).toMatchObject({ code: 0 });
    clock.advance(simulator.settings.deletingMs);
    expect(simulator.ledger.live()).toEqual([]);
    expect(await prime(['pods', 'status', id])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('HTTP 404: Pod not found'),
    });
    const [row] = simulator.ledger.entries();
    expect(row).toMatchObject({ id, endedBy: { reason: 'Delete' } });
    expect(await json('pods', 'history')).toMatchObject({
      history: [{ id, name: 'op-test-1', price_per_hour: 1.9, total_cost: row?.costUsd }],
      total_count: 1,
    });
  });

  it('rents for a team and shares with it', async () => {
    simulator.settings.shareSpelling = 'sharedWithTeam';
    const rest = ['--image', 'cuda_12_1_pytorch_2_2', '--env', 'A=b'];
    const created = await create(['--name', 'shared', ...rest, '--team-id', 'team_1', '--share-with-team']);
    expect(created).toMatchObject({ code: 0 });
    expect(simulator.ledger.live()).toMatchObject([
      {
        teamId: 'team_1',
        sharedWithTeam: true,
        request: { pod: { envVars: [{ key: 'A', value: 'b' }] }, team: { teamId: 'team_1' } },
      },
    ]);
  });

  it('shows the user of the key, the wallet and the disks', async () => {
    const makeDisk = ['disks', 'create', '--size', '100', '--name', 'data', '--provider-type', 'hyperstack'];
    expect(await prime([...makeDisk, '--data-center-id', 'CANADA-1', '--yes'])).toMatchObject({ code: 0 });
    await create(['--name', 'billed', '--image', 'ubuntu_22_cuda_12']);
    clock.advance(3_600_000);

    expect(await prime(['whoami'])).toMatchObject({ code: 0, stdout: expect.stringContaining('user_1') });
    expect(await json('wallet')).toMatchObject({
      wallet_id: 'wallet_user_1',
      team_id: null,
      total_billings: 1,
      recent_billings: [{ amount_usd: 1.9, currency: 'USD', resource_type: 'POD' }],
    });
    expect(await json('disks', 'list')).toMatchObject({
      disks: [{ name: 'data', size: 100 }],
      total_count: 1,
    });
  });

  it('keeps the instances, teams and wallets of two keys apart', async () => {
    const image = ['--image', 'ubuntu_22_cuda_12'];
    expect(await create(['--name', 'of-one', ...image])).toMatchObject({ code: 0 });
    expect(await create(['--name', 'of-team', ...image, '--team-id', 'team_2'], OTHER_KEY)).toMatchObject({
      code: 0,
    });
    // The team of the first key alone.
    expect(await create(['--name', 'refused', ...image, '--team-id', 'team_1'], OTHER_KEY)).toMatchObject({
      code: 1,
    });
    clock.advance(3_600_000);
    const [one, ofTeam] = simulator.ledger.entries();
    expect([one?.userId, ofTeam?.userId, ofTeam?.teamId]).toEqual(['user_1', 'user_2', 'team_2']);

    const listed = await prime(['pods', 'list', '-o', 'json'], OTHER_KEY);
    expect(JSON.parse(listed.stdout)).toMatchObject({ pods: [], total_count: 0 });
    for (const command of [['status'], ['terminate', '--yes']]) {
      const [verb = '', ...flags] = command;
      const tried = await prime(['pods', verb, one?.id ?? '', ...flags], OTHER_KEY);
      expect(tried).toMatchObject({ code: 1 });
    }
    expect(simulator.ledger.live()).toHaveLength(2);
    const wallet = await prime(['wallet', '-o', 'json'], OTHER_KEY);
    expect(JSON.parse(wallet.stdout)).toMatchObject({ wallet_id: 'wallet_user_2', total_billings: 0 });
  });

  it.each<{ name: string; key?: string; arrange?: () => void; says: RegExp }>([
    { name: 'a bad key', key: 'wrong', says: /API key unauthorized|No valid GPU configuration/ },
    {
      name: 'an empty wallet',
      arrange: () => (simulator.settings.walletUsd = { user_1: 0 }),
      says: /Payment required/,
    },
    {
      name: 'too many requests',
      arrange: () => simulator.faults.add({ method: 'POST', effect: { kind: 'TooManyRequests' } }),
      says: /HTTP 429: Too many requests\./,
    },
  ])('exits with 1 and a reason, and creates nothing, after $name', async ({ key, arrange, says }) => {
    arrange?.();
    const { code, stdout, stderr } = await create(['--name', 'refused', '--image', 'ubuntu_22_cuda_12'], key);
    expect({ code, text: stdout + stderr }).toEqual({ code: 1, text: expect.stringMatching(says) });
    expect(simulator.ledger.entries()).toEqual([]);
  });
});
