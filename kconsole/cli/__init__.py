"""The command line: everything the screen can do, without a screen."""
