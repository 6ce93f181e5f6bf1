import { isIP } from 'node:net';

const MAX_BITS = { ipv4: 32, ipv6: 128 } as const;

/** A range of addresses. */
interface AddressRange {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads `10.0.0.0/8` or `fd00::/8`; undefined if the text is no range. */
export function rangeOf(text: string): AddressRange | undefined {
  const [, address = '', bits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) {
    return undefined;
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return Number(bits) > MAX_BITS[family] ? undefined : { address, bits: Number(bits), family };
}
