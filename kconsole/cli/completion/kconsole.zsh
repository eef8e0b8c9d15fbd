#compdef kconsole
# Completion of kconsole in zsh. Save it as _kconsole in a folder of $fpath, or: source <(kconsole completion zsh)

_kconsole() {
    local -a answer names shown blank
    local line
    answer=("${(@f)$(command kconsole __complete zsh "$LBUFFER" "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    case $answer[1] in
        files) [[ $PREFIX == --*=* ]] && compset -P 1 '*='; _files; return ;;
        folders) [[ $PREFIX == --*=* ]] && compset -P 1 '*='; _files -/; return ;;
        beginnings) blank=(-S '') ;;
        words) ;;
        *) return 1 ;;
    esac
    for line in "${(@)answer[2,-1]}"; do
        names+=("${line%%$'\t'*}")
        shown+=("${${line/$'\t'/  }%  }")
    done
    (( $#names )) || return 1
    compadd "$blank[@]" -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -V kconsole -l -d shown -a names
}

if [[ ${funcstack[1]} == _kconsole ]]; then
    _kconsole "$@"
else
    compdef _kconsole kconsole
fi
