"""Where accounts come from: a Kerio export, and made-up samples. Sources read; they never keep or judge."""
