import { BlockList, isIP } from 'node:net';
import { rangeOf } from './address-range.ts';

/**
 * Whether the operator may connect to an address that the provider names. The provider, or whoever speaks for it, must
 * not make the operator knock on doors inside the cluster or at the metadata service of its cloud.
 */

/** IPv4 that is not public and unicast, by the IANA registry of special-purpose addresses. */
const SPECIAL_IPV4 = listOf(
  '0.0.0.0/8', //        this network
  '10.0.0.0/8', //       private
  '100.64.0.0/10', //    shared by carriers; the metadata service of one cloud
  '127.0.0.0/8', //      loopback
  '169.254.0.0/16', //   link-local; the metadata service of most clouds
  '172.16.0.0/12', //    private
  '192.0.0.0/24', //     protocol assignments; a metadata service, too
  '192.0.2.0/24', //     documentation
  '192.88.99.0/24', //   relays of 6to4
  '192.168.0.0/16', //   private
  '198.18.0.0/15', //    benchmarks
  '198.51.100.0/24', //  documentation
  '203.0.113.0/24', //   documentation
  '224.0.0.0/4', //      multicast
  '240.0.0.0/4', //      reserved, and the broadcast address
  '168.63.129.16/32', // public by its number, but the platform service of Azure
);

/** The only block of IPv6 from which public addresses are given out. */
const GLOBAL_IPV6 = listOf('2000::/3');

/** Parts of that block that are not public and unicast. */
const SPECIAL_IPV6 = listOf(
  '2001::/23', //     protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', //     6to4, which holds an IPv4 address
  '3fff::/20', //     documentation
);

/** IPv6 that stands for an IPv4 address, which is in the last four bytes: the IPv4 address decides. */
const STANDS_FOR_IPV4 = listOf('::ffff:0:0/96', '64:ff9b::/96');

/** Whether an address is public and unicast. False for everything that is not an address in its usual form. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !SPECIAL_IPV4.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && isPublicIpv6(address);
    default:
      return false;
  }
}

function isPublicIpv6(address: string): boolean {
  if (STANDS_FOR_IPV4.check(address, 'ipv6')) {
    return isPublicAddress(lastFourBytes(address));
  }
  return GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
}

/** A rule for addresses: the public ones, and those in the ranges, such as `127.0.0.1/32`. */
export function publicOr(ranges: readonly string[]): (address: string) => boolean {
  const extra = listOf(...ranges);
  return (address) => isPublicAddress(address) || isInList(extra, address);
}

function isInList(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !address.includes('%') && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function listOf(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of ranges) {
    const range = rangeOf(text);
    if (range !== undefined) {
      list.addSubnet(range.address, range.bits, range.family);
    }
  }
  return list;
}

/** The last four bytes of an IPv6 address, as an IPv4 address. The URL parser writes all forms in one way. */
function lastFourBytes(address: string): string {
  const [, tail = ''] = /^\[(.*)\]$/.exec(new URL(`http://[${address}]`).hostname) ?? [];
  const [low = '0', high = '0'] = wordsAfterGap(tail).reverse();
  const value = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => String((value >>> shift) & 0xff)).join('.');
}

/** The hexadecimal words at the end of an address; those that `::` leaves out are absent and count as 0. */
function wordsAfterGap(address: string): string[] {
  const words = (address.split('::').at(-1) ?? '').split(':').filter((word) => word !== '');
  return words.slice(-2);
}
