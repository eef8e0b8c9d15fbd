"""The pages and files that browsers get, and the headers that keep them to themselves."""

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Final

from aiohttp import web

from kconsole.core.codes import message
from kconsole.text.messages import sentence

_OWN: Final = Path(__file__).parent / "static"
_front = find_spec("textual_serve")
if _front is None or _front.origin is None:
    raise ImportError("textual_serve", name="textual_serve")
_FRONT: Final = Path(_front.origin).parent / "static"

FILES: Final[Mapping[str, tuple[Path, str]]] = {
    "page.css": (_OWN / "page.css", "text/css"),
    "page.js": (_OWN / "page.js", "text/javascript"),
    "login.js": (_OWN / "login.js", "text/javascript"),
    "icon.svg": (_OWN / "icon.svg", "image/svg+xml"),
    "textual.js": (_FRONT / "js" / "textual.js", "text/javascript"),
    "xterm.css": (_FRONT / "css" / "xterm.css", "text/css"),
    "mono.ttf": (_FRONT / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
"""All files that can be fetched, by their names there."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; object-src 'none'; sandbox allow-scripts allow-same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Server": "kconsole",
}


@cache
def _packed(name: str) -> bytes:
    """A file as all who fetch it share it: a stranger's requests take neither memory nor work."""
    return gzip.compress(FILES[name][0].read_bytes(), mtime=0)


def file_page(name: str, takes_gzip: bool) -> web.Response:
    """A file.

    Raises:
        web.HTTPNotFound: there is none of this name.
    """
    if name not in FILES:
        raise web.HTTPNotFound
    kind, packed = FILES[name][1], _packed(name)
    body = packed if takes_gzip else gzip.decompress(packed)
    answer = web.Response(body=body, content_type=kind, charset="utf-8" if "text" in kind else None)
    answer.headers.update({"Cache-Control": "max-age=3600", "Vary": "Accept-Encoding"})
    if takes_gzip:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def html_page(name: str, status: int, *codes: str, **words: str) -> web.Response:
    """A page with sentences and words in it, none of which is from outside."""
    sentences = {code.replace("-", "_"): sentence(message(f"web-{code}")) for code in codes}
    text = Template((_OWN / name).read_text(encoding="utf-8")).substitute(sentences, **words)
    return web.Response(status=status, text=text, content_type="text/html")
