"""The plain console: numbered questions and lines that are only ever added, for screen readers and dumb terminals."""
