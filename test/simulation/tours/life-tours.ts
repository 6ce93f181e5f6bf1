import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { specChange } from '../people.ts';
import { hiddenFor } from '../provider-faults.ts';
import {
  affordable,
  askAgain,
  awayFor,
  deleteIt,
  ends,
  fails,
  healed,
  heldByAnother,
  releasedByAnother,
  instance,
  marketSays,
  passing,
  recovers,
  resume,
  stops,
  suspend,
  vanishes,
} from './steps.ts';
import type { Tour } from './tours.ts';

const MINUTE_MS = 60_000;

const CREATE = { method: 'POST', path: '/pods/', times: 1 } as const;
const LOST: FaultRuleInput = { ...CREATE, effect: { kind: 'ResetAfter' } };
const NOT_DONE: FaultRuleInput = { ...CREATE, effect: { kind: 'Answer', status: 500 } };
const HIDDEN: FaultRuleInput = { ...hiddenFor(30_000), times: 1 };

const NO_PRICE = { priceHr: null };
const UNPRICED: readonly FaultRuleInput[] = [
  { method: 'POST', path: '/pods/', effect: { kind: 'Patch', fields: NO_PRICE } },
  { method: 'GET', path: '/pods/{id}', effect: { kind: 'Patch', fields: NO_PRICE } },
  { method: 'GET', path: '/pods/', effect: { kind: 'PatchRows', fields: NO_PRICE } },
];

type Beginning = Omit<Tour, 'steps'>;
const NOTHING_FITS: Beginning = { spec: { maxPrice: 1 } };
const NO_SEARCH_TIME: Beginning = { spec: { maxPrice: 1, offerTimeout: '0s' } };
const ALL_FAIL: Beginning = { options: { provider: { podRules: [{ outcome: 'Error' }] } } };
const STUCK = { provisioningTimeout: '2h' };
const STARTS_FOR_EVER: Beginning = {
  spec: STUCK,
  options: { provider: { podRules: [{ outcome: 'StuckProvisioning' }] } },
};
const INSTALLS_FOR_EVER: Beginning = {
  spec: STUCK,
  options: { provider: { podRules: [{ outcome: 'StuckInstalling' }] } },
};

interface Arrival extends Beginning {
  readonly steps: Tour['steps'];
}

const AWAY = awayFor(25 * MINUTE_MS);

/** How a rented instance gets into each of its states. */
const RENTED: Readonly<Record<string, Arrival>> = {
  Provisioning: { ...STARTS_FOR_EVER, steps: ['Provisioning', passing(MINUTE_MS)] },
  Installing: { ...INSTALLS_FOR_EVER, steps: ['Installing', passing(MINUTE_MS)] },
  Ready: { steps: ['Ready', passing(MINUTE_MS)] },
  Failed: { steps: ['Ready', fails, 'Failed'] },
  Stopped: { steps: ['Ready', stops, 'Stopped'] },
  Unknown: { steps: ['Ready', AWAY, 'Unknown'] },
};

/** How a GpuPod with an earlier create request gets to where it has no instance. */
const IDLE: Readonly<Record<string, Arrival>> = {
  Pending: { ...ALL_FAIL, spec: { maxPrice: 2 }, steps: ['Terminated', 'Pending'] },
  Stalled: { ...ALL_FAIL, steps: ['Stalled'] },
  Suspended: { steps: ['Ready', suspend, 'Suspended'] },
  Terminated: { ...ALL_FAIL, steps: ['Terminated'] },
  Interrupted: { steps: ['Ready', ends, 'Interrupted'] },
  Lost: { steps: ['Ready', vanishes, 'Lost'] },
  Expired: { spec: { maxLifetime: '5m' }, steps: ['Ready', 'Expired'] },
};

function each(
  arrivals: Readonly<Record<string, Arrival>>,
  what: string,
  steps: Tour['steps'],
  except: readonly string[] = [],
): Record<string, Tour> {
  return Object.fromEntries(
    Object.entries(arrivals)
      .filter(([phase]) => !except.includes(phase))
      .map(([phase, arrival]) => [`${phase}: ${what}`, { ...arrival, steps: [...arrival.steps, ...steps] }]),
  );
}

/** The provider is unavailable, and then returns with the instance unchanged. */
function awayIn(phase: string): Record<string, Tour> {
  const arrival = RENTED[phase];
  if (arrival === undefined) throw new Error(`no steps lead to ${phase}`);
  return {
    [`${phase}: the provider is unavailable`]: {
      ...arrival,
      steps: [...arrival.steps, AWAY, 'Unknown', phase],
    },
  };
}

const NEVER_REQUESTED: Readonly<Record<string, Arrival>> = {
  'Pending from the beginning': { ...NOTHING_FITS, steps: ['Pending'] },
  'Stalled from the beginning': { ...NO_SEARCH_TIME, steps: ['Stalled'] },
  'Suspended from the beginning': { spec: { suspend: true }, steps: ['Suspended'] },
};

export const TOURS: Readonly<Record<string, Tour>> = {
  'a whole life': { steps: ['Provisioning', 'Installing', 'Ready', deleteIt] },
  'ready at once': { options: { provider: { installingMs: 0 } }, steps: ['Ready'] },
  'nothing fits until the cap is raised': { ...NOTHING_FITS, steps: ['Pending', affordable, 'Ready'] },
  'nothing fits in time': {
    spec: { maxPrice: 1, offerTimeout: '5m' },
    steps: ['Pending', 'Stalled', affordable, 'Ready'],
  },
  'nothing fits at first': { ...NO_SEARCH_TIME, steps: ['Stalled', affordable, 'Ready'] },
  'the response is lost, the instance is found': { faults: [LOST], steps: ['Uncertain', 'Ready'] },
  'the response is lost, there is no instance': {
    faults: [NOT_DONE],
    steps: ['Uncertain', 'Pending', 'Ready'],
  },
  'the response to a second create request is lost': {
    ...NOTHING_FITS,
    faults: [LOST],
    steps: ['Pending', affordable, 'Uncertain', 'Ready'],
  },
  'the response is lost, deleted, the instance is found': {
    faults: [LOST, HIDDEN],
    steps: ['Uncertain', deleteIt],
  },
  'the response is lost, deleted, there is no instance': {
    faults: [NOT_DONE],
    steps: ['Uncertain', deleteIt],
  },
  'the response is lost, suspended, the instance is found': {
    faults: [LOST, HIDDEN],
    steps: ['Uncertain', suspend, 'Suspended'],
  },
  'the response is lost, suspended, there is no instance': {
    faults: [NOT_DONE],
    steps: ['Uncertain', suspend, 'Suspended'],
  },
  'the first instance fails': {
    options: { provider: { podRules: [{ cloudId: 'n3-H100x1', outcome: 'Error' }] } },
    steps: ['Ready'],
  },
  'the first installation fails': {
    options: { provider: { podRules: [{ cloudId: 'n3-H100x1', outcome: 'InstallFailed' }] } },
    steps: ['Ready'],
  },
  'all instances fail': { ...ALL_FAIL, steps: ['Stalled', marketSays({ podRules: [] }), askAgain, 'Ready'] },
  'an instance fails, and the response to the next create request is lost': {
    options: { provider: { podRules: [{ cloudId: 'n3-H100x1', outcome: 'Error' }] } },
    faults: [{ ...CREATE, after: 1, effect: { kind: 'ResetAfter' } }],
    steps: ['Terminated', 'Uncertain', 'Ready'],
  },
  'no price is stated at first': {
    faults: UNPRICED,
    steps: ['Installing', passing(MINUTE_MS), healed, 'Ready'],
  },
  'the SSH server is late': {
    spec: { readiness: 'Reachable' },
    options: {
      provider: { podRules: [{ sshLateMs: 5 * MINUTE_MS }] },
      settings: { isProbing: true },
    },
    steps: ['Installing', passing(MINUTE_MS), 'Ready'],
  },
  'left running while another finalizer holds the GpuPod': {
    spec: { deletionPolicy: 'Retain' },
    steps: ['Ready', heldByAnother, 'Deleting', passing(MINUTE_MS), releasedByAnother],
  },
  'its lifetime is over, and is extended': {
    spec: { maxLifetime: '5m' },
    steps: ['Ready', 'Expired', passing(MINUTE_MS), specChange({ maxLifetime: '24h' }), 'Ready'],
  },
  'its total cost is reached, and the limit is raised': {
    spec: { maxTotalCost: 2 },
    steps: ['Ready', passing(50 * MINUTE_MS), 'Expired', specChange({ maxTotalCost: 20 }), 'Ready'],
  },
  'suspended and resumed': { steps: ['Ready', suspend, 'Suspended', resume, 'Ready'] },
  'deleted during the termination': { steps: ['Ready', suspend, 'Terminating', deleteIt] },
  'resumed before a create request': { spec: { suspend: true }, steps: ['Suspended', resume, 'Ready'] },
  'resumed before a create request, the response is lost': {
    spec: { suspend: true },
    faults: [LOST],
    steps: ['Suspended', resume, 'Uncertain', 'Ready'],
  },
  ...each(NEVER_REQUESTED, 'deleted', [deleteIt]),
  ...each(NEVER_REQUESTED, 'suspended', [suspend, 'Suspended'], ['Suspended from the beginning']),
  ...each(RENTED, 'deleted', [deleteIt]),
  ...each(RENTED, 'suspended', [suspend, 'Suspended']),
  ...each(RENTED, 'terminated by somebody else', [ends, passing(5 * MINUTE_MS)], ['Unknown']),
  ...each(RENTED, 'vanishes', [vanishes, passing(20 * MINUTE_MS)], ['Unknown']),
  ...each(IDLE, 'deleted', [deleteIt]),
  ...each(IDLE, 'suspended', [suspend, 'Suspended'], ['Suspended']),
  ...each(IDLE, 'requested again', [marketSays({ podRules: [] }), affordable, askAgain, resume, 'Ready']),
  ...awayIn('Provisioning'),
  ...awayIn('Installing'),
  ...awayIn('Ready'),
  ...awayIn('Failed'),
  ...awayIn('Stopped'),
  'Unknown: terminated by somebody else meanwhile': {
    steps: ['Ready', AWAY, 'Unknown', ends, passing(20 * MINUTE_MS)],
  },
  'Unknown: vanished meanwhile': { steps: ['Ready', AWAY, 'Unknown', vanishes, passing(20 * MINUTE_MS)] },
  'it fails and recovers': { steps: ['Ready', fails, 'Failed', recovers, 'Ready'] },
  'it is stopped and started': { steps: ['Ready', stops, 'Stopped', recovers, 'Ready'] },
  'it is installed again': {
    steps: [
      'Ready',
      instance({ status: 'ACTIVE', installationStatus: 'ACTIVE' }),
      'Installing',
      recovers,
      'Ready',
    ],
  },
  'it starts again': { steps: ['Ready', instance({ status: 'PENDING' }), 'Provisioning', recovers, 'Ready'] },
  'somebody terminates it at the provider': {
    steps: ['Ready', instance({ status: 'DELETING' }), 'Terminating', ends, 'Interrupted'],
  },
};
