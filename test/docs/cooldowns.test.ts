import { describe, expect, it } from '@jest/globals';
import type { CooldownReason } from '../../src/lifecycle/step.ts';
import { COOLDOWNS } from '../../src/accounts/holds/cooldowns.ts';
import { markdownFiles, tableBelow } from './support/markdown.ts';

const MINUTE_MS = 60_000;
const HOURS_FROM_MINUTES = 120;

/** What the page calls each reason; two reasons may share a row. */
const ROWS: Readonly<Record<string, string>> = {
  NoCapacity: 'no capacity',
  ProvisioningTimedOut: 'too slow, or the installation failed',
  InstallFailed: 'too slow, or the installation failed',
  AboveMaxPrice: 'the price was above the cap',
  NotAsRequested: 'the instance was not what was chosen',
  InvalidRequest: 'the request was refused as invalid',
  TemplateIncompatible: 'the template does not work with the offer',
  OtherRefusal: 'another refusal, or the request created nothing',
  NotCreated: 'another refusal, or the request created nothing',
  Forbidden: 'forbidden, or over a quota',
  QuotaExceeded: 'forbidden, or over a quota',
} satisfies Record<CooldownReason, string>;

const WHOM = {
  everybody: /^all GpuPods/,
  upstream: /^all GpuPods/,
  object: /^this GpuPod/,
  request: /^GpuPods that ask for the same/,
};

function lasts({ forMs, doublesToMs }: (typeof COOLDOWNS)[CooldownReason]): string {
  const minutes = forMs / MINUTE_MS;
  const first = minutes > HOURS_FROM_MINUTES ? `${minutes / 60} hours` : `${minutes} minutes`;
  return doublesToMs === undefined ? first : `${first}, doubling up to ${doublesToMs / MINUTE_MS}`;
}

describe('the cooldowns on the page about offers and prices', () => {
  const page = markdownFiles().find(({ path }) => path === 'docs/explanation/offers-and-prices.md');
  const rows = page === undefined ? [] : tableBelow(page, '## After a failure');
  const cooldowns = Object.entries(COOLDOWNS).map(([reason, rule]) => ({ reason, rule }));

  it.each(cooldowns)('include the time of $reason, and the GpuPods that it concerns', ({ reason, rule }) => {
    const [, time = '', whom = ''] = rows.find(([what]) => what === ROWS[reason]) ?? [];
    expect(time).toBe(lasts(rule));
    expect(whom).toMatch(WHOM[rule.scope]);
  });

  it('have no other row', () => {
    expect(rows.map(([what]) => what).toSorted()).toEqual([...new Set(Object.values(ROWS))].toSorted());
  });
});
