"""The screen, on Textual: it shows what `licensing` says and asks `operations` to do things."""
