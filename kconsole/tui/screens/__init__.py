"""The screens: the console, and the dialogs over it."""
