import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RetainedInstance } from '../../../../src/controllers/gpupod/sweeps/retained-instances.ts';
import { RetainedUpkeep } from '../../../../src/controllers/gpupod/sweeps/retained-upkeep.ts';
import { DEFAULT_TIMINGS } from '../../../../src/lifecycle/settings.ts';
import { POD_ID } from '../../../support/builders/gpu-pod.ts';
import { nameOfAttempt } from '../../../support/builders/intent.ts';
import { aSnapshot, failure, historyRow } from '../../../support/builders/snapshots.ts';
import { ORIGIN, SessionBench, USER } from '../support/session-bench.ts';

const LIVE = aSnapshot({ status: 'ACTIVE' });
const ENTRY: RetainedInstance = {
  podId: POD_ID,
  podName: nameOfAttempt(1),
  gpuPod: 'team-a/train-1',
  retainedAt: '2026-11-23T10:00:00Z',
  account: { origin: ORIGIN, userId: USER },
  usdPerHour: 2,
};
/** As often as a sweep runs. */
const SWEEP_S = DEFAULT_TIMINGS.sweepMs / 1_000;

let bench: SessionBench;
let upkeep: RetainedUpkeep;

beforeEach(() => {
  bench = new SessionBench();
  const { clock, log, session, retained } = bench;
  upkeep = new RetainedUpkeep({ clock, log, session, retained, timings: DEFAULT_TIMINGS });
  keep(ENTRY);
});

function keep(entry: RetainedInstance): void {
  bench.kept[entry.podId] = JSON.stringify(entry);
}

/** Takes a complete list and runs after it, at each of these times. Returns whether the entry remains each time. */
async function runAfter(...seconds: readonly number[]): Promise<readonly boolean[]> {
  const remains: boolean[] = [];
  for (const pause of seconds) {
    await bench.clock.advance(pause * 1_000);
    await bench.session.account.check();
    await bench.session.inventory.take();
    await upkeep.run();
    remains.push(POD_ID in bench.kept);
  }
  return remains;
}

function retainedPrice(): number | undefined {
  return bench.session.reservations.summary().unowned.get('retained');
}

/** All instances that count towards limits. */
function counted(): number {
  return bench.session.reservations.summary().total(undefined).instances;
}

describe('an entry of the retained list', () => {
  it.each<{ name: string; given: () => void; remains: boolean }>([
    {
      name: 'stays while a list shows the instance, whatever the history says',
      given: () => {
        bench.listed = [LIVE];
        bench.history = [historyRow()];
      },
      remains: true,
    },
    {
      name: 'stays when a GET shows the instance that lists lack',
      given: () => bench.gets.set(POD_ID, { kind: 'ok', value: LIVE }),
      remains: true,
    },
    { name: 'stays when the GET fails', given: () => bench.gets.set(POD_ID, failure()), remains: true },
    { name: 'stays after one GET that finds nothing', given: () => undefined, remains: true },
    {
      name: 'is removed when a GET shows the instance terminated',
      given: () => bench.gets.set(POD_ID, { kind: 'ok', value: { ...LIVE, status: 'TERMINATED' } }),
      remains: false,
    },
    {
      name: 'is removed when the history shows the end of the instance',
      given: () => {
        bench.history = [historyRow()];
      },
      remains: false,
    },
    {
      name: 'stays when the API key changes during the GET, because nobody knows whose answer it is',
      given: () => {
        bench.gets.set(POD_ID, { kind: 'ok', value: { ...LIVE, status: 'TERMINATED' } });
        bench.duringGet = () => {
          bench.keyVersion += 1;
        };
      },
      remains: true,
    },
  ])('$name', async ({ given, remains }) => {
    given();

    expect(await runAfter(0)).toEqual([remains]);
  });

  it('counts its price until it is removed', async () => {
    await runAfter(0);
    expect(retainedPrice()).toBe(2_000_000);

    bench.history = [historyRow()];
    await runAfter(SWEEP_S);

    expect(retainedPrice()).toBe(0);
    expect(bench.log.messages('info')).toEqual(['removed ended instance from the retained list']);
  });

  it('counts on when somebody removed it, until lists lack the instance for ten minutes', async () => {
    bench.listed = [LIVE];
    await runAfter(0);
    Reflect.deleteProperty(bench.kept, POD_ID);
    await runAfter(SWEEP_S);
    expect(counted()).toBe(1);

    bench.listed = [];
    await runAfter(SWEEP_S, SWEEP_S);
    expect(counted()).toBe(1);
    await runAfter(SWEEP_S);
    expect(counted()).toBe(0);
  });

  it('stays without any list, even if GETs find nothing', async () => {
    await bench.session.account.check();
    for (let run = 0; run < 4; run += 1) {
      await upkeep.run();
      await bench.clock.advance(DEFAULT_TIMINGS.sweepMs);
    }

    expect(POD_ID in bench.kept).toBe(true);
  });
});

describe('an instance that neither lists nor GETs show', () => {
  it.each<{ name: string; seconds: readonly number[]; remains: readonly boolean[] }>([
    {
      name: 'ends with the second proof after the first absence',
      seconds: [0, SWEEP_S, SWEEP_S],
      remains: [true, true, false],
    },
    {
      name: 'has not ended before it was missing for five minutes',
      seconds: [0, 30, 30, 30, 209, 1],
      remains: [true, true, true, true, true, false],
    },
    {
      name: 'has not ended when the second proof comes too soon after the first',
      seconds: [0, 271, 29, 1],
      remains: [true, true, true, false],
    },
  ])('$name', async ({ seconds, remains }) => {
    expect(await runAfter(...seconds)).toEqual(remains);
  });

  it.each<{ name: string; interrupt: () => void; mend: () => void }>([
    {
      name: 'a list shows it',
      interrupt: () => {
        bench.listed = [LIVE];
      },
      mend: () => {
        bench.listed = [];
      },
    },
    {
      name: 'a GET fails',
      interrupt: () => bench.gets.set(POD_ID, failure()),
      mend: () => bench.gets.clear(),
    },
    {
      name: 'a list has a row without a readable ID',
      interrupt: () => {
        bench.unidentified = [{}];
      },
      mend: () => {
        bench.unidentified = [];
      },
    },
    {
      name: 'too many instances vanish at once',
      interrupt: () => {
        bench.session.vanished.report(10, 10);
      },
      mend: () => {
        bench.clock.jump(DEFAULT_TIMINGS.massAbsenceMs);
      },
    },
  ])('needs both proofs again after $name', async ({ interrupt, mend }) => {
    await runAfter(0, SWEEP_S);
    interrupt();
    expect(await runAfter(SWEEP_S)).toEqual([true]);
    mend();

    expect(await runAfter(0, SWEEP_S, SWEEP_S)).toEqual([true, true, false]);
  });

  it('is not proven by GETs alone, while the list is an old one', async () => {
    bench.duringGet = () => {
      bench.clock.jump(1);
    };
    await runAfter(0, SWEEP_S);
    for (let run = 0; run < 3; run += 1) {
      await bench.clock.advance(DEFAULT_TIMINGS.sweepMs);
      await upkeep.run();
    }

    expect(POD_ID in bench.kept).toBe(true);
  });
});

describe('the account of the API key', () => {
  it('leaves an entry of another account unchanged, uncounted and unread, even if the history shows its end', async () => {
    keep({ ...ENTRY, account: { origin: ORIGIN, userId: 'user-2' } });
    bench.history = [historyRow()];

    expect(await runAfter(0, SWEEP_S, SWEEP_S)).toEqual([true, true, true]);
    expect(bench.asked).toEqual([]);
    expect(retainedPrice()).toBe(0);
  });

  it('proves no end by an absence while the account of the key is unknown, only by a termination', async () => {
    bench.userId = undefined;

    expect(await runAfter(0, SWEEP_S, SWEEP_S, SWEEP_S)).toEqual([true, true, true, true]);
    bench.gets.set(POD_ID, { kind: 'ok', value: { ...LIVE, status: 'TERMINATED' } });
    expect(await runAfter(SWEEP_S)).toEqual([false]);
  });

  it('takes an entry that names no account as one of the installation', async () => {
    const { account: _account, ...unmarked } = ENTRY;
    keep(unmarked);

    expect(await runAfter(0, SWEEP_S, SWEEP_S)).toEqual([true, true, false]);
  });
});
