"""A live Kerio Connect server, by its administration API (JSON-RPC over HTTPS).

`connection` opens the door, `snapshot` reads all that a sync needs, `reading` asks for single things, `writing`
changes accounts. What nobody outside knows for sure of real servers is in `guesses`, and nowhere else.
httpx is imported with `wire` only, and that when a server is asked: it takes as long as all of kconsole to start.
"""
