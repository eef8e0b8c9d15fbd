"""The script that sets up a service user, whose store operators reach through `kconsole shell` only."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

_SCRIPT: Final = """\
#!/bin/sh
# Made by 'kconsole service-user --print'. Nothing has been run: read it, and then run it as root.
#
# It makes the system user {user}, and a home for its store. Operators reach that store through 'kconsole shell' only,
# by a rule of sudo or by the forced command of an SSH key, and have the roles of {roles_file}.
# It can be run again, and changes no key, no role and no store that is there.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077
service={user}
home={home}
program={program}

fail() {{
    echo "$1 Nothing more was done." >&2
    exit 1
}}
[ "$(id -u)" = 0 ] || fail "Run this as root."
[ -x "$program" ] || fail "$program is not there; name it with --program."

# Whoever can change the program, or a folder above it, could do anything as the service user.
path=$(readlink -f "$program")
while [ "$path" != / ]; do
    case $(stat -c '%u %A' "$path") in
        "0 "?????-??-?) ;;
        *) fail "$path is not root's, or others can change it. Install kconsole as root." ;;
    esac
    path=$(dirname "$path")
done

# The user. It has no password. Its shell is needed: sshd runs a forced command with it.
getent group "$service" >/dev/null || groupadd --system "$service"
getent passwd "$service" >/dev/null ||
    useradd --system --gid "$service" --home-dir "$home" --no-create-home --shell /bin/sh --comment kconsole "$service"
[ "$(getent passwd "$service" | cut -d: -f6)" = "$home" ] || fail "The home folder of $service is not $home."
usermod --password '*' "$service"

# Its home and its keys are root's, so that nothing that the service user does can add a key.
install -d -o root -g "$service" -m 0750 "$home" "$home/.ssh"
install -d -o "$service" -g "$service" -m 0700 "$home/.local" "$home/.config" "$home/inbox" "$home/exports"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# SSH: one line for each key, with the operator's name. Put the real keys in.
cat >"$work/keys" <<'END'
{keys}
END
[ -e "$home/.ssh/authorized_keys" ] || install -o root -g "$service" -m 0640 "$work/keys" "$home/.ssh/authorized_keys"

# Roles: who may do what.
cat >"$work/roles.toml" <<'END'
{roles}
END
install -d -o root -g root -m 0755 {roles_folder}
[ -e {roles_file} ] || install -o root -g root -m 0644 "$work/roles.toml" {roles_file}

# sudo: each operator may run exactly one command. The line begins with their name on this machine.
cat >"$work/sudoers" <<'END'
{sudoers}
END
if [ -d /etc/sudoers.d ] && command -v visudo >/dev/null; then
    visudo -cqf "$work/sudoers" || fail "The rules of sudo are not valid."
    install -o root -g root -m 0440 "$work/sudoers" "/etc/sudoers.d/$service"
else
    echo "There is no sudo here; its rules were left out." >&2
fi

cat <<END
Done. Next, as root:
  runuser -l $service -c '$program init --seats N'
  edit {roles_file}, then: runuser -l $service -c '$program roles check'
  put the operators' keys into $home/.ssh/authorized_keys
An operator then runs 'ssh $service@HOST', or here: sudo -u $service $program shell --operator NAME
END
"""


class ServiceOperator(NamedTuple):
    """An operator of the service user's store."""

    name: str
    """Their name in the roles file."""
    user: str
    """What sudo calls them; empty for one who is no user of this machine."""


def service_user_script(
    user: str, home: str, program: str, operators: Sequence[ServiceOperator], roles_file: str
) -> str:
    """The script. All texts are plain words: none can mean something to a shell or to sudo."""
    serve = {operator.name: f"{program} shell --operator {operator.name}" for operator in operators}
    return _SCRIPT.format(
        user=user,
        home=home,
        program=program,
        roles_file=roles_file,
        roles_folder=roles_file.rpartition("/")[0],
        keys="\n".join(f'#restrict,pty,command="{serve[name]}" ssh-ed25519 AAAA... {name}' for name, _ in operators),
        roles="\n".join(f'[operator.{name}]\nrole = "auditor"' for name, _ in operators),
        sudoers=sudoers(user, program, serve, operators),
    )


def sudoers(user: str, program: str, serve: Mapping[str, str], operators: Sequence[ServiceOperator]) -> str:
    """The rules of sudo: no wildcard, so that no further option gets in, and no variable but the operator's command."""
    lines = [
        f"Defaults!{program} env_reset, !setenv, use_pty",
        f'Defaults!{program} env_keep += "SSH_ORIGINAL_COMMAND"',
        *(f"{each.user} ALL=({user}) NOPASSWD: NOSETENV: {serve[each.name]}" for each in operators if each.user),
    ]
    return "\n".join(lines)
