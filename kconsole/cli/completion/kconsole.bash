# Completion of kconsole in bash 4.4 or newer. Save it as
# ~/.local/share/bash-completion/completions/kconsole, or: source <(kconsole completion bash)

_kconsole() {
    local answer
    COMPREPLY=()
    mapfile -t answer < <(command kconsole __complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" "$COMP_TYPE" 2>/dev/null)
    case ${answer[0]-} in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
        beginnings) compopt -o nospace ;;
    esac
    COMPREPLY=("${answer[@]:1}")
}

complete -F _kconsole kconsole
