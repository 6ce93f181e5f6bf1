import { beforeEach, describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { EventReference, EventToRecord } from '../../../src/controllers/gpupod/ports.ts';
import { StatusFidelity } from '../../../src/controllers/gpupod/status-fidelity.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { rentedGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';

type Field = keyof GpuPodStatus;

const GPU_POD = rentedGpuPod();
const ADVICE = 'The operator rents nothing new. Apply the CRD of this version and restart the operator.';

let log: RecordingLog;
let events: (readonly [EventReference, EventToRecord])[];
/** What is wrong with the CRD in the cluster. */
let served: string | undefined;
let fidelity: StatusFidelity;

beforeEach(() => {
  log = new RecordingLog();
  events = [];
  served = undefined;
  const record = (about: EventReference, event: EventToRecord): void => {
    events.push([about, event]);
  };
  fidelity = new StatusFidelity(log, { record }, () => served);
});

/** A status with these fields only. */
function statusOf(fields: readonly Field[]): Partial<GpuPodStatus> {
  const whole = rentedStatus({ phase: 'Running' });
  return Object.fromEntries(Object.entries(whole).filter(([key]) => fields.some((field) => field === key)));
}

/** One write of these fields, of which the API server dropped some. */
interface Write {
  readonly sent: readonly Field[];
  readonly dropped: readonly Field[];
}

function noteAll(writes: readonly Write[]): void {
  for (const { sent, dropped } of writes) {
    fidelity.note(GPU_POD, { observedGeneration: 1, ...statusOf(sent) }, statusOf(dropped));
  }
}

interface Row {
  readonly name: string;
  readonly writes: readonly Write[];
  /** The fields that the problem names; undefined: there is no problem. */
  readonly problem: string | undefined;
  readonly reports: number;
}

const ROWS: readonly Row[] = [
  {
    name: 'nothing while every field comes back',
    writes: [{ sent: ['podId', 'cost'], dropped: [] }],
    problem: undefined,
    reports: 0,
  },
  {
    name: 'nothing when a field is dropped that protects no money',
    writes: [{ sent: ['phase'], dropped: ['phase'] }],
    problem: undefined,
    reports: 0,
  },
  {
    name: 'the protecting fields that are dropped, sorted by name',
    writes: [{ sent: ['podName', 'cost', 'phase'], dropped: ['podName', 'phase', 'cost'] }],
    problem: 'status.cost, status.podName',
    reports: 1,
  },
  {
    name: 'a field that is dropped again, and reports it once',
    writes: [
      { sent: ['podId'], dropped: ['podId'] },
      { sent: ['podId'], dropped: ['podId'] },
    ],
    problem: 'status.podId',
    reports: 1,
  },
  {
    name: 'all fields that several writes lost, and reports each news',
    writes: [
      { sent: ['podId'], dropped: ['podId'] },
      { sent: ['cost'], dropped: ['cost'] },
    ],
    problem: 'status.cost, status.podId',
    reports: 2,
  },
  {
    name: 'nothing once the field comes back',
    writes: [
      { sent: ['podId'], dropped: ['podId'] },
      { sent: ['podId'], dropped: [] },
    ],
    problem: undefined,
    reports: 1,
  },
  {
    name: 'a field that a later write did not send, so that it could not come back',
    writes: [
      { sent: ['podId'], dropped: ['podId'] },
      { sent: ['cost'], dropped: [] },
    ],
    problem: 'status.podId',
    reports: 1,
  },
  {
    name: 'a field that is dropped again after it came back, and reports it again',
    writes: [
      { sent: ['podId'], dropped: ['podId'] },
      { sent: ['podId'], dropped: [] },
      { sent: ['podId'], dropped: ['podId'] },
    ],
    problem: 'status.podId',
    reports: 2,
  },
];

describe('the problem of the CRD', () => {
  it.each(ROWS)('names $name', ({ writes, problem, reports }) => {
    noteAll(writes);

    expect(fidelity.problem).toBe(
      problem === undefined ? undefined : `The installed CRD drops ${problem}. ${ADVICE}`,
    );
    expect(log.messages('error')).toHaveLength(reports);
    expect(events).toHaveLength(reports);
  });

  it('is forgotten when the CRD is right now, and reported again if it was not', () => {
    const write = { sent: ['podId'], dropped: ['podId'] } as const;
    noteAll([write]);
    fidelity.forget();
    expect(fidelity.problem).toBeUndefined();

    noteAll([write]);

    expect(fidelity.problem).toContain('status.podId');
    expect(events).toHaveLength(2);
  });

  it('is first what is wrong with the CRD in the cluster, while it is', () => {
    noteAll([{ sent: ['podId'], dropped: ['podId'] }]);
    served = 'The CRD lacks spec.suspend.';

    expect(fidelity.problem).toBe(
      'The CRD lacks spec.suspend. The operator rents nothing new. Apply the CRD of this version.',
    );
    served = undefined;
    expect(fidelity.problem).toContain('status.podId');
  });

  it('is undefined if the operator may not read the CRD and lost nothing', () => {
    expect(new StatusFidelity(log, { record: () => undefined }).problem).toBeUndefined();
  });
});

it('reports the GpuPod, the fields and what to do, in the log and as an event', () => {
  noteAll([{ sent: ['podName', 'cost'], dropped: ['podName', 'cost'] }]);

  const { namespace, name, uid } = GPU_POD.metadata;
  expect(log.lines).toEqual([
    {
      level: 'error',
      fields: { namespace, name, fields: ['cost', 'podName'] },
      message:
        'the CRD drops fields of the status; nothing new is rented until you apply the CRD of this version',
    },
  ]);
  expect(events).toEqual([
    [
      { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', namespace, name, uid },
      {
        type: 'Warning',
        reason: 'CrdOutdated',
        message:
          'The installed CRD drops status.cost, status.podName. The operator rents nothing new. Apply the CRD of this version.',
      },
    ],
  ]);
});
