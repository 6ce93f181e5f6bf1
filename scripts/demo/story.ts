import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { systemClock } from '../../src/clock.ts';
import { parseGpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { isRecord } from '../../src/json.ts';
import { findCondition } from '../../src/lifecycle/status/draft.ts';
import { showSentence } from './instance.ts';
import { bodyLine, headLine, isNews, readRow } from './rows.ts';
import type { Row } from './rows.ts';
import { mustSucceed } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Terminal } from './terminal.ts';
import { usd } from './text.ts';
import { judgeLedger } from './verdict.ts';

const POLL_MS = 400;
/** Many times the usual duration, because the host may be busy. */
const READY_TIMEOUT_MS = 180_000;
const GONE_TIMEOUT_MS = 180_000;
const EVENTS_TIMEOUT_MS = 20_000;

const exampleFile = path.resolve(import.meta.dirname, '../../examples/gpupod.yaml');

/** The parts of the manifest that the demo shows. */
const manifestSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ maxPrice: z.number() }),
});

/** The manifest, as text and parsed. */
export interface Example {
  readonly file: string;
  readonly text: string;
  readonly name: string;
  readonly maxPrice: number;
}

export async function readExample(readFile: (file: string) => Promise<string>): Promise<Example> {
  const text = await readFile(exampleFile);
  const { metadata, spec } = manifestSchema.parse(parse(text));
  return { file: exampleFile, text, name: metadata.name, maxPrice: spec.maxPrice };
}

/** Applies the manifest, and shows every change until the instance is ready. */
export async function rentOne(stage: Stage, example: Example, terminal: Terminal): Promise<GpuPod> {
  terminal.heading('A person applies a manifest');
  const lines = example.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) terminal.line(`    ${line}`);
  terminal.line();
  terminal.line(`$ kubectl apply -f ${path.relative(process.cwd(), example.file)}`);
  terminal.line((await mustSucceed(stage.controlPlane, ['apply', '-f', example.file])).trimEnd());

  terminal.heading('What they see');
  terminal.line(`$ kubectl get gpupod ${example.name}`);
  const deadlineMs = systemClock.monotonicMs() + READY_TIMEOUT_MS;
  let before: Row | undefined;
  for (;;) {
    before = await showRow(stage, example, terminal, before);
    const gpuPod = await readGpuPod(stage, example.name);
    if (findCondition(gpuPod.status, 'Ready')?.status === 'True') {
      await showRow(stage, example, terminal, before);
      return gpuPod;
    }
    const stalled = findCondition(gpuPod.status, 'Stalled');
    if (stalled !== undefined) throw new Error(`the GpuPod is stalled: ${stalled.message}`);
    mustGoOn(stage, deadlineMs, 'the GpuPod did not get ready');
    await systemClock.sleep(POLL_MS);
  }
}

/** The events, once one with this reason exists, which is the last one. */
export async function showEvents(
  stage: Stage,
  { name }: Example,
  lastReason: string,
  terminal: Terminal,
): Promise<void> {
  terminal.heading('Events');
  const deadlineMs = systemClock.monotonicMs() + EVENTS_TIMEOUT_MS;
  let events = await readEvents(stage, name);
  while (!events.some(({ reason }) => reason === lastReason)) {
    mustGoOn(stage, deadlineMs, `there is no event ${lastReason}`);
    await systemClock.sleep(POLL_MS);
    events = await readEvents(stage, name);
  }
  for (const { reason, message } of events) showSentence(reason, message, terminal);
}

/** Deletes the object. kubectl returns once the operator has seen that the instance is terminated. */
export async function deleteOne(stage: Stage, example: Example, terminal: Terminal): Promise<void> {
  terminal.heading('They delete it');
  terminal.line(`$ kubectl delete gpupod ${example.name}`);
  terminal.progress('kubectl waits until the provider no longer has the instance');
  const timeout = `--timeout=${GONE_TIMEOUT_MS / 1000}s`;
  const gone = await mustSucceed(stage.controlPlane, ['delete', 'gpupod', example.name, timeout]);
  terminal.line(gone.trimEnd());
}

/** Prints the provider's ledger, and returns whether all of it is correct. */
export function settleUp({ simulator }: Stage, { maxPrice }: Example, terminal: Terminal): boolean {
  const { ledger } = simulator;
  const entries = ledger.entries();
  terminal.heading("The provider's ledger");
  for (const { id, createdPriceHr, createdAtMs, endedAtMs, costUsd } of entries) {
    const seconds = ((endedAtMs ?? systemClock.nowMs()) - createdAtMs) / 1000;
    terminal.fact(
      'bill',
      `pod ${id}: ${seconds.toFixed(1)} s at ${usd(createdPriceHr)} USD/h = ${costUsd.toFixed(4)} USD`,
    );
  }
  const findings = judgeLedger({ entries, deletes: ledger.deletes }, maxPrice);
  for (const { succeeded, text } of findings) terminal.check(succeeded, text);
  return findings.every(({ succeeded }) => succeeded);
}

async function showRow(
  { controlPlane }: Stage,
  { name }: Example,
  terminal: Terminal,
  before: Row | undefined,
): Promise<Row | undefined> {
  const row = readRow(await mustSucceed(controlPlane, ['get', 'gpupod', name]));
  if (row === undefined || !isNews(row, before)) return before;
  if (before === undefined) terminal.line(headLine(row));
  terminal.line(bodyLine(row));
  return row;
}

async function readGpuPod({ controlPlane }: Stage, name: string): Promise<GpuPod> {
  const text = await mustSucceed(controlPlane, ['get', 'gpupod', name, '-o', 'json']);
  const object: unknown = JSON.parse(text);
  if (!isRecord(object)) throw new Error('kubectl printed no object');
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid') throw new Error(`the GpuPod cannot be read: ${parsed.problems}`);
  return parsed.gpuPod;
}

const eventsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ creationTimestamp: z.string() }),
      reason: z.string(),
      message: z.string(),
    }),
  ),
});

async function readEvents(
  { controlPlane }: Stage,
  name: string,
): Promise<readonly { reason: string; message: string }[]> {
  const args = ['get', 'events', '--field-selector', `involvedObject.name=${name}`, '-o', 'json'];
  return eventsSchema
    .parse(JSON.parse(await mustSucceed(controlPlane, args)))
    .items.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
}

/** Waiting is useless without an operator, and must not last forever. */
function mustGoOn({ operator }: Stage, deadlineMs: number, what: string): void {
  if (!operator.isRunning()) throw new Error(`${what}, for the operator has ended`);
  if (systemClock.monotonicMs() > deadlineMs) throw new Error(`${what} in time`);
}
