import type { Failure, InstanceSnapshot, UnidentifiedRow } from '../lifecycle/provider.ts';
import { defined } from './defined.ts';
import { failure } from './failure.ts';
import { OverlapCheck } from './page-overlap.ts';
import { snapshotFromPod } from './instance-snapshot.ts';
import type { OffsetPage } from './schemas/common.ts';
import { ListedPod, UnidentifiedPod } from './schemas/pod.ts';

export const PAGE_SIZE = 100;
/** Without anybody's DELETE, so many instances may end unread while a list is read, or one in a hundred of them. */
const MIN_STRANGERS = 3;
const STRANGERS_SHARE = 0.01;

/** What the pages of one wallet had. */
export interface CollectedInstances {
  readonly instances: ReadonlyMap<string, InstanceSnapshot>;
  /** By their place in the list. */
  readonly unidentified: ReadonlyMap<number, UnidentifiedRow>;
  /** Why this is not all, or may not be. */
  readonly failure?: Failure;
}

interface Row {
  readonly row: unknown;
  readonly parsed: ReturnType<typeof ListedPod.safeParse>;
}

/**
 * Pages of one try, as they come. A total that is too large is a contradiction, and one that is too small proves nothing: a
 * full page is never the last. Rows may vanish between two pages: what proves that none was skipped is that each page begins
 * with rows that were read before, see {@link OverlapCheck}.
 */
export class Collector {
  isAtEnd = false;
  readonly #instances = new Map<string, InstanceSnapshot>();
  /** Of pages that were read once more further ahead: instances all the same. */
  readonly #beside = new Map<string, InstanceSnapshot>();
  readonly #unidentified = new Map<number, UnidentifiedRow>();
  readonly #overlap = new OverlapCheck();
  #longest = 0;
  /** The greatest of the totals that the pages claimed; undefined where none did. */
  #total: number | undefined;
  #isRepeating = false;

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
    const isShort = data.length < this.#longest;
    this.#isRepeating = known === data.length && !isShort && data.length > 0;
    this.isAtEnd =
      known === data.length ||
      (isShort && this.#isAllCounted(at + data.length, total)) ||
      (this.#unidentified.size === 0 && isUncut(data.length, limit, this.#count === total));
    this.#longest = Math.max(this.#longest, data.length);
    this.#overlap.note(ids, { total, isShort });
  }

  /** Rows moved, and fewer were read than the last page counts: what is missing may stand at the front by now. */
  get mayMissFirstRows(): boolean {
    return this.#overlap.isMoving && !this.#isRepeating && this.#count < (this.#overlap.lastTotal ?? 0);
  }

  /** The first page, read once more at the end: rows are added, nothing is concluded from it. */
  addFirstPage({ data }: OffsetPage): void {
    this.#keepBeside(data.map((row) => ({ row, parsed: ListedPod.safeParse(row) })));
    for (const [podId, instance] of this.#beside) {
      this.#instances.set(podId, this.#instances.get(podId) ?? instance);
    }
  }

  #noteTotal(total: number | undefined): void {
    this.#total = total === undefined ? this.#total : Math.max(this.#total ?? 0, total);
  }

  /** Whether some of these rows were read before. */
  #isKnown(ids: readonly (string | undefined)[], at: number): boolean {
    return ids.some((id, index) =>
      id === undefined ? this.#unidentified.has(at + index) : this.#instances.has(id),
    );
  }

  #keepBeside(rows: readonly Row[]): void {
    for (const { parsed } of rows) {
      if (parsed.success) {
        this.#beside.set(parsed.data.id, snapshotFromPod(parsed.data));
      }
    }
  }

  /** Behind a short page the server may have more, if its total says so: the greatest, or where rows went, that of this page. */
  #isAllCounted(end: number, total: number | undefined): boolean {
    const isLast = this.#overlap.isMoving && total !== undefined && end >= total;
    return isLast || this.#count >= (this.#total ?? 0);
  }

  /** @returns how many of the rows were known already. */
  #addRows(rows: readonly Row[], at: number): number {
    let known = 0;
    for (const [index, { row, parsed }] of rows.entries()) {
      if (parsed.success) {
        known += this.#instances.has(parsed.data.id) ? 1 : 0;
        this.#instances.set(parsed.data.id, snapshotFromPod(parsed.data));
      } else {
        known += this.#unidentified.has(at + index) ? 1 : 0;
        this.#unidentified.set(at + index, defined(UnidentifiedPod.parse(row)));
      }
    }
    return known;
  }

  get #count(): number {
    return this.#instances.size + this.#unidentified.size;
  }

  /** @param ending Instances that are being ended: so many may vanish unread. */
  contradiction(terminating: number): Failure | undefined {
    const problem = this.#strictly();
    if (problem === undefined || !this.#overlap.isMoving || this.#isRepeating) {
      return problem;
    }
    return this.#overlap.isWhole && !this.mayMissFirstRows && this.#areFewUnread(terminating)
      ? undefined
      : { ...doubt('the list changed too much while it was read'), isUnstable: true };
  }

  /** Of a list that stands still. */
  #strictly(): Failure | undefined {
    if (this.#count < (this.#total ?? 0)) {
      return doubt('the provider says that there are more instances than it lists');
    }
    const isVouchedFor = this.#total === this.#count;
    if (this.#overlap.hasGap && !isVouchedFor) {
      return doubt('the list changed too much while it was read');
    }
    // All rows in one page that is not cut at the size asked for: a server that knows no pages.
    const isWhole = isVouchedFor && this.#longest !== PAGE_SIZE;
    return this.#isRepeating && !isWhole ? doubt('the provider returns the same page repeatedly') : undefined;
  }

  /** Servers that disagree with each other about what there is look like rows that vanish; but those ends are expected. */
  #areFewUnread(terminating: number): boolean {
    const total = this.#total ?? 0;
    return total - this.#count <= terminating + Math.max(MIN_STRANGERS, total * STRANGERS_SHARE);
  }

  collected(problem: Failure | undefined): CollectedInstances {
    const instances = new Map([...this.#beside, ...this.#instances]);
    const found = { instances, unidentified: this.#unidentified };
    return problem === undefined ? found : { ...found, failure: problem };
  }
}

/** The server says itself that it cuts no shorter than it was asked to, gave fewer rows than that, and counts no more. */
function isUncut(length: number, limit: number | undefined, isVouchedFor: boolean): boolean {
  return (
    limit !== undefined && limit >= PAGE_SIZE && length < PAGE_SIZE && !isUsualCut(length) && isVouchedFor
  );
}

/** Servers cut at round numbers, whatever they were asked for and say. */
function isUsualCut(length: number): boolean {
  return length > 0 && length % 5 === 0;
}

function doubt(problem: string): Failure {
  return failure('UnexpectedResponse', `GET /pods/: ${problem}, so the operator ignores the list.`);
}
