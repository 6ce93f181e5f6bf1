import { describedSettings } from './described-settings.ts';
import type { DescribedSetting } from './described-settings.ts';
import { describedUninstallSettings, UNINSTALL_COMMAND } from './uninstall-settings.ts';

/** All settings as Markdown, for docs/reference/settings.md. */
export function settingsReference(): string {
  const groups = Map.groupBy(describedSettings(), ({ title }) => title);
  const tables = [...groups].map(([title, settings]) => `## ${title}\n\n${toTable(settings)}`);
  return `# Settings

Every setting can be given as a flag or as an environment variable; the flag wins, and an empty variable counts as not set.
Switches: \`--leader-elect\`, \`--leader-elect=false\` and \`--no-leader-elect\` are all understood.
Durations are written as in \`90s\`, \`1h30m\` or \`250ms\`, amounts in USD. All problems are reported at once, and the process exits with code 2.

The API key has no flag, because the arguments of a process can be seen by others. Give exactly one of these:
the variable \`PRIME_API_KEY\` with the key, or \`PRIME_API_KEY_FILE\` with the path of a file that holds it. The file may appear later and may be replaced.

These variables are no settings, and work as in other programs: \`KUBECONFIG\` (see [use a kubeconfig](../how-to/use-a-kubeconfig.md)), and
\`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` and \`NODE_EXTRA_CA_CERTS\` (see [run behind a proxy](../how-to/behind-a-proxy.md)).

${tables.join('\n\n')}

## ${UNINSTALL_COMMAND}

\`gpupod-operator ${UNINSTALL_COMMAND}\` says whether you may [uninstall](../how-to/uninstall.md) the operator, and which GpuPods prevent it.
Exit code 0: you may; 1: you may not, or the GpuPods cannot be listed; 2: an argument is wrong. The Helm chart runs it before it deletes anything. It has settings of its own:

${toTable(describedUninstallSettings().filter(({ group }) => group === 'uninstall'))}

It also has \`--allow-retain\`, \`--watch-namespace\`, \`--kubeconfig\` and \`--context\`, which mean the same as for the operator. It needs no API key.
`;
}

function toTable(settings: readonly DescribedSetting[]): string {
  const rows = settings.map(
    ({ flag, env, placeholder, defaultText = '', description }) =>
      `| \`${flag}\` | ${env.map((name) => `\`${name}\``).join(', ')} | ${escape(placeholder)} | ${
        defaultText === '' ? '' : `\`${defaultText}\``
      } | ${escape(description)} |`,
  );
  return ['| Flag | Variable | Value | Default | Meaning |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}
