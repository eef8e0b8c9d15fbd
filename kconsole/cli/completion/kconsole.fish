# Completion of kconsole in fish. Save it as ~/.config/fish/completions/kconsole.fish, or: kconsole completion fish | source

function __kconsole_complete
    set -l begun (commandline -ct)
    set -l answer (command kconsole __complete fish (commandline -opc) (string unescape -- $begun; or echo -- $begun) 2>/dev/null)
    set -l value (string replace -r -- '^--[^=]*=' '' $begun)
    set -l option (string match -r -- '^--[^=]*=' $begun)
    switch "$answer[1]"
        case files
            printf '%s\n' "$option"(__fish_complete_path $value)
        case folders
            printf '%s\n' "$option"(__fish_complete_directories $value)
        case '*'
            printf '%s\n' $answer[2..]
    end
end

complete -c kconsole -f -k -a '(__kconsole_complete)'
