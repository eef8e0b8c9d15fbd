"""A session with a server: what is sent, how it begins again, and what goes wrong on the way."""

import socket
import threading

import pytest

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput, ConsoleError, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import AnswerLost, Cancelled, NotLetIn, Timeouts
from kconsole.providers.kerio import client
from kconsole.providers.kerio.errors import AnswerLate, CallRefused
from kconsole.providers.kerio.reading import own_login, server_version
from tests.limits import thorough_but
from tests.providers.kerio.kerio_https import ENDPOINT, PASSWORD, Call, Error, Raw, TinyServer, give, in_turn
from tests.providers.kerio.kerio_world import furnish
from tests.providers.kerio.sessions import connected, session


def said(method: str, text: str, number: int) -> Message:
    return message("server-says", method=method, said=text, number=number)


EXPIRED = Error(-32001, "The user is not logged in.")
SHORT = 0.5
"""Seconds that tests of time limits wait for a call."""


def test_a_session_is_begun_used_and_ended(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Server.getVersion"] = give({"product": "Kerio Connect"})
    with session(kerio) as line:
        assert line.call("Server.getVersion") == {"product": "Kerio Connect"}
    assert [call.method for call in tiny.calls] == ["Session.login", "Server.getVersion", "Session.logout"]
    login, asked, _ = tiny.calls
    assert login.params["userName"] == "Admin"
    assert isinstance(login.params["application"], dict)
    assert asked.headers["x-token"] == asked.token
    assert "SESSION_CONNECT_WEBADMIN=" in asked.headers["cookie"]
    assert f"TOKEN_CONNECT_WEBADMIN={asked.token}" in asked.headers["cookie"]
    assert asked.headers["content-type"] == "application/json-rpc; charset=UTF-8"
    assert asked.headers["accept"] == "application/json-rpc"
    assert tiny.sessions == set()


def test_the_server_tells_which_one_it_is_and_who_asks(tiny: TinyServer, kerio: ServerAccess) -> None:
    furnish(tiny)
    with session(kerio) as line:
        version, role = server_version(line), own_login(line).role
        assert line.verified_by == "ca file"
    assert (version, role) == ("10.0.8.9228", "auditor")


def test_a_question_whose_connection_is_cut_is_asked_again_and_a_change_is_not(
    tiny: TinyServer, kerio: ServerAccess
) -> None:
    cut = Raw(b'{"result": {}}', cut=9)
    tiny.answers["Server.getVersion"] = in_turn(cut, cut, {"version": "10"})
    tiny.answers["Users.set"] = in_turn(cut, {"errors": []})
    with session(kerio) as line:
        assert line.call("Server.getVersion") == {"version": "10"}
        with pytest.raises(AnswerLost):
            line.call("Users.set", {"userIds": ["a"]}, changes=True)
        tiny.answers["Server.getVersion"] = give(cut)
        with pytest.raises(SourceAway, match="connection-cut"):
            line.call("Server.getVersion")
    assert (len(tiny.asked("Server.getVersion")), len(tiny.asked("Users.set"))) == (3 + 3, 1)


@pytest.mark.parametrize("value", thorough_but([b"{}"], [b"{}", b"[]", b"1"]))
def test_an_answer_that_is_small_on_its_way_and_large_in_memory_is_refused(
    tiny: TinyServer, kerio: ServerAccess, value: bytes
) -> None:
    times = client.LARGEST_ANSWER // (len(value) + 1) - 100
    tiny.answers["Server.getVersion"] = give(Raw(b'{"result":{"list":[' + b",".join([value] * times) + b"]}}"))
    with session(kerio) as line, pytest.raises(SourceAway, match="strange-many"):
        line.call("Server.getVersion")


def test_an_expired_session_is_begun_again_and_the_call_made_again(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.set"] = in_turn(EXPIRED, {"errors": []})
    with session(kerio) as line:
        first = line.call("Users.set", {"userIds": ["a"]}, changes=True)
    assert first == {"errors": []}
    assert len(tiny.asked("Session.login")) == 2
    once, again = tiny.asked("Users.set")
    assert once.params == again.params
    assert once.token != again.token
    assert all("cookie" not in login.headers for login in tiny.asked("Session.login"))


def test_a_session_that_expires_twice_is_given_up(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = give(EXPIRED)
    with session(kerio) as line, pytest.raises(SourceAway, match="session-ended-again") as caught:
        line.call("Users.get", {})
    assert not isinstance(caught.value, AnswerLost)
    assert len(tiny.asked("Users.get")) == 2
    assert len(tiny.asked("Session.login")) == 2


def test_a_session_that_expires_twice_over_a_change_leaves_open_whether_it_was_done(
    tiny: TinyServer, kerio: ServerAccess
) -> None:
    tiny.answers["Users.set"] = give(EXPIRED)
    with session(kerio) as line, pytest.raises(AnswerLost, match="lost-session"):
        line.call("Users.set", {}, changes=True)
    assert len(tiny.asked("Users.set")) == 2
    assert len(tiny.asked("Session.login")) == 2


def test_whoever_is_not_let_in_again_is_reported_so(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = give(EXPIRED)
    with session(kerio) as line:
        tiny.answers["Session.login"] = give(Error(-32000, "Account locked."))
        with pytest.raises(NotLetIn) as caught:
            line.call("Users.get")
    assert caught.value.details == (said("Session.login", "Account locked.", -32000),)


def test_threads_that_find_the_session_expired_log_in_once_between_them(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Server.getVersion"] = give({})
    together = threading.Barrier(4)
    with session(kerio) as line:
        tiny.sessions.clear()
        failed: list[BaseException] = []

        def ask() -> None:
            together.wait()
            try:
                line.call("Server.getVersion")
            except ConsoleError as error:
                failed.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert len(tiny.asked("Session.login")) == 2


def test_a_wrong_password_is_no_session(tiny: TinyServer, kerio: ServerAccess) -> None:
    with pytest.raises(NotLetIn, match="login-failed"), connected(kerio, Secret("wrong")):
        pass
    assert [call.method for call in tiny.calls] == ["Session.login"]


def test_without_a_password_no_one_is_asked(tiny: TinyServer, kerio: ServerAccess) -> None:
    with pytest.raises(BadInput, match="password-missing"), connected(kerio, Secret("")):
        pass
    assert tiny.calls == []


@pytest.mark.parametrize("token", [None, "", 7, "a\r\nX-Evil: 1", "ü", "x" * 600, ["a"]])
def test_a_token_that_is_none_is_no_session(tiny: TinyServer, kerio: ServerAccess, token: object) -> None:
    tiny.answers["Session.login"] = give({"token": token})
    with pytest.raises(SourceAway, match="strange-token"), connected(kerio, Secret(PASSWORD)):
        pass


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, "failed"),
        (1001, "exists"),
        (1002, "not-there"),
        (1003, "license-full"),
        (1004, "no-right"),
        (-32601, "not-understood"),
        (-32602, "not-understood"),
        (4711, "other"),
    ],
)
def test_an_error_of_the_call_is_reported_in_plain_words_and_in_the_servers(
    tiny: TinyServer, kerio: ServerAccess, code: int, reason: str
) -> None:
    tiny.answers["Users.create"] = give(Error(code, "User %1 of %2: %3 100%", ["j%2", "d"]))
    with session(kerio) as line, pytest.raises(CallRefused) as caught:
        line.call("Users.create", {}, changes=True)
    assert (caught.value.reason, caught.value.error) == (reason, (code, "User j%2 of d: … 100%"))
    assert caught.value.exit_code == 4
    assert caught.value.details == (said("Users.create", "User j%2 of d: … 100%", code),)


BROKEN = [
    (Raw(b"<html><body>Login</body></html>"), "strange-web-page"),
    (Raw(b""), "strange-empty"),
    (Raw(b'{"jsonrpc": "2.0", "id": 2, "resu'), "strange-no-json"),
    (Raw(b'{"jsonrpc": "2.0", "result": {"name": "\xff\xfe"}}'), "strange-no-json"),
    (Raw(b"[]"), "strange-json"),
    (Raw(b'{"id": 2}'), "strange-json"),
    (Raw(b'{"id": 4711, "result": {}}'), "strange-request-number"),
    (Raw(b'{"result": 7}'), "strange-result"),
    (Raw(b'{"error": {"message": "no code"}}'), "strange-error-number"),
    (Raw(b'{"error": "text"}'), "strange-error-object"),
    (Raw(b"[" * 100_000), "strange-no-json"),
    (Raw(b"<html>", 500), "strange-http'"),
    (Raw(b'{"result": {}}', 502), "strange-http'"),
    (Raw(b"", 403), "strange-http-403"),
    (Raw(b"", 302, {"Location": "https://elsewhere.example/"}), "strange-redirect"),
    (Raw(b"{}", 200, {"Content-Encoding": "gzip"}), "strange-packed"),
]


@pytest.mark.parametrize(("broken", "clause"), BROKEN)
def test_an_answer_that_is_none_is_reported_as_what_it_is(
    tiny: TinyServer, kerio: ServerAccess, broken: Raw, clause: str
) -> None:
    tiny.answers["Users.get"] = tiny.answers["Users.set"] = give(broken)
    with session(kerio) as line:
        with pytest.raises(SourceAway) as read:
            line.call("Users.get")
        with pytest.raises(AnswerLost) as changed:
            line.call("Users.set", changes=True)
    assert (read.value.code, read.value.effect) == ("not-kerio", Message("nothing-taken"))
    assert clause in str(read.value)
    assert not isinstance(read.value, AnswerLost)
    assert clause in str(changed.value)
    assert changed.value.effect == Message("not-known-whether-done")
    assert {read.value.exit_code, changed.value.exit_code} == {8}


def test_an_error_counts_whatever_http_says_to_it(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = give(Raw(b'{"error": {"code": 1004, "message": "No."}}', 500))
    with session(kerio) as line, pytest.raises(CallRefused, match="why-no-right"):
        line.call("Users.get")


def test_a_redirect_is_not_followed(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = give(Raw(b"", 307, {"Location": f"{tiny.url}{ENDPOINT}"}))
    with session(kerio) as line, pytest.raises(SourceAway, match="strange-redirect"):
        line.call("Users.get")
    assert len(tiny.asked("Users.get")) == 1


def test_a_connection_that_is_cut_leaves_a_change_open(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = tiny.answers["Users.set"] = give(Raw(b'{"result": {}}', cut=5))
    with session(kerio) as line:
        with pytest.raises(SourceAway, match="connection-cut"):
            line.call("Users.get")
        with pytest.raises(AnswerLost, match="connection-cut"):
            line.call("Users.set", changes=True)


def test_what_is_no_http_is_reported(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = tiny.answers["Users.set"] = give(Raw(b"", 200, {"X-Odd": "\0"}))
    with session(kerio) as line:
        with pytest.raises(SourceAway, match="not-http"):
            line.call("Users.get")
        with pytest.raises(AnswerLost, match="not-http"):
            line.call("Users.set", changes=True)


def test_an_answer_that_is_held_back_is_not_waited_for(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = tiny.answers["Users.set"] = give(Raw(hold=True))
    with session(kerio, SHORT) as line:
        with pytest.raises(AnswerLate, match="answer-late") as caught:
            line.call("Users.get")
        with pytest.raises(AnswerLost, match="answer-late"):
            line.call("Users.set", changes=True)
    assert caught.value.method == "Users.get"


def test_an_answer_that_drips_is_not_waited_for_either(tiny: TinyServer, kerio: ServerAccess, secret: Secret) -> None:
    tiny.answers["Users.get"] = give(Raw(b"{", drip=True))
    with (
        connected(kerio, secret, timeouts=Timeouts(SHORT, SHORT)) as line,
        pytest.raises(AnswerLate),
    ):
        line.call("Users.get")


def test_a_call_can_be_called_off(tiny: TinyServer, kerio: ServerAccess, secret: Secret) -> None:
    cancel = threading.Event()

    def hold(_: Call) -> Raw:
        cancel.set()
        return Raw(hold=True)

    tiny.answers["Users.get"] = tiny.answers["Users.set"] = hold
    with connected(kerio, secret, cancel, timeouts=Timeouts(call=600)) as line:
        with pytest.raises(Cancelled):
            line.call("Users.get")
        cancel.clear()
        with pytest.raises(AnswerLost, match="lost-cancelled"):
            line.call("Users.set", changes=True)
    assert len(tiny.asked("Session.logout")) == 1


def test_an_answer_without_an_end_is_not_listened_to(
    tiny: TinyServer, kerio: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER", 2 * 1024 * 1024)
    tiny.answers["Users.get"] = give(Raw(b" " * (2 * 1024 * 1024 + 1)))
    with session(kerio) as line, pytest.raises(SourceAway, match="strange-size"):
        line.call("Users.get")


def test_whoever_gives_up_by_himself_leaves_a_change_open(tiny: TinyServer, kerio: ServerAccess) -> None:
    tiny.answers["Users.get"] = tiny.answers["Users.set"] = give(Error(-32002, "Timeout."))
    with session(kerio) as line:
        with pytest.raises(AnswerLate):
            line.call("Users.get")
        with pytest.raises(AnswerLost):
            line.call("Users.set", changes=True)


def test_where_no_one_answers_is_reported(kerio: ServerAccess, tiny: TinyServer, secret: Secret) -> None:
    tiny.stop()
    with pytest.raises(SourceAway, match="connection-refused"), connected(kerio, secret):
        pass


def test_a_host_that_is_not_known_is_reported(secret: Secret) -> None:
    server = ServerAccess(url="https://nowhere.invalid", user="Admin")
    with (
        pytest.raises(SourceAway, match=r"host-un(known|reachable)"),
        connected(server, secret),
    ):
        pass


def test_a_port_that_speaks_no_tls_is_reported(secret: Secret) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(b"220 mail.example ESMTP\r\n" * 10)
                peer.recv(10_000)

        thread = threading.Thread(target=greet)
        thread.start()
        server = ServerAccess(url=f"https://127.0.0.1:{listening.getsockname()[1]}", user="Admin")
        with pytest.raises(SourceAway, match="tls-failed"), connected(server, secret):
            pass
        thread.join()


def test_a_port_that_says_nothing_is_not_waited_for(secret: Secret) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = ServerAccess(url=f"https://127.0.0.1:{listening.getsockname()[1]}", user="Admin")
        with (
            pytest.raises(SourceAway, match="answer-late"),
            connected(server, secret, timeouts=Timeouts(connect=SHORT)),
        ):
            pass


def test_a_change_that_reached_no_one_was_not_made(tiny: TinyServer, kerio: ServerAccess) -> None:
    with session(kerio) as line:
        tiny.answers["Users.get"] = give(Raw(b"{}", cut=1))
        with pytest.raises(SourceAway):
            line.call("Users.get")
        tiny.stop()
        with pytest.raises(SourceAway) as caught:
            line.call("Users.set", changes=True)
    assert not isinstance(caught.value, AnswerLost)
