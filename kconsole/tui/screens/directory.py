"""The form with the settings of a directory."""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from msgspec import convert
from textual import on
from textual.widget import Widget
from textual.widgets import Static

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import BadInput
from kconsole.operations.files import whole_path
from kconsole.operations.mapping import check_settings, parse_attribute
from kconsole.text.mapping import KIND_WORDS
from kconsole.text.safe_text import safe_address
from kconsole.text.trust import INSECURE
from kconsole.tui.screens.dialog import plain
from kconsole.tui.screens.form import Field, Save, SavingForm
from kconsole.tui.widgets.inputs import ChoiceLine

_NO_DIRECTORY: Final = Directory(url="", base="")


class DirectoryForm(SavingForm[Directory]):
    """Edits the directory of a domain. No password is part of it."""

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, domain: str, directory: Directory | None, save: Save[Directory]) -> None:
        self._directory = directory or _NO_DIRECTORY
        super().__init__(save)
        self.heading = f"Directory of {safe_address(domain, 50)}"

    def fields(self) -> Iterable[Field]:
        now = self._directory
        attributes = ", ".join(f"{field}={name}" for field, name in now.attributes)
        kinds = [(kind, KIND_WORDS[kind]) for kind in get_args(DirectoryKind)]
        secure = [("no", "its certificate is checked"), ("yes", "! INSECURE: the certificate is not checked")]
        yield Field("url", "URL", now.url, "ldaps://host, or ldap://host for StartTLS")
        yield Field("base", "Base", now.base, "where the users are: ou=people,dc=example")
        yield Field("kind", "Kind", now.kind, choices=kinds)
        yield Field("filter", "Filter", now.filter, "only the filter of the kind")
        yield Field("bind_as", "Binds as", now.bind_as, "anonymous; the password is asked for later")
        yield Field("ca_file", "CA file", now.ca_file, "none: the CAs that this system trusts")
        yield Field("fingerprint", "Fingerprint", now.fingerprint, "none; SHA-256 of the only certificate to trust")
        yield Field("attributes", "Attributes", attributes, "those of the kind; else login=mailNickname, ...")
        yield Field("insecure", "Security", "yes" if now.insecure else "no", choices=secure)

    def notes(self) -> Iterable[Widget]:
        yield plain(INSECURE, "dialog-news -first")

    def on_mount(self) -> None:
        self.show_security()

    @on(ChoiceLine.Changed)
    def show_security(self) -> None:
        self.query_one(".dialog-news", Static).display = self.query_one("#insecure", ChoiceLine).value == "yes"
        self._fit(self.size.width, self.size.height)

    def answer(self, values: Mapping[str, str]) -> Directory:
        if not (values["url"] and values["base"]):
            raise BadInput("url-and-base-required")
        attributes = [parse_attribute(part) for part in values["attributes"].split(",") if part.strip()]
        others = {
            "ca_file": str(whole_path(values["ca_file"])) if values["ca_file"] else "",
            "insecure": values["insecure"] == "yes",
            "attributes": attributes,
        }
        directory = convert({**values, **others}, Directory)
        check_settings(directory)
        return directory
