import { describe, expect, it } from '@jest/globals';
import { parsePorts } from '../../src/prime/ports.ts';

const JUPYTER = 'https://h6qc-8888.proxy.example';

describe('parsePorts', () => {
  it.each([
    {
      name: 'texts',
      given: [{ internal: '22', external: '30022', protocol: 'TCP', usedBy: 'SSH' }],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP', usedBy: 'SSH' }],
    },
    {
      name: 'numbers',
      given: [{ internal: 22, external: 30_022 }],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP' }],
    },
    {
      name: 'a URL',
      given: [{ internal: '8888', external: JUPYTER, usedBy: 'JUPYTER_NOTEBOOK' }],
      read: [{ internal: 8888, protocol: 'TCP', usedBy: 'JUPYTER_NOTEBOOK', url: JUPYTER }],
    },
    {
      name: 'a URL without a particular port',
      given: [{ internal: '*', external: `${JUPYTER}/lab?token=abc` }],
      read: [{ protocol: 'TCP', url: `${JUPYTER}/lab?token=abc` }],
    },
    { name: 'everything', given: [{ internal: '*', external: '*' }], read: [] },
    {
      name: 'a range',
      given: [{ internal: '8000-8001', external: '30000-30001' }],
      read: [
        { internal: 8000, external: 30_000, protocol: 'TCP' },
        { internal: 8001, external: 30_001, protocol: 'TCP' },
      ],
    },
    { name: 'ranges of two lengths', given: [{ internal: '8000-8001', external: '30000' }], read: [] },
    { name: 'a huge range', given: [{ internal: '1-65535', external: '1-65535' }], read: [] },
    {
      name: 'host and port',
      given: [{ internal: 22, external: '203.0.113.7:30022', usedBy: 'SSH' }],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP', usedBy: 'SSH', host: '203.0.113.7' }],
    },
    {
      name: 'an IPv6 host and port',
      given: [{ internal: 22, external: '[2001:db8::1]:30022' }],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP', host: '2001:db8::1' }],
    },
    {
      name: 'the longest hostname, and a longer one',
      given: [
        { internal: 22, external: `${'h'.repeat(253)}:30022` },
        { internal: 80, external: `${'h'.repeat(254)}:30080` },
      ],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP', host: 'h'.repeat(253) }],
    },
    {
      name: 'lists in lists',
      given: [[{ internal: 22, external: 1 }], [[{ internal: 80, external: 2 }]]],
      read: [
        { internal: 22, external: 1, protocol: 'TCP' },
        { internal: 80, external: 2, protocol: 'TCP' },
      ],
    },
    {
      name: 'an object',
      given: { '22': '30022', web: { internal: 80, external: 2 }, '9': null },
      read: [
        { internal: 22, external: 30_022, protocol: 'TCP' },
        { internal: 80, external: 2, protocol: 'TCP' },
      ],
    },
    {
      name: 'a protocol after the port',
      given: [{ internal: '22/tcp', external: '30022' }],
      read: [{ internal: 22, external: 30_022, protocol: 'TCP' }],
    },
    { name: 'nothing', given: null, read: [] },
    { name: 'a text', given: 'x', read: [] },
    { name: 'invalid rows', given: [null, 7, 'x', {}], read: [] },
  ])('$name', ({ given, read }) => {
    expect(parsePorts(given)).toEqual(read);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://host.example/$(reboot)',
    'https://host.example/`id`',
    'https://host.example/ x',
    'https://host.example/\u202Ex',
    'https://user:secret@host.example/',
    '-oProxyCommand=x:22',
    '0',
    '65536',
    '203.0.113.7:0',
  ])('leaves out %s, which could run something or has no address', (external) => {
    expect(parsePorts([{ internal: 8888, external }])).toEqual([]);
  });
});
