"""kconsole: see and manage the user seats of a Kerio Connect license, in a terminal."""

__version__ = "0.1.0"
