import { describe, expect, it } from '@jest/globals';
import { loadUninstallConfig } from '../../src/config/uninstall-settings.ts';

describe('the settings of the check before an uninstallation', () => {
  it('have defaults, and need no API key', () => {
    expect(loadUninstallConfig([], {})).toEqual({
      kind: 'ok',
      config: {
        uninstall: { policy: 'Refuse', timeoutMs: 240_000, deletesCrd: false },
        policy: { allowRetain: true },
        kubernetes: { watchNamespaces: [] },
      },
    });
  });

  it('come from flags and from the variables that the operator has as well', () => {
    const argv = [
      '--policy=Terminate',
      '--timeout=90s',
      '--deletes-crd=true',
      '--watch-namespace=team-a,team-b',
    ];
    expect(loadUninstallConfig(argv, { GPUPOD_ALLOW_RETAIN: 'false', GPUPOD_CONCURRENCY: '7' })).toEqual({
      kind: 'ok',
      config: {
        uninstall: { policy: 'Terminate', timeoutMs: 90_000, deletesCrd: true },
        policy: { allowRetain: false },
        kubernetes: { watchNamespaces: ['team-a', 'team-b'] },
      },
    });
  });

  it('report all problems at once', () => {
    expect(loadUninstallConfig(['--policy=Force', '--timeout', '--concurrency=3'], {})).toEqual({
      kind: 'invalid',
      problems: [
        expect.stringContaining('--concurrency'),
        '--timeout needs a value.',
        '--policy: "Force" is not one of Refuse, Retain, Terminate.',
      ],
    });
  });

  it('are shown by the help, with the exit codes', () => {
    const loaded = loadUninstallConfig(['--policy=Force', '--help'], {});
    const text = loaded.kind === 'help' ? loaded.text.replaceAll(/\s+/g, ' ') : '';
    expect(text).toContain('Usage: gpupod-operator uninstall-check');
    expect(text).toContain('Exit code 0: you may');
    expect(text).toContain('--policy <Refuse|Retain|Terminate>');
  });
});
