import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Slots } from '../../../src/controllers/gpupod/slots.ts';

const NAMES = ['1', '2', '3', '4', '5'];
const ACCOUNTS = ['operator', 'ClusterGpuAccount/ml', 'GpuAccount/n/a', 'GpuAccount/n/b', 'GpuAccount/m/a'];

type Call =
  | { readonly kind: 'take'; readonly name: string; readonly account: string }
  | { readonly kind: 'giveBack'; readonly which: number }
  | { readonly kind: 'passOn' | 'withdraw'; readonly name: string };

const name = fc.constantFrom(...NAMES);
/** Half of the calls take, each for any account: the payer of a GpuPod may change at any time. */
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('take'), name, account: fc.constantFrom(...ACCOUNTS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('giveBack'), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('passOn', 'withdraw'), name }) },
);
const shape = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  perAccount: fc.integer({ min: 1, max: 3 }),
  spared: fc.nat(2),
});

/** Slots with the accounts that hold one. */
class Holders {
  readonly slots: Slots;
  readonly accounts: string[] = [];

  constructor({ size, ...options }: { size: number; perAccount: number; spared: number }) {
    this.slots = new Slots(size, options);
  }

  make(made: Call): void {
    switch (made.kind) {
      case 'take':
        if (this.slots.take({ namespace: 'n', name: made.name }, made.account)) {
          this.accounts.push(made.account);
        }
        break;
      case 'giveBack':
        this.giveBack(made.which);
        break;
      case 'passOn':
        this.slots.passOn(`n/${made.name}`, this.slots.callOf(`n/${made.name}`));
        break;
      case 'withdraw':
        this.slots.withdraw(`n/${made.name}`);
        break;
    }
  }

  giveBack(which: number): void {
    const [account] = this.accounts.splice(which % Math.max(1, this.accounts.length), 1);
    if (account !== undefined) this.slots.giveBack(account);
  }

  /** The keys that a slot is kept for. */
  called(): readonly string[] {
    return NAMES.map((each) => `n/${each}`).filter((key) => this.slots.isCalled(key));
  }

  /** Everybody gives back, and every reconcile ends. */
  end(): void {
    while (this.accounts.length > 0) this.giveBack(0);
    for (let keys = this.called(); keys.length > 0; keys = this.called()) {
      for (const key of keys) this.slots.passOn(key, this.slots.callOf(key));
    }
  }

  /** How many each account takes, if one asks after the other. */
  takeAll(): readonly number[] {
    return ACCOUNTS.map(
      (account) =>
        NAMES.filter((each) => this.slots.take({ namespace: 'again', name: each }, account)).length,
    );
  }
}

it('takes exactly the slots that are held, and those that are kept for a key', () => {
  fc.assert(
    fc.property(shape, fc.array(call, { maxLength: 60 }), (given, calls) => {
      const holders = new Holders(given);
      for (const made of calls) {
        holders.make(made);
        expect(holders.slots.taken).toBe(holders.accounts.length + holders.called().length);
        expect(holders.slots.taken).toBeLessThanOrEqual(given.size);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('grants what new slots grant once nobody holds any', () => {
  fc.assert(
    fc.property(shape, fc.array(call, { maxLength: 60 }), (given, calls) => {
      const holders = new Holders(given);
      for (const made of calls) holders.make(made);
      holders.end();
      expect(holders.slots.taken).toBe(0);
      expect(holders.takeAll()).toEqual(new Holders(given).takeAll());
    }),
    { numRuns: 2_000 },
  );
});
