import { once } from 'node:events';
import http from 'node:http';
import { text as textOf } from 'node:stream/consumers';

/** The operator's metrics that the bench reads. */
export interface Scrape {
  /** The number of GpuPods by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** Finished reconciles of GpuPods. */
  readonly reconciles: number;
  readonly cpuSeconds: number;
  readonly eventLoopLagP99Seconds: number;
  /** Requests to the API server so far. A watch counts once, when it is opened. */
  readonly kubernetesRequests: number;
}

export async function scrape(port: number): Promise<Scrape> {
  const text = await read(`http://127.0.0.1:${String(port)}/metrics`);
  const phases: Record<string, number> = {};
  for (const [, phase = '', value] of text.matchAll(/^gpupod_gpupods\{.*?phase="(\w+)".*\} (\S+)$/gm)) {
    phases[phase] = (phases[phase] ?? 0) + Number(value);
  }
  const gauge = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const sum = (name: string, labels = ''): number =>
    [...text.matchAll(new RegExp(`^${name}\\{.*${labels}.*\\} (\\S+)$`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return {
    phases,
    residentBytes: gauge('process_resident_memory_bytes'),
    heapUsedBytes: gauge('nodejs_heap_size_used_bytes'),
    reconciles: sum('controller_runtime_reconcile_total', 'controller="gpupod"'),
    cpuSeconds: gauge('process_cpu_seconds_total'),
    eventLoopLagP99Seconds: gauge('nodejs_eventloop_lag_p99_seconds'),
    kubernetesRequests: sum('rest_client_requests_total'),
  };
}

/** On a connection of its own: one from before a long rest may be closed by now. */
async function read(url: string): Promise<string> {
  const request = http.get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return await textOf(response);
}
