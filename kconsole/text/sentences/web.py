"""Sentences about the console in a browser: those for who serves it, and those for who opens it."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Template

TEMPLATES: Final[Mapping[str, Template]] = {
    # For who serves it
    "serve-not-installed": "The console in a browser needs a package that is not installed: {missing}.",
    "install-serve": "Install kconsole with it: pip install 'kconsole[serve]'.",
    "serve-bad-address": "'{address}' is not an address and a port.",
    "serve-example": "Write --listen 127.0.0.1:8471, or --unix PATH.",
    "serve-cannot-listen": "kconsole cannot listen at {address}: {reason}.",
    "serve-already": "Another server listens at {address}.",
    "serve-elsewhere": "Stop the other server, or choose another place with --listen or --unix.",
    "serve-bad-origin": "'{origin}' is not the address of a page.",
    "serve-needs-origin": "The page's address is not known.",
    "serve-origin-example": "Write --origin https://seats.example, as browsers show it, without a path.",
    "serve-bad-proxy": "A trusted proxy is named by its IP address.",
    "serve-proxy-example": "Write --trusted-proxy 192.0.2.10.",
    "serve-needs-tls": "Others could read and change what goes over this network.",
    "serve-header-needs-proxy": "Anyone could write the name of an operator into a request.",
    "serve-behind-proxy": "Use --unix PATH, or name a proxy with TLS: --trusted-proxy ADDRESS --origin https://... "
    "'kconsole help browser' shows how.",
    "web-open": "The console is at {url}.",
    "web-link": "Open this link once, within 10 minutes, to be {operator}:",
    "web-session-opened": "{operator} opened a console from {address} ({number} of {most}).",
    "web-session-ended": "The console of {operator} from {address} has ended.",
    "web-failed": "A browser was not served: {kind}: {reason}.",
    # For who opens it
    "web-not-by-proxy": "Open this page at the address of its proxy.",
    "web-foreign-host": "This page does not have that address.",
    "web-foreign-origin": "Another page asked for this one.",
    "web-token-used": "This link was used before, or is too old. Ask for another one.",
    "web-unknown-operator": "You are not an operator here. Ask a full admin for a role.",
    "web-needs-link": "Open this page by the link that 'kconsole serve' printed.",
    "web-needs-scripts": "The console needs JavaScript.",
    "web-ended": "This console has ended.",
    "web-open-again": "Open another one",
    "web-full": "All {most} consoles are in use. Try again later.",
    "web-user-full": "{operator} has {most} consoles open. Close one of them first.",
}
