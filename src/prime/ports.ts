import { z } from 'zod';
import type { PodPort } from '../lifecycle/provider.ts';
import { OptionalWord } from './schemas/common.ts';

const MAX_PORTS = 100;

const Port = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().min(1).max(65_535));

const PortMapping = z.object({
  internal: Port,
  external: Port,
  protocol: OptionalWord.catch(undefined),
  usedBy: OptionalWord.catch(undefined),
});

/** The usable rows of `primePortMapping`; ports come as texts. Rows that are none are left out. */
export function parsePorts(mapping: unknown): PodPort[] {
  const rows: unknown[] = Array.isArray(mapping) ? mapping : [];
  const ports: PodPort[] = [];
  for (const row of rows.slice(0, MAX_PORTS)) {
    const parsed = PortMapping.safeParse(row);
    if (parsed.success) {
      const { internal, external, protocol = 'TCP', usedBy } = parsed.data;
      ports.push({ internal, external, protocol, ...(usedBy === undefined ? {} : { usedBy }) });
    }
  }
  return ports;
}
