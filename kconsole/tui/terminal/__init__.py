"""Writing to the terminal, which may be slow, old, or gone.

Textual writes every changed region whole, switches colours on and off for each piece of text, and blocks while the
terminal does not read. Here the screen is a grid of cells: what Textual renders goes into the grid, and only the
difference to what the terminal shows is written, once the terminal can take it.
"""
