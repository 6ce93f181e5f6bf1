import { beforeEach, describe, expect, it } from '@jest/globals';
import { planLanes } from '../../../src/controllers/gpupod/lanes.ts';
import { Slots } from '../../../src/controllers/gpupod/slots.ts';

const OWN = 'operator';

let called: string[];
let slots: Slots;

beforeEach(() => {
  called = [];
  slots = new Slots(2, { onCalled: (key) => called.push(key) });
});

function take(...names: readonly string[]): readonly boolean[] {
  return names.map((name) => slots.take({ namespace: 'n', name }, OWN));
}

describe('take', () => {
  it('grants the slots that there are, and refuses the rest without calling anybody', () => {
    expect(take('a', 'b', 'c')).toEqual([true, true, false]);
    expect(slots.taken).toBe(2);
    expect(called).toEqual([]);
  });

  it('grants a slot that was given back to the key that was refused first, although another asks before it', () => {
    take('a', 'b', 'c');
    slots.giveBack(OWN);

    expect(take('late', 'c')).toEqual([false, true]);
    expect(slots.taken).toBe(2);
  });

  it('grants one key several slots, because a slot has no owner', () => {
    expect(take('a', 'a', 'a')).toEqual([true, true, false]);
  });

  it('refuses everybody without slots', () => {
    slots = new Slots(0);

    expect(take('a')).toEqual([false]);
    expect(slots.taken).toBe(0);
  });
});

describe('giveBack', () => {
  it.each<{ name: string; refused: readonly string[]; givenBack: number; keys: readonly string[] }>([
    { name: 'nobody if nobody was refused', refused: [], givenBack: 2, keys: [] },
    { name: 'the key that was refused first', refused: ['c', 'd'], givenBack: 1, keys: ['n/c'] },
    { name: 'one key for each slot', refused: ['c', 'd', 'e'], givenBack: 2, keys: ['n/c', 'n/d'] },
    { name: 'a key once, however often it was refused', refused: ['c', 'c'], givenBack: 2, keys: ['n/c'] },
    {
      name: 'a key at its first place, although it was refused again',
      refused: ['c', 'd', 'c'],
      givenBack: 1,
      keys: ['n/c'],
    },
  ])('calls $name', ({ refused, givenBack, keys }) => {
    take('a', 'b', ...refused);

    for (let count = 0; count < givenBack; count += 1) slots.giveBack(OWN);

    expect(called).toEqual(keys);
    expect(slots.taken).toBe(2 - givenBack + keys.length);
    expect(keys.every((key) => slots.isCalled(key))).toBe(true);
  });

  it('keeps the slot before it calls, so that the key may take it at once', () => {
    const granted: boolean[] = [];
    slots = new Slots(1, { onCalled: () => granted.push(...take('b')) });
    take('a', 'b');

    slots.giveBack(OWN);

    expect(granted).toEqual([true]);
    expect(slots.taken).toBe(1);
  });

  it('distinguishes GpuPods of one name in several namespaces', () => {
    take('a', 'b');
    for (const namespace of ['x', 'y']) slots.take({ namespace, name: 'c' }, OWN);

    slots.giveBack(OWN);
    slots.giveBack(OWN);

    expect(called).toEqual(['x/c', 'y/c']);
  });
});

describe('passOn', () => {
  beforeEach(() => {
    take('a', 'b', 'c', 'd');
    slots.giveBack(OWN);
  });

  it.each<{ name: string; act: () => void; keys: readonly string[]; taken: number }>([
    {
      name: 'calls the next key if the slot was not taken',
      act: () => {
        slots.passOn('n/c', slots.callOf('n/c'));
      },
      keys: ['n/c', 'n/d'],
      taken: 2,
    },
    {
      name: 'frees the slot if nobody else waits',
      act: () => {
        for (const key of ['n/c', 'n/d']) slots.passOn(key, slots.callOf(key));
      },
      keys: ['n/c', 'n/d'],
      taken: 1,
    },
    {
      name: 'changes nothing once the key has taken its slot',
      act: () => {
        take('c');
        slots.passOn('n/c', slots.callOf('n/c'));
      },
      keys: ['n/c'],
      taken: 2,
    },
    {
      name: 'changes nothing for a key that was not called',
      act: () => {
        slots.passOn('n/d', slots.callOf('n/d'));
      },
      keys: ['n/c'],
      taken: 2,
    },
    {
      name: 'changes nothing for a key that was called after its reconcile had begun, or two keys would call each other',
      act: () => {
        const atBegin = slots.callOf('n/d');
        slots.giveBack(OWN);
        slots.passOn('n/d', atBegin);
      },
      keys: ['n/c', 'n/d'],
      taken: 2,
    },
    {
      name: 'changes nothing once the key has taken a slot for another account than it was called for',
      act: () => {
        slots.giveBack(OWN);
        slots.take({ namespace: 'n', name: 'd' }, 'GpuAccount/n/other');
        slots.passOn('n/d', slots.callOf('n/d'));
      },
      keys: ['n/c', 'n/d'],
      taken: 2,
    },
  ])('$name', ({ act, keys, taken }) => {
    act();

    expect(called).toEqual(keys);
    expect(slots.taken).toBe(taken);
  });
});

describe('withdraw', () => {
  it.each([
    { what: 'that waits', key: 'n/d', calls: ['n/c'] },
    { what: 'that was called', key: 'n/c', calls: ['n/c', 'n/d'] },
  ])('leaves the slot of a key $what to others', ({ key, calls }) => {
    take('a', 'b', 'c', 'd');
    slots.giveBack(OWN);

    slots.withdraw(key);
    slots.giveBack(OWN);

    expect(called).toEqual(calls);
    expect(slots.isCalled(key)).toBe(false);
  });
});

describe('slots of several accounts', () => {
  beforeEach(() => {
    slots = new Slots(4, { onCalled: (key) => called.push(key), spared: 1 });
  });

  function takeFor(account: string, ...names: readonly string[]): readonly boolean[] {
    return names.map((name) => slots.take({ namespace: 'n', name }, account));
  }

  it('leave one for an account that holds none, however many another one asks for', () => {
    expect(takeFor('a', '1', '2', '3', '4', '5')).toEqual([true, true, true, false, false]);
    expect(takeFor('b', '6', '7')).toEqual([true, false]);
  });

  it('are kept for the first key that may take one', () => {
    takeFor('a', '1', '2', '3', '4');
    takeFor('b', '5');
    takeFor('c', '6');
    slots.giveBack('b');
    expect(called).toEqual(['n/6']);
    slots.giveBack('a');
    expect(called).toEqual(['n/6']);
    slots.giveBack('a');
    expect(called).toEqual(['n/6', 'n/4']);
  });

  it('are kept for the account that pays now', () => {
    slots = new Slots(4, { onCalled: (key) => called.push(key), perAccount: 2 });
    takeFor('a', '1', '2', 'moved');
    takeFor('b', '3', '4', 'moved', 'late');
    slots.giveBack('b');

    expect(called).toEqual(['n/moved']);
    expect(takeFor('b', 'moved')).toEqual([true]);
  });

  describe('whose key was called, and is paid for by another one by now', () => {
    beforeEach(() => {
      slots = new Slots(4, { onCalled: (key) => called.push(key), perAccount: 1 });
      takeFor('a', '1', 'moved', 'late');
      takeFor('b', '2');
      slots.giveBack('a');
      takeFor('b', 'moved');
    });

    it('leave the slot that was kept to the next key of the former account', () => {
      expect(called).toEqual(['n/moved', 'n/late']);
      expect(slots.isCalled('n/moved')).toBe(false);
    });

    it('lose none if the key is called for the new account before its reconcile ends', () => {
      slots.passOn('n/late', slots.callOf('n/late'));
      slots.giveBack('b');
      slots.passOn('n/moved', slots.callOf('n/moved'));

      expect(slots.taken).toBe(0);
      expect(takeFor('a', '3')).toEqual([true]);
    });
  });

  it('go to an account up to its own limit, while there are more for others', () => {
    slots = new Slots(9, { onCalled: (key) => called.push(key), perAccount: 2, spared: 2 });
    expect(takeFor('a', '1', '2', '3')).toEqual([true, true, false]);
    expect(takeFor('b', '4', '5', '6')).toEqual([true, true, false]);
    expect(takeFor('c', '7', '8')).toEqual([true, true]);
    expect(takeFor('d', '9', '10')).toEqual([true, false]);
    slots.giveBack('b');
    expect(called).toEqual(['n/6']);
  });

  it('are never all spared', () => {
    slots = new Slots(1, { spared: 1 });
    expect(takeFor('a', '1', '2')).toEqual([true, false]);
  });
});

describe('slots of tenants with many accounts', () => {
  function takeMany(account: string, count: number): number {
    const pods = Array.from({ length: count }, (_, index) => ({ namespace: 'n', name: String(index) }));
    return pods.filter((pod) => slots.take(pod, account)).length;
  }

  it.each<{ concurrency: number; share: number }>([
    { concurrency: 2, share: 1 },
    { concurrency: 8, share: 4 },
    { concurrency: 32, share: 16 },
  ])(
    'bound a namespace with concurrency $concurrency, whatever number of accounts it has',
    ({ concurrency, share }) => {
      const lanes = planLanes(concurrency, true);
      slots = new Slots(lanes.createSlots, {
        perAccount: lanes.slotsPerAccount,
        spared: lanes.slotsPerAccount,
      });
      const accounts = Array.from({ length: 64 }, (_, index) => `GpuAccount/evil/a${String(index)}`);
      const taken = accounts.reduce((sum, account) => sum + takeMany(account, 20), 0);
      expect(taken).toBe(share + 1);
      expect(takeMany('ClusterGpuAccount/ml', 20)).toBe(share);
      expect(takeMany('GpuAccount/good/default', 20)).toBe(share);
    },
  );

  it('leave one of its share to an account that holds none, if another one of the namespace hangs', () => {
    slots = new Slots(32, { perAccount: 4, spared: 4 });
    expect(takeMany('GpuAccount/n/hangs', 9)).toBe(4);
    expect(takeMany('GpuAccount/n/works', 1)).toBe(1);
    expect(takeMany('GpuAccount/n/third', 9)).toBe(0);
    slots.giveBack('GpuAccount/n/works');
    expect(takeMany('GpuAccount/n/third', 9)).toBe(1);
  });

  it('keep half of the spared ones for the platform, and give the others to tenants that hold none', () => {
    slots = new Slots(12, { perAccount: 8, spared: 4 });
    expect(takeMany('GpuAccount/a/x', 9)).toBe(8);
    expect(['b', 'c', 'd'].map((namespace) => takeMany(`GpuAccount/${namespace}/x`, 9))).toEqual([1, 1, 0]);
    expect(['ClusterGpuAccount/ml', 'operator'].map((account) => takeMany(account, 9))).toEqual([1, 1]);
  });
});
