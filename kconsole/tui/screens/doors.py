"""The ways from the accounts to the other screens, each imported when it is first asked for."""

from collections.abc import Callable

from kconsole.tui.commands.base import console_of
from kconsole.tui.screens.accounts import AccountsScreen
from kconsole.tui.screens.console import Failed


class DoorsScreen(AccountsScreen):
    """A list of accounts from which the other screens open."""

    def action_license(self) -> None:
        from kconsole.tui.screens.license import LicenseScreen

        self.app.push_screen(LicenseScreen(self.workspace))

    def action_import(self) -> None:
        from kconsole.tui.screens.imports import ask_for_import

        ask_for_import(self, self.listing.domain or self.session.state.primary_domain)

    def action_map(self) -> None:
        from kconsole.tui.screens.mapping import MappingScreen

        here = self.accounts.highlighted
        domain = self.listing.domain or ("" if here is None else here.domain)
        self.app.push_screen(MappingScreen(self.workspace, domain))

    def action_reconcile(self) -> None:
        from kconsole.tui.screens.reconcile import ReconcileScreen

        self.app.push_screen(ReconcileScreen(self.workspace))

    def action_log(self) -> None:
        from kconsole.tui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.workspace, self.accounts.highlighted))

    def action_history(self) -> None:
        from kconsole.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self.workspace))

    def action_report(self) -> None:
        from kconsole.tui.screens.report import ReportForm, Wanted, write_report

        session, style = self.session, console_of(self).csv_style

        def save(wanted: Wanted, saved: Callable[[], None], failed: Failed) -> None:
            def done(text: str) -> None:
                saved()
                self.tell(text)

            self.work("Writing the report.", lambda: write_report(session, wanted, style), done, failed)

        self.app.push_screen(ReportForm(session.clock.now(), save))

    def action_decisions(self) -> None:
        from kconsole.tui.screens.decisions import DecisionsScreen

        self.app.push_screen(DecisionsScreen(self.workspace))

    def action_reclaim(self) -> None:
        from kconsole.tui.screens.reclaim import ReclaimScreen

        self.app.push_screen(ReclaimScreen(self.workspace))
