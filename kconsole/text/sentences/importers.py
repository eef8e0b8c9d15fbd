"""Files: exports, the server's own files, logins, licenses, dumps, samples, configuration and preferences."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "no-such-sample": "There is no sample {name}.",
    "samples-are": "The samples are {samples:list}.",
    "sample-damaged": "The sample file {file} is missing or damaged.",
    "install-again": "Install kconsole again.",
    "demo-server-needs-source": (
        "The test server is part of kconsole's source code, and this kconsole was installed without it."
    ),
    "run-from-source": "Run it from a checkout of the source, or leave out --server.",
    "demo-server-failed": "The test server did not start.",
    "run-demo-server": "See why with 'python -m tests.kerio_server' in the checkout. It needs openssl.",
    "read-only-makes-no-store": "--read-only does not create a store.",
    "demo-without-into": "Leave it out, or leave out --into.",
    "needs-terminal": lambda params: (
        "The console needs a terminal that can move its cursor" + (" ({reason})" if params["reason"] else "") + "."
    ),
    "use-command-line": ("Use the command line instead: 'kconsole status', 'kconsole accounts', 'kconsole --help'."),
}
