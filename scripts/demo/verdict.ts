import type { DeleteRecord, LedgerEntry } from '../../src/simulator/world/ledger.ts';

/** The provider's ledger after the demo. It says what was really rented, and how that ended. */
export interface LedgerReport {
  /** Every instance ever created. */
  readonly entries: readonly LedgerEntry[];
  readonly deletes: readonly DeleteRecord[];
}

/** A statement that must be true, and whether it is. */
export interface Finding {
  readonly succeeded: boolean;
  readonly text: string;
}

/**
 * Judges by the provider's ledger alone: what the operator says of itself is no evidence. One instance, under its
 * cap, ended because the operator asked for it, and nothing left that bills.
 */
export function judgeLedger({ entries, deletes }: LedgerReport, capUsdPerHour: number): readonly Finding[] {
  const live = entries.filter(({ endedAtMs }) => endedAtMs === null);
  const [instance] = entries;
  return [
    { succeeded: entries.length === 1, text: `instances ever rented: ${entries.length}, must be 1` },
    ...(instance === undefined ? [] : judgeInstance(instance, deletes, capUsdPerHour)),
    { succeeded: live.length === 0, text: `instances that still bill: ${live.length}, must be 0` },
  ];
}

function judgeInstance(
  { id, createdPriceHr, maxPrice, endedBy }: LedgerEntry,
  deletes: readonly DeleteRecord[],
  capUsdPerHour: number,
): readonly Finding[] {
  const accepted = deletes.filter(({ podId, result }) => podId === id && result === 'Accepted').length;
  const cap = capUsdPerHour.toFixed(2);
  return [
    {
      succeeded: createdPriceHr <= capUsdPerHour,
      text: `price: ${createdPriceHr.toFixed(2)} USD/h, the cap is ${cap}`,
    },
    {
      succeeded: maxPrice === capUsdPerHour,
      text: `cap sent with the create request: ${maxPrice?.toFixed(2) ?? 'none'} USD/h, must be ${cap}`,
    },
    {
      succeeded: accepted > 0,
      text: `requests to end it that were accepted: ${accepted}, must be 1 or more`,
    },
    {
      succeeded: endedBy?.reason === 'Delete',
      text: `ended by: ${endedBy?.reason ?? 'nobody'}, must be Delete`,
    },
  ];
}
