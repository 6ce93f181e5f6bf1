import { describe, expect, it } from '@jest/globals';
import { describedSettings } from '../../src/config/described-settings.ts';
import { describedUninstallSettings } from '../../src/config/uninstall-settings.ts';
import { settingsReference } from '../../src/config/settings-reference.ts';

describe('settingsReference', () => {
  it('has one row of five cells for each setting', () => {
    const rows = settingsReference()
      .split('\n')
      .filter((line) => line.startsWith('| `--'));

    const ofCheck = describedUninstallSettings().filter(({ group }) => group === 'uninstall');
    expect(ofCheck).toHaveLength(3);
    expect(rows).toHaveLength(describedSettings().length + ofCheck.length);
    expect(rows.map((row) => row.split(/(?<!\\)\|/).length)).toEqual(rows.map(() => 7));
  });
});

describe('describedSettings', () => {
  it('gives every flag and every variable to one setting only', () => {
    const settings = describedSettings();
    const names = [...settings.map(({ flag }) => flag), ...settings.flatMap(({ env }) => env)];

    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('PRIME_API_KEY');
  });
});
