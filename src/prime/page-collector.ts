import type { Failure, InstanceSnapshot, UnidentifiedRow } from '../lifecycle/provider.ts';
import { joinRows } from '../lifecycle/same-instance.ts';
import { failure } from './failure.ts';
import { OverlapCheck } from './page-overlap.ts';
import { snapshotFromPod } from './instance-snapshot.ts';
import { defined } from './schemas/common.ts';
import type { OffsetPage } from './schemas/common.ts';
import { ListedPod, UnidentifiedPod } from './schemas/pod.ts';

export const PAGE_SIZE = 100;
/** So many instances, or one in a hundred, may terminate during the read without a DELETE of the operator. */
const MIN_UNEXPECTED = 3;
const UNEXPECTED_SHARE = 0.01;

/** The instances of one wallet, from all its pages. */
export interface CollectedInstances {
  readonly instances: ReadonlyMap<string, InstanceSnapshot>;
  /** By position in the list. */
  readonly unidentified: ReadonlyMap<number, UnidentifiedRow>;
  /** Why the list is or may be incomplete. */
  readonly failure?: Failure;
}

interface Row {
  readonly row: unknown;
  readonly parsed: ReturnType<typeof ListedPod.safeParse>;
}

/**
 * Collects the pages of one read.
 *
 * If the greatest total exceeds the instances that were read, the list is incomplete, unless it counts rows. A smaller
 * total proves nothing: a full page is never the last one. Rows may vanish between two pages. No row was skipped if
 * each page begins with rows of an earlier page, see {@link OverlapCheck}.
 */
export class Collector {
  isAtEnd = false;
  readonly #instances = new Map<string, InstanceSnapshot>();
  /**
   * Instances of pages that were read again nearer to the start. They count, but prove nothing about the
   * sequence.
   */
  readonly #beside = new Map<string, InstanceSnapshot>();
  readonly #unidentified = new Map<number, UnidentifiedRow>();
  readonly #overlap = new OverlapCheck();
  #longest = 0;
  /** The greatest total of all pages, or undefined if no page has one. */
  #total: number | undefined;
  #isRepeating = false;
  /** The first page: its number of rows, and of instances in them. */
  #first: { readonly rows: number; readonly count: number } | undefined;

  /** Where the next page begins. */
  get offset(): number {
    return this.#overlap.offset;
  }

  add({ data, total_count: total, limit }: OffsetPage): void {
    this.#noteTotal(total);
    const at = this.offset;
    const rows = data.map((row) => ({ row, parsed: ListedPod.safeParse(row) }));
    const ids = rows.map(({ parsed }) => (parsed.success ? parsed.data.id : undefined));
    if (this.#overlap.mustStepBack(!this.#isKnown(ids, at), total)) {
      this.#keepBeside(rows);
      return;
    }
    const known = this.#addRows(rows, at);
    this.#first ??= { rows: data.length, count: this.#count };
    const isShort = data.length < this.#longest;
    this.#isRepeating = known === data.length && !isShort && data.length > 0;
    this.isAtEnd =
      known === data.length ||
      (isShort && this.#isAllCounted(at + data.length, total)) ||
      (this.#unidentified.size === 0 && isUncut(data.length, limit, this.#count === total));
    this.#longest = Math.max(this.#longest, data.length);
    this.#overlap.note(ids, { total, isShort });
  }

  /**
   * True if rows moved and fewer rows were read than the last page counts: the missing ones may be at the
   * start now.
   */
  get mayMissFirstRows(): boolean {
    return this.#overlap.isMoving && !this.#isRepeating && this.#count < (this.#overlap.lastTotal ?? 0);
  }

  /** Adds the first page, read again at the end. It only adds rows and proves nothing. */
  addFirstPage({ data }: OffsetPage): void {
    this.#keepBeside(data.map((row) => ({ row, parsed: ListedPod.safeParse(row) })));
    for (const instance of this.#beside.values()) {
      join(this.#instances, instance);
    }
  }

  #noteTotal(total: number | undefined): void {
    this.#total = total === undefined ? this.#total : Math.max(this.#total ?? 0, total);
  }

  /** Whether an earlier page had one of these rows. */
  #isKnown(ids: readonly (string | undefined)[], at: number): boolean {
    return ids.some((id, index) =>
      id === undefined ? this.#unidentified.has(at + index) : this.#instances.has(id),
    );
  }

  #keepBeside(rows: readonly Row[]): void {
    for (const { parsed } of rows) {
      if (parsed.success) {
        join(this.#beside, snapshotFromPod(parsed.data));
      }
    }
  }

  /**
   * After a short page the server may have more rows, if its total says so: the greatest total, or that of
   * this page if rows vanished.
   */
  #isAllCounted(end: number, total: number | undefined): boolean {
    const isLast = this.#overlap.isMoving && total !== undefined && end >= total;
    return isLast || this.#count >= (this.#total ?? 0);
  }

  /** @returns how many of the rows an earlier page had. */
  #addRows(rows: readonly Row[], at: number): number {
    let known = 0;
    for (const [index, { row, parsed }] of rows.entries()) {
      if (parsed.success) {
        known += this.#instances.has(parsed.data.id) ? 1 : 0;
        join(this.#instances, snapshotFromPod(parsed.data));
      } else {
        known += this.#unidentified.has(at + index) ? 1 : 0;
        this.#unidentified.set(at + index, defined(UnidentifiedPod.parse(row)));
      }
    }
    return known;
  }

  /**
   * Rows of the first page repeat an ID, the total counts them all, and no later page has another instance. Rows that
   * repeat one of another page say nothing about the rows that are missing.
   */
  get #isCountedByRow(): boolean {
    const { rows, count } = this.#first ?? { rows: 0, count: 0 };
    return !this.#overlap.isMoving && rows === this.#total && count === this.#count;
  }

  get #count(): number {
    return this.#instances.size + this.#unidentified.size;
  }

  /**
   * The reason why the list may be incomplete, or undefined.
   *
   * @param terminating How many instances are terminating. So many may vanish unread.
   */
  contradiction(terminating: number): Failure | undefined {
    const problem = this.#strictly();
    if (problem === undefined || !this.#overlap.isMoving || this.#isRepeating) {
      return problem;
    }
    return this.#overlap.isWhole && !this.mayMissFirstRows && this.#areFewUnread(terminating)
      ? undefined
      : { ...doubt('the list changed too much while it was read'), isUnstable: true };
  }

  /** The check of a list that does not change during the read. */
  #strictly(): Failure | undefined {
    if (this.#count < (this.#total ?? 0) && !this.#isCountedByRow) {
      return doubt('the provider says that there are more instances than it lists');
    }
    const isVouchedFor = this.#total === this.#count;
    if (this.#overlap.hasGap && !isVouchedFor) {
      return doubt('the list changed too much while it was read');
    }
    // All rows are in one page, and the page size did not cut it: this server has no pages.
    const isWhole = (isVouchedFor || this.#isCountedByRow) && this.#longest !== PAGE_SIZE;
    return this.#isRepeating && !isWhole ? doubt('the provider returns the same page repeatedly') : undefined;
  }

  /** Rows may also seem to vanish because replicas disagree. Expected terminations explain only as many. */
  #areFewUnread(terminating: number): boolean {
    const total = this.#total ?? 0;
    return total - this.#count <= terminating + Math.max(MIN_UNEXPECTED, total * UNEXPECTED_SHARE);
  }

  collected(problem: Failure | undefined): CollectedInstances {
    const instances = new Map(this.#instances);
    for (const instance of this.#beside.values()) {
      join(instances, instance);
    }
    const found = { instances, unidentified: this.#unidentified };
    return problem === undefined ? found : { ...found, failure: problem };
  }
}

/** Adds a row. Rows with the same ID are one instance. */
function join(instances: Map<string, InstanceSnapshot>, instance: InstanceSnapshot): void {
  const known = instances.get(instance.podId);
  instances.set(instance.podId, known === undefined ? instance : joinRows(known, instance));
}

/**
 * The server's own limit is not below the requested size, the page has fewer rows than that, and the total
 * equals the rows.
 */
function isUncut(length: number, limit: number | undefined, isVouchedFor: boolean): boolean {
  return (
    limit !== undefined && limit >= PAGE_SIZE && length < PAGE_SIZE && !isUsualCut(length) && isVouchedFor
  );
}

/** Servers cut at round numbers, whatever the request and their own answer say. */
function isUsualCut(length: number): boolean {
  return length > 0 && length % 5 === 0;
}

function doubt(problem: string): Failure {
  return failure('UnexpectedResponse', `GET /pods/: ${problem}, so the operator ignores the list.`);
}
