export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** Asks for what may stand in the place of the last of the words behind it. */
export const COMPLETION_FLAG = '--complete';

/**
 * What a shell sources. Both ask the very command that is being typed, so that a path works as the name does;
 * by SHELL it knows which shell asks, and gives zsh descriptions too. yargs offers a letter's option with two
 * dashes as well, which is left out.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# source <(packyard completion bash)
_packyard() {
  local typed="\${COMP_WORDS[COMP_CWORD]}" word
  COMPREPLY=()
  while IFS= read -r word; do
    [[ $word == "$typed"* && $word != --? ]] && COMPREPLY+=("$word")
  done < <(SHELL=bash "\${COMP_WORDS[0]}" ${COMPLETION_FLAG} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _packyard packyard`,

  zsh: `#compdef packyard
# source <(packyard completion zsh)
_packyard() {
  local -a found
  found=("\${(@f)$(SHELL=zsh "\${words[1]}" ${COMPLETION_FLAG} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#--?:*}")
  if [[ -n "\${found[*]}" ]]; then _describe packyard found; else _default; fi
}
compdef _packyard packyard`,
};
