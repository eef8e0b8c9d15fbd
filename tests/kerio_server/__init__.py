"""A server to test against: it answers the admin API of Kerio Connect as far as that is known publicly.

It is not Kerio Connect, and says so in its Server header, on its page and in its start line. Where no one knows what a
real server does, `unknowns.Unknowns` chooses, and a test can choose otherwise.

It also runs alone, `python -m tests.kerio_server`, and can be made faulty there too, by options or lines of its input:

    --fault "Users.set cut-after-done"    or, while it runs,    fault Users.set cut-after-done
    --unknown never=empty                                       unknown never=empty

`--list-faults` and `--list-unknowns` tell the names; the line `help` tells the other commands.
"""
