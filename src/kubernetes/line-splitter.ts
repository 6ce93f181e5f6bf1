/** No object of an API server comes near this (etcd refuses far less): beyond it the stream is not a watch. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Cuts a byte stream into lines; keeps an unfinished line until the rest of it comes. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #pendingBytes = 0;

  /** The lines completed by this chunk, without their ends. Throws `RangeError` if a line has no end in sight. */
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
