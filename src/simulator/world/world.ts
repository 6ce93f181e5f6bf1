import type { Clock } from '../../clock.ts';
import { DiskStore } from './disk-store.ts';
import { Ledger } from './ledger.ts';
import { OfferStore } from './offer-store.ts';
import type { OfferCatalogue } from './offer.ts';
import { PodStore } from './pod-store.ts';
import { createRandomSource } from './random.ts';
import type { RandomSource } from './random.ts';
import type { Settings } from './settings.ts';
import { SshKeyStore } from './ssh-key-store.ts';
import { WalletStore } from './wallet-store.ts';

/**
 * The simulated provider without a network. It has no timers: the state of an instance follows from the
 * clock whenever it is read. The same clock, seed and calls give the same results.
 */
export interface World {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly settings: Settings;
  readonly offers: OfferStore;
  readonly pods: PodStore;
  readonly disks: DiskStore;
  readonly sshKeys: SshKeyStore;
  readonly ledger: Ledger;
  readonly wallets: WalletStore;
}

export interface WorldOptions {
  clock: Clock;
  seed: number;
  settings: Settings;
  catalogue: OfferCatalogue;
}

export function createWorld({ clock, seed, settings, catalogue }: WorldOptions): World {
  const random = createRandomSource(seed);
  const pods = new PodStore(clock, random, settings);
  const ledger = new Ledger(clock, pods.byId);
  const sshKeys = new SshKeyStore(clock, random);
  for (const account of settings.accounts) {
    sshKeys.add(account.userId, 'default', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAASIMULATOR ${account.userId}`);
  }
  return {
    clock,
    random,
    settings,
    offers: new OfferStore(catalogue),
    pods,
    disks: new DiskStore(clock, random),
    sshKeys,
    ledger,
    wallets: new WalletStore(settings, pods, ledger),
  };
}
