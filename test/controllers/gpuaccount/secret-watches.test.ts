import { describe, expect, it } from '@jest/globals';
import { SecretWatches } from '../../../src/controllers/gpuaccount/secret-watches.ts';

interface Opened {
  readonly name: string;
  readonly tell: () => void;
  isOpen: boolean;
}

function bench() {
  const opened: Opened[] = [];
  const changed: string[] = [];
  const watches = new SecretWatches({
    watch: ({ namespace = '', name }, tell) => {
      const one: Opened = { name: `${namespace}/${name}`, tell, isOpen: false };
      return {
        get isOpen() {
          return one.isOpen;
        },
        start: () => {
          opened.push(one);
          one.isOpen = true;
        },
        stop: () => {
          one.isOpen = false;
        },
      };
    },
    onChange: (account) => changed.push(account),
  });
  return { watches, opened, changed };
}

function secret(name: string) {
  return { namespace: 'gpupod-system', name };
}

describe('the watches of Secrets', () => {
  it('are one for each Secret, and tell every account that names it', () => {
    const { watches, opened, changed } = bench();
    expect(['a', 'b', 'a'].map((account) => watches.follow(account, secret('key')))).toEqual([
      true,
      true,
      true,
    ]);
    expect(opened.map(({ name }) => name)).toEqual(['gpupod-system/key']);
    opened[0]?.tell();
    expect(changed).toEqual(['a', 'b']);
  });

  it('end with the last account that names the Secret', () => {
    const { watches, opened } = bench();
    for (const account of ['a', 'b']) watches.follow(account, secret('key'));
    watches.forget('a');
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([true]);
    watches.follow('b', secret('other'));
    expect(opened.map(({ name, isOpen }) => `${name} ${String(isOpen)}`)).toEqual([
      'gpupod-system/key false',
      'gpupod-system/other true',
    ]);
    watches.stop();
    expect(opened.some(({ isOpen }) => isOpen)).toBe(false);
  });

  it('are bounded: a further Secret is not watched until another one is no longer needed', () => {
    const { watches, opened } = bench();
    for (let at = 0; at < 500; at += 1) {
      watches.follow(`account-${String(at)}`, secret(`key-${String(at)}`));
    }
    expect(watches.follow('late', secret('late'))).toBe(false);
    expect(opened).toHaveLength(500);
    watches.forget('account-7');
    expect(watches.follow('late', secret('late'))).toBe(true);
  });
});
