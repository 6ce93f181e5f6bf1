/** Pages overlap by this many rows: when an instance ends between two pages, the rows behind it move forward. */
const MIN_OVERLAP = 5;
const MAX_OVERLAP = 50;
const FIRST_STEP_BACK = 10;
/** So often a page is looked for further ahead before the rows between count as skipped. */
const MAX_STEPS_BACK = 8;

type Id = string | undefined;

/**
 * Whether the pages of a list that moves leave nothing out. A list is in some order that its rows keep. Where a page begins
 * with rows that were read before, in the order in which they were read, everything ahead of its other rows was read: what
 * vanished between two pages can have moved nothing past the reader. Where a page has no such row, more vanished than the
 * pages overlap by, and reading goes on further ahead. A page that ends where its own total says that the list ends was the last.
 */
export class OverlapCheck {
  /** Where the next page begins. */
  offset = 0;
  /** Rows came or went between two pages. */
  isMoving = false;
  /** Some page did not overlap with the one before it: more rows may have moved than are read twice. */
  hasGap = false;
  readonly #order = new Map<string, number>();
  #end = 0;
  #lastLength = 0;
  #overlap = MIN_OVERLAP;
  #stepsBack = 0;
  #total: number | undefined;
  #isInOrder = true;
  /** Each page told a total. */
  #isCounted = true;
  #isLastAtEnd = false;

  /** Of the last page. */
  get lastTotal(): number | undefined {
    return this.#total;
  }

  /** Each page went on from the one before it, and the last was so by its own total. */
  get isWhole(): boolean {
    return this.#isInOrder && this.#isCounted && !this.hasGap && this.#isLastAtEnd;
  }

  /** True where this page, which has no row of an earlier one, does not go on from them, and another one further ahead may. */
  mustStepBack(isApart: boolean, total: number | undefined): boolean {
    if (!isApart || this.offset >= this.#end || this.#lastLength < 2) {
      return false;
    }
    this.isMoving = true;
    if (this.offset === 0 || this.#stepsBack === MAX_STEPS_BACK) {
      this.hasGap = true;
      return false;
    }
    this.#stepsBack += 1;
    const vanished = (this.#total ?? 0) - (total ?? this.#total ?? 0);
    const step = Math.max(FIRST_STEP_BACK * 2 ** (this.#stepsBack - 1), vanished);
    this.offset = Math.max(0, this.offset - step);
    return true;
  }

  /** Takes in a page that begins at `offset`. */
  note(ids: readonly Id[], { total, isShort }: { total: number | undefined; isShort: boolean }): void {
    const known = ids.filter((id) => this.#isKnown(id)).length;
    const expected = Math.max(0, Math.min(this.#end - this.offset, ids.length));
    const isFirst = this.#end === 0;
    if (!isFirst && (known !== expected || total !== this.#total)) {
      this.isMoving = true;
    }
    this.#isLastAtEnd = total !== undefined && this.offset + ids.length >= total;
    this.#isCounted &&= total !== undefined;
    this.#isInOrder &&= this.#goesOn(ids, isFirst) && (!isShort || this.#isLastAtEnd);
    this.#takeIn(ids);
    this.#adapt(expected - known);
    this.#total = total;
    this.#stepsBack = 0;
    this.#lastLength = ids.length;
    this.#end = this.offset + ids.length;
    // By what came, not by what was asked for: a server may give smaller pages.
    this.offset += Math.max(1, ids.length - this.#overlap);
  }

  #isKnown(id: Id): boolean {
    return id !== undefined && this.#order.has(id);
  }

  /** First what was read before, in that order, then what was not. */
  #goesOn(ids: readonly Id[], isFirst: boolean): boolean {
    const places = ids.map((id) => (id === undefined ? undefined : (this.#order.get(id) ?? Infinity)));
    const read = places.filter((place) => place !== undefined);
    const isSorted = read.every(
      (place, index) => index === 0 || place === Infinity || place > (read[index - 1] ?? 0),
    );
    return isSorted && (isFirst || (read[0] ?? Infinity) < Infinity);
  }

  #takeIn(ids: readonly Id[]): void {
    for (const id of ids) {
      if (id !== undefined && !this.#order.has(id)) {
        this.#order.set(id, this.#order.size);
      }
    }
  }

  /** The more rows vanish between two pages, the more the next ones overlap. */
  #adapt(moved: number): void {
    this.#overlap = Math.max(MIN_OVERLAP, Math.min(MAX_OVERLAP, 2 * moved));
  }
}
