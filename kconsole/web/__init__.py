"""The console in a browser: who may come in, one process for each session, and the pages.

Each session has a terminal of its own, in which `kconsole shell` runs: the browser draws what that terminal shows, and
sends what is typed. So nothing of the console knows that it is shown in a browser, and all that holds for what a
terminal sends, holds for what comes from there.
"""
