import { COMPLETE_COMMAND } from './protocol.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** In a template, a dollar before a brace is not the shell's. */
const DOLLAR = '$';

/**
 * The script that connects a shell with the program. Each asks it for the suggestions, which are one a line, and reads
 * from the last line whether names of files fit as well (`:0`).
 */
export const SHELL_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: String.raw`# Completion of gpupod for bash. Load it with: source <(gpupod completion bash)
_gpupod() {
  local word description
  COMPREPLY=()
  while IFS=$'\t' read -r word description; do
    case "$word" in
      :0) compopt -o default 2>/dev/null ;;
      :*) ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(gpupod ${COMPLETE_COMMAND} "${DOLLAR}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _gpupod gpupod`,
  zsh: String.raw`#compdef gpupod
# Completion of gpupod for zsh. Load it with: source <(gpupod completion zsh)
_gpupod() {
  local word description files=no
  local -a suggestions
  while IFS=$'\t' read -r word description; do
    case "$word" in
      :0) files=yes ;;
      :*) ;;
      *) suggestions+=("$word:$description") ;;
    esac
  done < <(gpupod ${COMPLETE_COMMAND} "${DOLLAR}{(@)words[2,CURRENT]}" 2>/dev/null)
  _describe gpupod suggestions
  if [[ $files == yes ]]; then
    _files
  fi
}
compdef _gpupod gpupod`,
  fish: String.raw`# Completion of gpupod for fish. Load it with: gpupod completion fish | source
function __gpupod_complete
    set -l before (commandline -opc)
    set -l lines (gpupod ${COMPLETE_COMMAND} $before[2..] (commandline -ct) 2>/dev/null)
    string match -v -r '^:\d+$' -- $lines
    if contains -- :0 $lines
        __fish_complete_path (commandline -ct)
    end
end
complete -c gpupod -f -a '(__gpupod_complete)'`,
};
