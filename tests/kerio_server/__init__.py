"""A server to test against: it answers the admin API of Kerio Connect as far as that is known publicly.

It is not Kerio Connect, and says so in its Server header, on its page and in its start line. Where nobody knows what a
real server does, `unknowns.Unknowns` chooses, and a test can choose otherwise.
"""
