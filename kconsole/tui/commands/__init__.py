"""What a user can do on the screen: one class per command, with its keys, words and help."""
