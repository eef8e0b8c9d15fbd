"""What there is: accounts, domains, the license, and the reports drawn from them.

Records are frozen, slotted standard-library dataclasses. pydantic validates them at the doors (`model.boundary`),
where text from outside becomes records; importing a record therefore never imports pydantic, which the first
screen over a slow line would wait for.
"""
