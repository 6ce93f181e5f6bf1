import type { Clock } from '../../clock.ts';
import { DiskBook } from './disk-book.ts';
import { Ledger } from './ledger.ts';
import { OfferBook } from './offer-book.ts';
import type { OfferCatalogue } from './offer.ts';
import { PodBook } from './pod-book.ts';
import { createRandomSource } from './random.ts';
import type { RandomSource } from './random.ts';
import type { Settings } from './settings.ts';
import { SshKeyBook } from './ssh-key-book.ts';
import { WalletBook } from './wallet-book.ts';

/**
 * The simulated provider without a network. It has no timers: the state of an instance follows from the
 * clock whenever it is read. The same clock, seed and calls give the same results.
 */
export interface World {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly settings: Settings;
  readonly offers: OfferBook;
  readonly pods: PodBook;
  readonly disks: DiskBook;
  readonly sshKeys: SshKeyBook;
  readonly ledger: Ledger;
  readonly wallets: WalletBook;
}

export interface WorldOptions {
  clock: Clock;
  seed: number;
  settings: Settings;
  catalogue: OfferCatalogue;
}

export function createWorld({ clock, seed, settings, catalogue }: WorldOptions): World {
  const random = createRandomSource(seed);
  const pods = new PodBook(clock, random, settings);
  const ledger = new Ledger(clock, pods.byId);
  const sshKeys = new SshKeyBook(clock, random);
  for (const account of settings.accounts) {
    sshKeys.add(account.userId, 'default', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAASIMULATOR ${account.userId}`);
  }
  return {
    clock,
    random,
    settings,
    offers: new OfferBook(catalogue),
    pods,
    disks: new DiskBook(clock, random),
    sshKeys,
    ledger,
    wallets: new WalletBook(settings, pods, ledger),
  };
}
