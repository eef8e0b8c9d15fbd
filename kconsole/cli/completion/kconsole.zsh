#compdef kconsole
# Completion of kconsole in zsh. Save it as _kconsole in a folder of $fpath, or: source <(kconsole completion zsh)

_kconsole() {
    local -a answer names texts shown how
    local line
    local -i width=0
    answer=("${(@f)$(command kconsole __complete zsh "$LBUFFER" "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    case $answer[1] in
        files) [[ $PREFIX == --*=* ]] && compset -P 1 '*='; _files; return ;;
        folders) [[ $PREFIX == --*=* ]] && compset -P 1 '*='; _files -/; return ;;
        beginnings) how=(-S '') ;;
        words) ;;
        *) return 1 ;;
    esac
    for line in "${(@)answer[2,-1]}"; do
        names+=("${line%%$'\t'*}")
        texts+=("${line#*$'\t'}")
        (( ${(m)#names[-1]} > width )) && width=${(m)#names[-1]}
    done
    (( $#names )) || return 1
    if [[ -n "${(j::)texts}" ]]; then
        for (( line = 1; line <= $#names; line++ )); do
            shown+=("${(mr:width:)names[line]}  $texts[line]")
        done
        how+=(-l -d shown)
    fi
    compadd "$how[@]" -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -V kconsole -a names
}

if [[ ${funcstack[1]} == _kconsole ]]; then
    _kconsole "$@"
else
    compdef _kconsole kconsole
fi
