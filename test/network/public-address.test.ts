import { describe, expect, it } from '@jest/globals';
import { isPublicAddress, publicOr } from '../../src/network/public-address.ts';

const PUBLIC: readonly [address: string, why: string][] = [
  ['8.8.8.8', 'an ordinary address'],
  ['1.0.0.0', 'the first after 0.0.0.0/8'],
  ['9.255.255.255', 'the last before 10.0.0.0/8'],
  ['11.0.0.0', 'the first after 10.0.0.0/8'],
  ['100.63.255.255', 'the last before the shared block'],
  ['100.128.0.0', 'the first after the shared block'],
  ['126.255.255.255', 'the last before loopback'],
  ['128.0.0.1', 'the first after loopback'],
  ['169.253.255.255', 'the last before link-local'],
  ['169.255.0.0', 'the first after link-local'],
  ['172.15.255.255', 'the last before 172.16.0.0/12'],
  ['172.32.0.0', 'the first after 172.16.0.0/12'],
  ['192.0.1.0', 'between the two blocks of 192.0'],
  ['192.167.255.255', 'the last before 192.168.0.0/16'],
  ['192.169.0.0', 'the first after 192.168.0.0/16'],
  ['198.17.255.255', 'the last before the benchmarks'],
  ['198.20.0.0', 'the first after the benchmarks'],
  ['223.255.255.255', 'the last before multicast'],
  ['168.63.129.17', 'beside the platform service of Azure'],
  ['2600::1', 'an ordinary IPv6 address'],
  ['2001:4860:4860::8888', 'behind the protocol assignments'],
  ['2A00:1450:4001::1', 'in capitals'],
  ['::ffff:8.8.8.8', 'stands for a public IPv4 address'],
  ['::ffff:808:808', 'the same in hexadecimal'],
  ['0:0:0:0:0:ffff:8.8.8.8', 'the same written out'],
  ['64:ff9b::8.8.8.8', 'a public IPv4 address behind NAT64'],
  ['64:ff9b::808:808', 'the same in hexadecimal'],
];

const NOT_PUBLIC: readonly [address: string, why: string][] = [
  ['0.0.0.0', 'this host'],
  ['0.255.255.255', 'this network'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private, the last'],
  ['100.64.0.1', 'shared by carriers'],
  ['100.100.100.200', 'the metadata service of Alibaba Cloud'],
  ['100.127.255.255', 'shared by carriers, the last'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback, the whole block'],
  ['169.254.169.254', 'the metadata service'],
  ['169.254.0.1', 'link-local'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private, the last'],
  ['192.0.0.192', 'the metadata service of Oracle Cloud'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', 'a relay of 6to4'],
  ['192.168.1.1', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['198.19.255.255', 'benchmarks, the last'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.7', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast, the last'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['168.63.129.16', 'the platform service of Azure'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'the deprecated form of an IPv4 address'],
  ['::7f00:1', 'the same in hexadecimal'],
  ['::8.8.8.8', 'the deprecated form, even of a public address'],
  ['::ffff:127.0.0.1', 'loopback as IPv6'],
  ['::ffff:7f00:1', 'the same in hexadecimal'],
  ['::FFFF:7F00:1', 'the same in capitals'],
  ['0:0:0:0:0:ffff:7f00:0001', 'the same written out'],
  ['::ffff:10.0.0.1', 'private as IPv6'],
  ['::ffff:169.254.169.254', 'the metadata service as IPv6'],
  ['::ffff:a9fe:a9fe', 'the same in hexadecimal'],
  ['::ffff:0:1', 'the first word is 0'],
  ['::ffff:0:0', 'unspecified as IPv6'],
  ['::ffff:0:127.0.0.1', 'translated (SIIT)'],
  ['64:ff9b::127.0.0.1', 'loopback behind NAT64'],
  ['64:ff9b::7f00:1', 'the same in hexadecimal'],
  ['64:ff9b::a9fe:a9fe', 'the metadata service behind NAT64'],
  ['64:ff9b::', 'unspecified behind NAT64'],
  ['64:ff9b::1', 'this network behind NAT64'],
  ['64:ff9b:1::8.8.8.8', 'NAT64 of a private network'],
  ['2002:7f00:1::1', 'loopback as 6to4'],
  ['2002:a9fe:a9fe::', 'the metadata service as 6to4'],
  ['2002:808:808::1', '6to4, even of a public address'],
  ['2001:0:7f00:1::1', 'Teredo'],
  ['2001::1', 'protocol assignments'],
  ['2001:2::1', 'benchmarks'],
  ['2001:10::1', 'ORCHID'],
  ['2001:20::1', 'ORCHID, version 2'],
  ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation, the new block'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'the metadata service of AWS'],
  ['fd20:ce::254', 'the metadata service of Google Cloud'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['2600::1%eth0', 'a zone makes no sense on a public address'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['100::1', 'discard'],
  ['5f00::1', 'segment routing'],
  ['4000::1', 'not given out'],
  ['2130706433', 'loopback as one number'],
  ['0x7f.1', 'loopback in a form of inet_aton'],
  ['127.1', 'loopback, shortened'],
  ['0177.0.0.1', 'loopback in octal'],
  ['localhost', 'a name'],
  ['[::1]', 'in brackets'],
  ['8.8.8.8 ', 'with a blank'],
  ['', 'nothing'],
];

describe('isPublicAddress', () => {
  it.each(PUBLIC)('accepts %s: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(NOT_PUBLIC)('refuses %s: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('publicOr', () => {
  const rule = publicOr(['127.0.0.1/32', '10.1.0.0/16', 'fd00:1::/64']);

  it.each<[string, boolean, string]>([
    ['127.0.0.1', true, 'the one address'],
    ['127.0.0.2', false, 'its neighbour'],
    ['10.1.2.3', true, 'in a range'],
    ['10.2.0.0', false, 'beside the range'],
    ['fd00:1::5', true, 'in a range of IPv6'],
    ['fd00:2::5', false, 'beside it'],
    ['8.8.8.8', true, 'public'],
    ['fd00:1::5%eth0', false, 'with a zone'],
    ['localhost', false, 'a name'],
  ])('says of %s: %s (%s)', (address, expected) => {
    expect(rule(address)).toBe(expected);
  });
});
