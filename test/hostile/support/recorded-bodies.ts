import { createBench, createBody, rent } from '../../simulator/support.ts';
import { anOfferRow, aPodRow, POD_NAME, podsPage } from '../../prime/builders.ts';

/** The ID of the queried instance. */
export const ASKED_ID = 'e980488c4af84f3fa1d9d1c0a1b2c3d4';

const ERRORS = [
  { detail: 'Invalid token' },
  { detail: 'no longer available' },
  { detail: [{ loc: ['body', 'pod', 'cloudId'], msg: 'Field required' }] },
  { errors: [{ param: 'body.pod.cloudId', details: 'field required' }] },
  { error: { message: 'Insufficient balance', type: 'x', code: 'insufficient_funds' } },
  { message: 'Too many requests.' },
];

const DETAILED = aPodRow({
  status: 'ACTIVE',
  installationStatus: 'FINISHED',
  sshConnection: ['root@203.0.113.7 -p 22022'],
  ip: '203.0.113.7',
  primePortMapping: [
    { internal: '22', external: '22022', protocol: 'TCP', usedBy: 'SSH', description: null },
    { internal: '8888', external: '8888', protocol: 'TCP', usedBy: 'JUPYTER_NOTEBOOK', description: null },
  ],
});

const ENDED = {
  id: 'p1',
  name: POD_NAME,
  type: 'Instance',
  createdAt: '2026-11-23T10:00:00Z',
  terminatedAt: '2026-11-23T11:00:00Z',
  totalBilledPrice: 1.9,
};

/** The recorded answers: those of the endpoints in use, and errors of any. */
export type Endpoint =
  | 'create'
  | 'pod'
  | 'pods'
  | 'status'
  | 'history'
  | 'delete'
  | 'whoami'
  | 'gpus'
  | 'legacy'
  | 'summary'
  | 'error';

/** Answers by endpoint, as texts, from the API's own documents and from the simulator. */
export const RECORDED = record();

function record(): Readonly<Record<Endpoint, readonly string[]>> {
  const bench = createBench();
  const id = rent(bench);
  const ask = (method: string, path: string, body?: unknown): unknown =>
    bench.ask(method, path, { body }).body;
  const offers = '?gpu_type=A100_80GB&gpu_count=1&page_size=2';
  const cheapest = { onDemand: 0.99, communityPrice: null, spotPrice: 0.5748 };
  const twoPods = [aPodRow({ id: 'p1' }), aPodRow({ id: 'p2', name: 'My first GPU', teamId: 'team-1' })];
  return {
    create: texts(aPodRow(), ask('POST', '/pods/', createBody({ pod: { name: POD_NAME } }))),
    pod: texts(DETAILED, { ...DETAILED, ...asRecord(ask('GET', `/pods/${id}`)), id: ASKED_ID }),
    pods: texts(podsPage(twoPods), ask('GET', '/pods/')),
    status: texts({ data: [{ ...DETAILED, podId: ASKED_ID }] }, ask('GET', `/pods/status?pod_ids=${id}`)),
    delete: texts({ status: 'TERMINATED' }, ask('DELETE', `/pods/${id}`)),
    history: texts({ total_count: 1, data: [ENDED] }, ask('GET', '/pods/history')),
    whoami: texts({ data: { id: 'u1' }, status: null }, ask('GET', '/user/whoami')),
    gpus: texts({ items: [anOfferRow()], totalCount: 1 }, ask('GET', `/availability/gpus${offers}`)),
    legacy: texts({ A100_80GB: [anOfferRow()] }, ask('GET', `/availability/${offers}`)),
    summary: texts({ A100_80GB: { 1: { cheapest } } }),
    error: texts(...ERRORS),
  };
}

function texts(...bodies: readonly unknown[]): readonly string[] {
  return bodies.map((body) => JSON.stringify(body));
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
