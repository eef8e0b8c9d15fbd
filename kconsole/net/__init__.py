"""What everything that talks to a server shares: TLS trust, secrets."""
