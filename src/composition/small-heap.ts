import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { recordAt } from '../json.ts';

const MEBIBYTE = 2 ** 20;
/**
 * The space for new objects, of which half is in use at a time. A full collection leaves 2 MiB of it, with which 250
 * GpuPods in a burst took 1,600 collections instead of 440.
 */
const NEW_SPACE_BYTES = 4 * MEBIBYTE;
/** Up to here the collections of a small heap cost little. */
const SMALL_OLD_SPACE_BYTES = 96 * MEBIBYTE;

/** Sizes in bytes. */
export interface HeapSpaces {
  readonly newSpaceBytes: number;
  /** After the last full collection. Between two, the old space fills with garbage, which says nothing. */
  readonly usedOldSpaceBytes: number;
}

/**
 * Keeps the memory of this process near what it needs. V8 prefers speed: it lets new objects fill 48 MiB before it looks
 * at them, and the heap grow to several times what is in use. V8 reads these flags at each collection, so they can
 * change while the process runs, for any way to start the program. Flags of Node (`--max-semi-space-size`,
 * `--initial-old-space-size`) and fewer arenas of glibc save no more than 5 MiB on top.
 */
export function keepHeapSmall(): void {
  collectGarbage();
  let current: readonly string[] = [];
  let usedOldSpaceBytes = 0;
  const steer = (collections: readonly PerformanceEntry[]): void => {
    const spaces = heapSpaces();
    if (collections.length === 0 || collections.some(isFull)) {
      ({ usedOldSpaceBytes } = spaces);
    }
    const wanted = flagsFor({ ...spaces, usedOldSpaceBytes });
    for (const flag of wanted.filter((each) => !current.includes(each))) {
      setFlagsFromString(flag);
    }
    current = wanted;
  };
  steer([]);
  new PerformanceObserver((list) => {
    steer(list.getEntries());
  }).observe({ entryTypes: ['gc'] });
}

function isFull(collection: PerformanceEntry): boolean {
  return recordAt(collection, 'detail')['kind'] === constants.NODE_PERFORMANCE_GC_MAJOR;
}

/** The flags of V8 until the next collection. */
export function flagsFor({ newSpaceBytes, usedOldSpaceBytes }: HeapSpaces): readonly string[] {
  const mayGrow = newSpaceBytes < NEW_SPACE_BYTES;
  // How far the heap grows before it is collected. Half saves 5 to 10 MiB with 250 GpuPods, at no cost that could be
  // measured. With thousands, it would take a third of the processor time.
  const growingPercent = usedOldSpaceBytes < SMALL_OLD_SPACE_BYTES ? 50 : 100;
  return [
    `--semi-space-growth-factor=${mayGrow ? '2' : '1'}`,
    `--heap-growing-percent=${String(growingPercent)}`,
  ];
}

function heapSpaces(): HeapSpaces {
  const spaces = new Map(getHeapSpaceStatistics().map((space) => [space.space_name, space]));
  return {
    newSpaceBytes: spaces.get('new_space')?.space_size ?? NEW_SPACE_BYTES,
    usedOldSpaceBytes: spaces.get('old_space')?.space_used_size ?? 0,
  };
}

/** Frees what only the start needed, 10 MiB. Node shows the function to programs only with this flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  try {
    const collect = runInNewContext('gc') as (options: object) => void;
    collect({ type: 'major', flavor: 'last-resort' });
  } catch {
    // Another version of Node may not have it. The process then only keeps those 10 MiB.
  }
}
