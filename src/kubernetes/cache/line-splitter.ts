/** No object of an API server is this large (etcd refuses far less). A longer line does not come from a watch. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Splits a byte stream into lines, and keeps an unfinished line until the rest arrives. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #pendingBytes = 0;

  /**
   * Returns the lines that this chunk completes, without their ends.
   *
   * @throws {RangeError} if a line exceeds the limit
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines.push(this.#complete(chunk.subarray(start, end)));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #complete(tail: Buffer): string {
    const line = this.#parts.length === 0 ? tail : Buffer.concat([...this.#parts, tail]);
    this.#parts = [];
    this.#pendingBytes = 0;
    return line.toString('utf8');
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes > MAX_LINE_BYTES) throw new RangeError('a line of the stream is too long');
    this.#parts.push(rest);
  }
}
