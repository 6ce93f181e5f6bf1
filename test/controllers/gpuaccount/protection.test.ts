import { beforeEach, describe, expect, it } from '@jest/globals';
import { IN_USE_FINALIZER, ANNOTATIONS } from '../../../src/api/common/names.ts';
import type { GpuAccount } from '../../../src/api/gpuaccount/gpu-account.ts';
import { Protection } from '../../../src/controllers/gpuaccount/protection.ts';
import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';
import type { Secret } from '../../../src/kubernetes/client/secrets-client.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { gpuAccount } from './support/account.ts';

const KEY = 'team-a/default';
const FORBIDDEN = new ApiStatusError(403, 'Forbidden', 'cannot patch secrets');
const CONFLICT = new ApiStatusError(409, 'Conflict', 'the UID differs');

let log: RecordingLog;
let writes: string[];
let records: (string | null)[];
let error: Error | undefined;
let isNeededByOther: boolean;
let protection: Protection;

beforeEach(() => {
  log = new RecordingLog();
  writes = [];
  records = [];
  error = undefined;
  isNeededByOther = false;
  protection = newProtection();
});

function newProtection(): Protection {
  return new Protection({
    log,
    applyFinalizers: async ({ name, uid }, finalizers) => {
      writes.push(`secret ${name} ${uid}: ${finalizers.join()}`);
      await (error === undefined ? Promise.resolve() : Promise.reject(error));
    },
    namespace: 'gpupod-system',
    patchAccount: async (_account, { metadata: { finalizers = [], annotations } }) => {
      writes.push(`account: ${finalizers.join()}`);
      if (annotations !== undefined) records.push(annotations[ANNOTATIONS.protectedSecret] ?? null);
      await Promise.resolve(undefined);
    },
    isNeededByOther: () => isNeededByOther,
  });
}

function secret(name = 'key', uid = 'uid-1', finalizers: string[] = []): Secret {
  return { metadata: { namespace: 'team-a', name, uid, resourceVersion: '1', finalizers }, data: {} };
}

function account(finalizers: string[] = [], spec: Record<string, unknown> = {}, record?: string): GpuAccount {
  const parsed = gpuAccount({ spec });
  const annotations = record === undefined ? {} : { [ANNOTATIONS.protectedSecret]: record };
  return { ...parsed, metadata: { ...parsed.metadata, finalizers, annotations } };
}

const HELD = account([IN_USE_FINALIZER], {}, 'key/uid-1');
const TAKEN = `secret key uid-1: ${IN_USE_FINALIZER}`;
const GIVEN_UP = 'secret key uid-1: ';

describe('the finalizers of an account and its Secret', () => {
  it('are set once, the Secret’s first, and removed in the same sequence', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    await protection.sync(KEY, account(['other']), true);
    await protection.sync(KEY, HELD, true);
    await protection.sync(KEY, account(['other', IN_USE_FINALIZER]), false);
    await protection.sync(KEY, account(['other']), false);
    expect(writes).toEqual([TAKEN, `account: other,${IN_USE_FINALIZER}`, GIVEN_UP, 'account: other']);
  });

  it('are removed from the Secret that an earlier process protected, after it was renamed meanwhile', async () => {
    protection.noteSecret(KEY, { secret: secret('new', 'uid-2') });
    await protection.sync(KEY, HELD, true);
    expect(writes).toEqual([
      GIVEN_UP,
      `secret new uid-2: ${IN_USE_FINALIZER}`,
      `account: ${IN_USE_FINALIZER}`,
    ]);
    expect(records).toEqual(['new/uid-2']);
  });

  it('stay on the recorded Secret until it is known which one the account names now', async () => {
    await protection.sync(KEY, HELD, true);
    expect(writes).toEqual([]);
  });

  it('stay on the recorded Secret while another account needs it', async () => {
    isNeededByOther = true;
    protection.noteSecret(KEY, { secret: secret('new', 'uid-2') });
    await protection.sync(KEY, HELD, true);
    expect(writes).not.toContain(GIVEN_UP);
  });

  it('stay on a Secret that the operator may not read any more', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    await protection.sync(KEY, HELD, true);
    protection.noteSecret(KEY, { refusal: 'Secret team-a/key cannot be read: 403' });
    await protection.sync(KEY, HELD, true);
    expect(writes).toEqual([TAKEN]);
  });

  it('leave a Secret alone that is not to be protected, and give it up when that changes', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    const unprotected = account([IN_USE_FINALIZER], { protectSecret: false });
    await protection.sync(KEY, unprotected, true);
    expect(writes).toEqual([]);
    await protection.sync(KEY, HELD, true);
    await protection.sync(KEY, unprotected, true);
    expect(writes).toEqual([TAKEN, GIVEN_UP]);
  });

  it('move to the Secret that the account names by now, or that has its name', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    await protection.sync(KEY, HELD, true);
    protection.noteSecret(KEY, { secret: secret('key', 'uid-2') });
    await protection.sync(KEY, HELD, true);
    protection.noteSecret(KEY, { secret: secret('new', 'uid-3') });
    await protection.sync(KEY, account([IN_USE_FINALIZER], {}, 'key/uid-2'), true);
    expect(writes.slice(1).filter((write) => write.startsWith('secret'))).toEqual([
      GIVEN_UP,
      `secret key uid-2: ${IN_USE_FINALIZER}`,
      'secret key uid-2: ',
      `secret new uid-3: ${IN_USE_FINALIZER}`,
    ]);
    expect(records).toEqual(['key/uid-2', 'new/uid-3']);
  });

  it('that an earlier process set are removed as well', async () => {
    protection.noteSecret(KEY, { secret: secret('key', 'uid-1', [IN_USE_FINALIZER]) });
    await protection.sync(KEY, HELD, false);
    expect(writes).toEqual([GIVEN_UP, 'account: ']);
  });

  it('stay on a Secret that another account needs', async () => {
    protection.noteSecret(KEY, { secret: secret('key', 'uid-1', [IN_USE_FINALIZER]) });
    isNeededByOther = true;
    await protection.sync(KEY, HELD, false);
    expect(writes).toEqual(['account: ']);
  });

  it('are not added to an account that is being deleted already', async () => {
    const deleting = { ...account(), metadata: { ...account().metadata, deletionTimestamp: 'now' } };
    await protection.sync(KEY, deleting, true);
    expect(writes).toEqual([]);
  });

  it('of the Secret go when somebody removed the account by force', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    await protection.sync(KEY, HELD, true);
    await protection.forget(KEY);
    await protection.forget(KEY);
    expect(writes).toEqual([TAKEN, GIVEN_UP]);
  });

  it('are not waited for where the Secret has gone', async () => {
    protection.noteSecret(KEY, { secret: secret('key', 'uid-1', [IN_USE_FINALIZER]) });
    error = CONFLICT;
    await protection.sync(KEY, HELD, false);
    await protection.sync(KEY, account(), false);
    expect(writes).toEqual([GIVEN_UP, 'account: ']);
  });

  it('are put back on a Secret that somebody replaced as a whole, as to rotate the key', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    await protection.sync(KEY, HELD, true);
    protection.noteSecret(KEY, { secret: secret('key', 'uid-1', []) });
    await protection.sync(KEY, HELD, true);
    expect(writes).toEqual([TAKEN, TAKEN]);
  });

  it('of the account stay while that of the Secret cannot be removed', async () => {
    protection.noteSecret(KEY, { secret: secret('key', 'uid-1', [IN_USE_FINALIZER]) });
    error = FORBIDDEN;
    await protection.sync(KEY, HELD, false);
    expect(writes).toEqual([GIVEN_UP]);
    error = undefined;
    await protection.sync(KEY, HELD, false);
    expect(writes).toEqual([GIVEN_UP, GIVEN_UP, 'account: ']);
  });

  it('that the operator may not write are tried again, and reported once', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    error = FORBIDDEN;
    const unrecorded = account([IN_USE_FINALIZER]);
    for (let times = 0; times < 3; times += 1) await protection.sync(KEY, unrecorded, true);
    expect(writes).toEqual([TAKEN, TAKEN, TAKEN]);
    expect(log.lines).toHaveLength(1);
  });

  it('that fail for another reason are an error, so that the reconcile is repeated', async () => {
    protection.noteSecret(KEY, { secret: secret() });
    error = new ApiStatusError(500, 'InternalError', 'later');
    await expect(protection.sync(KEY, HELD, true)).rejects.toThrow('later');
  });
});
