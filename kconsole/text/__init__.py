"""Records into words, for any terminal: safe text, ages, the gauge. No screen library, no store."""
