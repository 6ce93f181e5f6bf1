import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, stat, truncate, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import path from 'node:path';
import type { Attributes, FileEntry, SFTPWrapper } from 'ssh2';

/** Status codes of the SFTP protocol, version 3. */
const OK = 0;
const EOF = 1;
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const FAILURE = 4;
/** The longest read that one request gets. */
const MAX_READ_BYTES = 256 * 1024;
const HANDLE_BYTES = 4;

/** A file that the client has open, or the entries of a directory that it has not read yet. */
type Opened = { readonly file: FileHandle } | FileEntry[];

/** OpenSSH takes a session without an exit status for a failure, and ssh2 declares no way to send one for SFTP. */
interface WithProtocol {
  readonly outgoing: { readonly id: number };
  readonly _protocol: { exitStatus(channel: number, status: number): void };
}

class OutsideError extends Error {
  readonly code = 'EACCES';
}

/** Serves one SFTP session, enough for `scp` and `sftp` of OpenSSH. It reaches the home of the instance alone. */
export function serveFiles(sftp: SFTPWrapper, home: string): void {
  const opened = new Map<number, Opened>();
  let last = 0;

  const within = (requested: string): string => {
    const resolved = path.resolve(home, requested);
    if (resolved !== home && !resolved.startsWith(`${home}${path.sep}`)) {
      throw new OutsideError('outside of the home directory');
    }
    return resolved;
  };
  const keep = (reqId: number, value: Opened): void => {
    const handle = Buffer.alloc(HANDLE_BYTES);
    handle.writeUInt32BE((last += 1));
    opened.set(last, value);
    sftp.handle(reqId, handle);
  };
  const fileOf = (handle: Buffer): FileHandle => {
    const found = opened.get(handle.readUInt32BE());
    if (found === undefined || !('file' in found)) {
      throw new Error('not an open file');
    }
    return found.file;
  };
  let turn = Promise.resolve();
  /**
   * Runs one request after all earlier ones: OpenSSH takes an end of file that overtakes data for the end of the data.
   * What the request throws becomes the status of the answer.
   */
  const answer = (reqId: number, run: () => Promise<void> | void): void => {
    turn = turn.then(run).catch((error: unknown) => {
      sftp.status(reqId, statusOf(error), error instanceof Error ? error.message : undefined);
    });
  };
  /** Runs a request whose answer is only that it succeeded. */
  const change = (reqId: number, run: () => Promise<unknown>): void => {
    answer(reqId, async () => {
      await run();
      sftp.status(reqId, OK);
    });
  };

  sftp.on('REALPATH', (reqId, name) => {
    answer(reqId, async () => {
      const filename = within(name);
      sftp.name(reqId, [{ filename, longname: filename, attrs: await attributesIfThere(filename) }]);
    });
  });
  sftp.on('STAT', (reqId, name) => {
    answer(reqId, async () => {
      sftp.attrs(reqId, attributesOf(await stat(within(name))));
    });
  });
  sftp.on('LSTAT', (reqId, name) => {
    answer(reqId, async () => {
      sftp.attrs(reqId, attributesOf(await lstat(within(name))));
    });
  });
  sftp.on('FSTAT', (reqId, handle) => {
    answer(reqId, async () => {
      sftp.attrs(reqId, attributesOf(await fileOf(handle).stat()));
    });
  });
  sftp.on('SETSTAT', (reqId, name, attributes) => {
    change(reqId, async () => {
      await setAttributes(within(name), attributes);
    });
  });
  sftp.on('FSETSTAT', (reqId, handle, { mode }: Partial<Attributes>) => {
    change(reqId, async () => {
      if (mode !== undefined) {
        await fileOf(handle).chmod(mode & 0o777);
      }
    });
  });
  sftp.on('OPEN', (reqId, name, flags, { mode }: Partial<Attributes>) => {
    answer(reqId, async () => {
      keep(reqId, { file: await open(within(name), openFlags(flags), (mode ?? 0o644) & 0o777) });
    });
  });
  sftp.on('READ', (reqId, handle, offset, length) => {
    answer(reqId, async () => {
      const buffer = Buffer.alloc(Math.min(length, MAX_READ_BYTES));
      const { bytesRead } = await fileOf(handle).read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) {
        sftp.status(reqId, EOF);
      } else {
        sftp.data(reqId, buffer.subarray(0, bytesRead));
      }
    });
  });
  sftp.on('WRITE', (reqId, handle, offset, data) => {
    change(reqId, async () => await fileOf(handle).write(data, 0, data.length, offset));
  });
  sftp.on('CLOSE', (reqId, handle) => {
    change(reqId, async () => {
      const key = handle.readUInt32BE();
      const found = opened.get(key);
      opened.delete(key);
      if (found !== undefined && 'file' in found) {
        await found.file.close();
      }
    });
  });
  sftp.on('OPENDIR', (reqId, name) => {
    answer(reqId, async () => {
      keep(reqId, await entriesOf(within(name)));
    });
  });
  sftp.on('READDIR', (reqId, handle) => {
    answer(reqId, () => {
      const found = opened.get(handle.readUInt32BE());
      const entries = found === undefined || 'file' in found ? [] : found.splice(0);
      if (entries.length === 0) {
        sftp.status(reqId, EOF);
      } else {
        sftp.name(reqId, entries);
      }
    });
  });
  sftp.on('MKDIR', (reqId, name) => {
    change(reqId, async () => await mkdir(within(name)));
  });
  sftp.on('RMDIR', (reqId, name) => {
    change(reqId, async () => {
      await rmdir(within(name));
    });
  });
  sftp.on('REMOVE', (reqId, name) => {
    change(reqId, async () => {
      await rm(within(name));
    });
  });
  sftp.on('RENAME', (reqId, from, to) => {
    change(reqId, async () => {
      await rename(within(from), within(to));
    });
  });
  sftp.on('end', () => {
    const { _protocol: protocol, outgoing } = sftp as unknown as WithProtocol; // see its docstring
    protocol.exitStatus(outgoing.id, 0);
    sftp.end();
  });
  // A session may end with open files.
  sftp.on('close', () => {
    for (const found of opened.values()) {
      if ('file' in found) {
        found.file.close().catch(() => undefined);
      }
    }
    opened.clear();
  });
}

function statusOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return NO_SUCH_FILE;
  }
  return code === 'EACCES' || code === 'EPERM' ? PERMISSION_DENIED : FAILURE;
}

/** The flags of an SFTP request, as flags of `open`. */
function openFlags(flags: number): number {
  const [READ, WRITE, APPEND, CREATE, TRUNCATE, EXCLUSIVE] = [0x1, 0x2, 0x4, 0x8, 0x10, 0x20];
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const access = !has(WRITE) ? constants.O_RDONLY : has(READ) ? constants.O_RDWR : constants.O_WRONLY;
  return (
    access |
    (has(APPEND) ? constants.O_APPEND : 0) |
    (has(CREATE) ? constants.O_CREAT : 0) |
    (has(TRUNCATE) ? constants.O_TRUNC : 0) |
    (has(EXCLUSIVE) ? constants.O_EXCL : 0)
  );
}

function attributesOf({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes {
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

async function attributesIfThere(name: string): Promise<Attributes> {
  try {
    return attributesOf(await stat(name));
  } catch {
    return { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
  }
}

async function setAttributes(name: string, attributes: Partial<Attributes>): Promise<void> {
  const { size, atime, mtime } = attributes;
  if (size !== undefined) {
    await truncate(name, size);
  }
  if (atime !== undefined && mtime !== undefined) {
    await utimes(name, atime, mtime);
  }
}

async function entriesOf(directory: string): Promise<FileEntry[]> {
  const names = await readdir(directory);
  return await Promise.all(
    names.map(async (filename) => ({
      filename,
      longname: filename,
      attrs: attributesOf(await lstat(path.join(directory, filename))),
    })),
  );
}
