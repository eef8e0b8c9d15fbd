"""Files that accounts, logins and licenses are read from."""
