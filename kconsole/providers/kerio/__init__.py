"""Kerio Connect, by its administration API (JSON-RPC over HTTPS).

`provider` offers it, `state` reads all that a sync needs, `reading` asks for single things, `writing` changes accounts.
What is not known for sure of real servers stands in `assumptions`, and nowhere else.
"""
