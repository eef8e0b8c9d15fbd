"""Who may come in."""

import pytest
from multidict import CIMultiDict

from kconsole.web.gate import TOKEN_LIFE, VISIT_LIFE, Gate, Rules, TurnedAway, cookie_name, origin_of

HERE = "http://127.0.0.1:8471"
SEATS = "https://seats.example"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def gate(rules: Rules | None = None, clock: Clock | None = None) -> Gate:
    return Gate(
        rules or Rules((HERE, "http://localhost:8471")), lambda name: name in ("anna", "berg"), clock or Clock()
    )


def of(*headers: tuple[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(headers)


HOST = ("Host", "127.0.0.1:8471")
ORIGIN = ("Origin", HERE)
LINK = (("Site", "cross-site"), ("Mode", "navigate"), ("Dest", "document"))


@pytest.mark.parametrize(
    ("headers", "for_page", "for_socket"),
    [
        ([HOST], "", "web-foreign-origin"),
        ([HOST, ORIGIN], "", ""),
        ([("Host", "LOCALHOST:8471"), ("Origin", "http://localhost:8471")], "", ""),
        ([], "web-foreign-host", "web-foreign-host"),
        ([HOST, HOST, ORIGIN], "web-foreign-host", "web-foreign-host"),
        ([("Host", "evil.example:8471"), ORIGIN], "web-foreign-host", "web-foreign-host"),
        ([("Host", "127.0.0.1"), ORIGIN], "web-foreign-host", "web-foreign-host"),
        ([("Host", ""), ORIGIN], "web-foreign-host", "web-foreign-host"),
        ([HOST, ("Origin", "http://evil.example")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ("Origin", "null")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ("Origin", "")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ORIGIN, ORIGIN], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ("Origin", "http://localhost:8471")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ("Origin", "https://127.0.0.1:8471")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ORIGIN, ("Sec-Fetch-Site", "same-site")], "web-foreign-origin", "web-foreign-origin"),
        ([HOST, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")], "web-foreign-origin", None),
        (
            [HOST, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")],
            "",
            "web-foreign-origin",
        ),
        (
            [HOST, ORIGIN, *(("Sec-Fetch-" + name, text) for name, text in LINK)],
            "",
            "web-foreign-origin",
        ),
        (
            [HOST, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
            "web-foreign-origin",
            None,
        ),
    ],
)
def test_where_a_request_comes_from(headers: list[tuple[str, str]], for_page: str, for_socket: str | None) -> None:
    for needs_origin, code in ((False, for_page), (True, for_socket)):
        if code is None:
            continue
        if code:
            with pytest.raises(TurnedAway) as turned:
                gate().origin("127.0.0.1", of(*headers), needs_origin)
            assert (turned.value.code, turned.value.status) == (code, 403)
        else:
            assert (
                gate().origin("127.0.0.1", of(*headers), needs_origin).removeprefix("http://") in str(headers).lower()
            )


def test_a_token_lets_in_once() -> None:
    clock = Clock()
    door = gate(clock=clock)
    link = door.links(["anna"])["anna"]
    token = link.removeprefix(f"{HERE}/login#")
    cookie = door.admit(token)
    assert door.visitor("127.0.0.1", of(HOST), cookie) == ("anna", "127.0.0.1")
    for wrong in (token, "", cookie, token[:-1]):
        with pytest.raises(TurnedAway):
            door.admit(wrong)
    for wrong in ("", token, cookie[:-1]):
        with pytest.raises(TurnedAway) as turned:
            door.visitor("127.0.0.1", of(HOST), wrong)
        assert turned.value.status == 401
    clock.now += VISIT_LIFE
    with pytest.raises(TurnedAway):
        door.visitor("127.0.0.1", of(HOST), cookie)


def test_a_token_ends_with_time_and_with_the_next() -> None:
    clock = Clock()
    door = gate(clock=clock)
    first, second = (door.links(["anna"])["anna"].partition("#")[2] for _ in range(2))
    with pytest.raises(TurnedAway):
        door.admit(first)
    clock.now += TOKEN_LIFE
    with pytest.raises(TurnedAway):
        door.admit(second)


PROXY = Rules((SEATS,), frozenset({"192.0.2.10"}), by_header=True)


def test_only_the_proxy_names_an_operator() -> None:
    door, host = gate(PROXY), ("Host", "seats.example")
    for peer in ("192.0.2.11", "127.0.0.1", ""):
        with pytest.raises(TurnedAway) as turned:
            door.origin(peer, of(host, ("X-Remote-User", "anna")))
        assert turned.value.code == "web-not-by-proxy"
    assert door.origin("::ffff:192.0.2.10", of(host)) == SEATS
    assert door.visitor("192.0.2.10", of(host, ("X-Remote-User", "anna")), "") == ("anna", "192.0.2.10")


@pytest.mark.parametrize(
    "names", [[], ["eve"], [""], ["anna", "berg"], ["anna,berg"], ["anna\t"], ["../x"], ["a" * 99]]
)
def test_a_name_that_the_roles_do_not_have_stays_outside(names: list[str]) -> None:
    with pytest.raises(TurnedAway) as turned:
        gate(PROXY).visitor("192.0.2.10", of(*(("X-Remote-User", name) for name in names)), "")
    assert (turned.value.status, turned.value.code) == (403, "web-unknown-operator")


@pytest.mark.parametrize("name", ["anna\t", "anna/../x", "-anna", "a" * 99, "аnna"])
def test_what_is_no_name_is_asked_of_no_roles_file(name: str) -> None:
    with pytest.raises(TurnedAway):
        Gate(PROXY, lambda _: True).visitor("192.0.2.10", of(("X-Remote-User", name)), "")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "unix"),
        (["198.51.100.7"], "198.51.100.7"),
        (["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        (["203.0.113.9", "2001:db8::1%eth0"], "2001:db8::1"),
        (["anything\x1b[2J"], "unix"),
    ],
)
def test_the_address_is_what_the_proxy_itself_saw(forwarded: list[str], address: str) -> None:
    headers = of(("X-Remote-User", "anna"), *(("X-Forwarded-For", each) for each in forwarded))
    assert gate(Rules((SEATS,), is_socket=True, by_header=True)).visitor("", headers, "").address == address


def test_without_a_proxy_no_header_says_where_a_user_is() -> None:
    door = gate()
    cookie = door.admit(door.links(["anna"])["anna"].partition("#")[2])
    headers = of(("X-Forwarded-For", "203.0.113.9"), ("X-Remote-User", "berg"))
    assert door.visitor("127.0.0.1", headers, cookie) == ("anna", "127.0.0.1")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://seats.example", SEATS),
        ("https://seats.example/", SEATS),
        ("https://seats.example:443", SEATS),
        ("http://[::1]:8471", "http://[::1]:8471"),
        ("https://seats.example:8443", "https://seats.example:8443"),
        ("https://seats.example/kconsole", None),
        ("https://a@seats.example", None),
        ("https://*", None),
        ("https://seats.example:x", None),
        ("seats.example", None),
        ("ftp://seats.example", None),
        ("https://", None),
    ],
)
def test_origins_are_written_as_browsers_write_them(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def test_each_port_has_a_cookie_of_its_own() -> None:
    origins = (HERE, "http://127.0.0.1:8472", "http://seats.example", SEATS, "https://seats.example:8443")
    names = [cookie_name(origin) for origin in origins]
    assert len(set(names)) == len(origins)
    assert [name.startswith("__Host-") for name in names] == [False, False, False, True, True]
