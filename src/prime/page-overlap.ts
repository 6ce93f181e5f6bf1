/**
 * Pages overlap by this many rows. When an instance terminates between two pages, the rows after it move
 * towards the start.
 */
const MIN_OVERLAP = 5;
const MAX_OVERLAP = 50;
const FIRST_STEP_BACK = 10;
/** How often to go back towards the start before the rows between two pages count as skipped. */
const MAX_STEPS_BACK = 8;

type Id = string | undefined;

/**
 * Checks that the pages of a list that changes during the read leave no row out.
 *
 * The rows keep their sequence. If a page begins with rows of earlier pages, in the same sequence, then no
 * row before its new rows was missed. If a page has no such row, more rows vanished than the pages overlap
 * by, and the reader goes back towards the start. The last page ends where its own total says that the list
 * ends.
 */
export class OverlapCheck {
  /** Where the next page begins. */
  offset = 0;
  /** Rows appeared or vanished between two pages. */
  isMoving = false;
  /** A page did not overlap with the one before it, so rows may have been skipped. */
  hasGap = false;
  readonly #order = new Map<string, number>();
  #end = 0;
  #lastLength = 0;
  #overlap = MIN_OVERLAP;
  #stepsBack = 0;
  #total: number | undefined;
  #isInOrder = true;
  /** Each page has a total. */
  #isCounted = true;
  #isLastAtEnd = false;

  /** The total of the last page. */
  get lastTotal(): number | undefined {
    return this.#total;
  }

  /** Each page continues the one before it, and the total of the last page says that it is the last. */
  get isWhole(): boolean {
    return this.#isInOrder && this.#isCounted && !this.hasGap && this.#isLastAtEnd;
  }

  /** True if this page has no row of an earlier page, and a page nearer to the start may have one. */
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

  /** Adds a page that begins at `offset`. */
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
    // Counts the rows that came, because a server may return smaller pages than requested.
    this.offset += Math.max(1, ids.length - this.#overlap);
  }

  #isKnown(id: Id): boolean {
    return id !== undefined && this.#order.has(id);
  }

  /**
   * A page continues the earlier ones if it has their rows first, in the same sequence, and then the new
   * rows.
   */
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

  /** The more rows vanish between two pages, the larger the overlap of the next ones. */
  #adapt(moved: number): void {
    this.#overlap = Math.max(MIN_OVERLAP, Math.min(MAX_OVERLAP, 2 * moved));
  }
}
