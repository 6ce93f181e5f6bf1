/** The data types of the SSH protocol (RFC 4251), as far as keys need them. */

const LENGTH_BYTES = 4;

/** Reads strings, each behind its length, to the end; undefined if they do not end there. */
export function readFields(data: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    const end = at + LENGTH_BYTES + (at + LENGTH_BYTES <= data.length ? data.readUInt32BE(at) : Infinity);
    if (end > data.length) {
      return undefined;
    }
    fields.push(data.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return fields;
}

/** A string behind its length. */
export function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
