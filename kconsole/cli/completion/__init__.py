"""Completion at the shell: the scripts for bash, zsh and fish, and what answers them."""
