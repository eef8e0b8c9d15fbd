"""The terminal: what is written to it, and that it can be slow, old, or gone.

Textual writes every dirty region whole, each piece of text with its colours switched on and off again, and stands
still when the line does not take it. Here the screen is a grid of cells: what Textual renders is put into the grid, and
what goes down the line is the difference to what the terminal shows already, made when the line can take it.
"""
