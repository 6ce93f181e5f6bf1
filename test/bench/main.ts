import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepareAudit } from '../support/audit.ts';
import { openBench } from '../support/bench.ts';
import { measureBurst, withoutEvents } from './burst.ts';
import type { Burst } from './burst.ts';

/** `npm run bench -- --count 1000`: what so many GpuPods cost in writes, requests, memory and, compared with a floor, time. */

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } });

function report(burst: Burst): string {
  const { count, floorMs, readyMs, goneMs, atReady } = burst;
  const per = (number: number): string => (number / count).toFixed(2);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `GpuPods                          ${String(count)}`,
    `all Ready                        ${seconds(readyMs)}; floor ${seconds(floorMs)}; ratio ${(readyMs / floorMs).toFixed(2)}`,
    `all gone                         ${seconds(goneMs)}`,
    `Kubernetes writes per GpuPod     ${per(withoutEvents(burst.writes))}, events apart: ${JSON.stringify(burst.writes)}`,
    `Kubernetes writes at rest        ${String(burst.writesAtRest)} in 70 s`,
    `provider requests per GpuPod     ${per(withoutEvents(burst.requests))}: ${JSON.stringify(burst.requests)}`,
    `provider requests at rest        ${String(burst.requestsAtRest)} in 70 s`,
    `Kubernetes writes per deletion   ${per(withoutEvents(burst.atDeletion.writes))}: ${JSON.stringify(burst.atDeletion.writes)}`,
    `provider requests per deletion   ${per(withoutEvents(burst.atDeletion.requests))}: ${JSON.stringify(burst.atDeletion.requests)}`,
    `resident memory, all Ready       ${(atReady.residentBytes / 1e6).toFixed(0)} MB`,
    `event loop lag p99, at worst      ${(burst.worstLagP99Seconds * 1000).toFixed(1)} ms`,
  ].join('\n');
}

const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-bench-audit-'));
const audit = await prepareAudit(directory);
const bench = await openBench({ apiServerFlags: audit.flags });
try {
  process.stdout.write(`${report(await measureBurst(bench, audit, Number(values.count)))}\n`);
} finally {
  await bench.close();
  await rm(directory, { recursive: true });
}
