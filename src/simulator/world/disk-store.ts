import type { Clock } from '../../clock.ts';
import type { RandomSource } from './random.ts';
import type { Account } from './settings.ts';

/** A persistent disk. */
export interface Disk {
  id: string;
  name: string;
  sizeGb: number;
  userId: string;
  teamId: string | null;
  provider: string;
  country: string | null;
  dataCenter: string | null;
  cloudId: string | null;
  priceHr: number;
  createdAtMs: number;
  updatedAtMs: number;
  terminatedAtMs: number | null;
}

type NewDisk = Omit<Disk, 'id' | 'createdAtMs' | 'updatedAtMs' | 'terminatedAtMs'>;

/** All disks, including deleted ones. */
export class DiskStore {
  readonly byId = new Map<string, Disk>();
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  create(planned: NewDisk): Disk {
    const nowMs = this.#clock.nowMs();
    const disk = {
      ...planned,
      id: this.#random.hexId(),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      terminatedAtMs: null,
    };
    this.byId.set(disk.id, disk);
    return disk;
  }

  /** The existing disks of the account and of its teams. */
  visibleTo(account: Account): Disk[] {
    return [...this.byId.values()].filter(
      (disk) =>
        disk.terminatedAtMs === null &&
        (disk.userId === account.userId || (disk.teamId !== null && account.teams.includes(disk.teamId))),
    );
  }

  find(account: Account, id: string): Disk | undefined {
    return this.visibleTo(account).find((disk) => disk.id === id);
  }

  rename(disk: Disk, name: string): void {
    disk.name = name;
    disk.updatedAtMs = this.#clock.nowMs();
  }

  delete(disk: Disk): void {
    disk.terminatedAtMs = this.#clock.nowMs();
  }
}
