"""Three users beside the administrator."""

from datetime import UTC, datetime

from tests.kerio_server.client import Client


def people(admin: Client) -> None:
    world = admin.server.world
    at = datetime(2026, 8, 1, tzinfo=UTC)
    world.add_user("berta@northwind.example", "Berta Čapek", description="Board", last_login=(at, "POP3"))
    world.add_user("Anton@northwind.example", "Anton Zhang", enabled=False, consumedItems=9)
    world.add_user("chloe@northwind.example", "Chloé 100%", mapped=True, description="anton's friend", consumedItems=80)
