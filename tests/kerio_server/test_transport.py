"""Logging in and out, who may call, headers, paths, bodies, and that it says what it is."""

import re
import socket
import ssl
from datetime import timedelta
from urllib.parse import urlencode

import orjson
import pytest

from tests.clocks import FixedClock
from tests.directory_server.certificates import HOST
from tests.kerio_server.client import APPLICATION, Client
from tests.kerio_server.server import KerioServer
from tests.kerio_server.sessions import SESSION_COOKIE, TOKEN_COOKIE


def log_in_body(server: KerioServer, **changed: object) -> bytes:
    params = {"userName": server.user, "password": server.password, "application": APPLICATION}
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "Session.login", "params": params | changed})


def test_a_login_gives_a_token_and_two_cookies_of_which_one_is_the_token(kerio_server: KerioServer) -> None:
    with Client(kerio_server) as client:
        response = client.post(log_in_body(kerio_server))
        answer = orjson.loads(response.read())

    session, token = response.headers.get_all("Set-Cookie") or ("", "")
    assert re.fullmatch(r"[0-9a-f]{64}", answer["result"]["token"])
    assert re.fullmatch(rf"{SESSION_COOKIE}=\w+; path=/admin/; secure; HttpOnly", session)
    assert token == f"{TOKEN_COOKIE}={answer['result']['token']}; path=/admin/; secure"


@pytest.mark.parametrize("application", ["kconsole", None, [], 1])
def test_an_application_that_is_no_object_is_refused(kerio_server: KerioServer, application: object) -> None:
    with Client(kerio_server) as client:
        answer = orjson.loads(client.post(log_in_body(kerio_server, application=application)).read())

    assert (answer["error"]["code"], answer["error"]["message"]) == (-32602, "Invalid params.")


@pytest.mark.parametrize("application", [{}, {"name": "", "vendor": "", "version": ""}, {"Name": "x"}])
def test_what_is_in_the_application_does_not_matter(kerio_server: KerioServer, application: object) -> None:
    with Client(kerio_server) as client:
        assert "result" in orjson.loads(client.post(log_in_body(kerio_server, application=application)).read())


def test_a_wrong_password_and_an_unknown_name_are_reported_alike(admin: Client) -> None:
    admin.server.world.add_user("lena@northwind.example", role="FullAdmin", password="right")

    reported = [
        admin.fails("Session.login", userName=name, password="wrong", application={})
        for name in ("Admin", "lena", "lena@northwind.example", "missing@northwind.example", "lena@elsewhere.example")
    ]

    assert set(reported) == {admin.server.unknowns.login_failure}


@pytest.mark.parametrize("name", ["lena", "lena@northwind.example", "LENA@northwind.example"])
def test_users_of_the_primary_domain_need_not_name_it(admin: Client, name: str) -> None:
    admin.server.world.add_user("lena@northwind.example", role="Auditor", password="right")

    assert admin.log_in(name, "right").call("Session.whoAmI")["userDetails"]["loginName"] == "lena"


@pytest.mark.parametrize(("role", "enabled"), [("UserRole", True), ("FullAdmin", False)])
def test_only_enabled_users_with_a_role_get_in(admin: Client, role: str, enabled: bool) -> None:
    admin.server.world.add_user("lena@northwind.example", role=role, enabled=enabled, password="right")  # type: ignore[arg-type]

    assert admin.fails("Session.login", userName="lena", password="right", application={})[0] != 0


def test_a_call_without_login_is_anonymous(kerio_server: KerioServer) -> None:
    with Client(kerio_server) as client:
        assert client.fails("Server.getVersion") == (
            -32001,
            "User Anonymous does not have administrator rights.",
        )


@pytest.mark.parametrize("missing", ["Cookie", "X-Token"])
def test_cookie_and_token_are_needed_both(admin: Client, missing: str) -> None:
    del admin.headers[missing]

    assert admin.fails("Server.getVersion")[0] == -32001


def test_the_token_of_another_session_is_none(admin: Client) -> None:
    with Client(admin.server).log_in() as other:
        admin.headers["X-Token"] = other.headers["X-Token"]

        assert admin.fails("Server.getVersion")[0] == -32001
        assert other.call("Server.getVersion")


def test_the_token_in_the_body_is_enough_where_that_was_chosen(admin: Client) -> None:
    token = admin.headers.pop("X-Token")
    assert "error" in admin.ask("Server.getVersion", token=token)

    admin.server.unknowns.token_in = "either"

    assert "result" in admin.ask("Server.getVersion", token=token)


def test_the_session_cookie_alone_is_enough_of_the_cookies(admin: Client) -> None:
    admin.headers["Cookie"] = f"{SESSION_COOKIE}={admin.cookies[SESSION_COOKIE]}"

    assert admin.call("Server.getVersion")


def test_logging_out_twice_is_an_error(admin: Client) -> None:
    assert admin.call("Session.logout")["redirectUrl"].endswith("/admin/login")
    assert admin.fails("Session.logout")[0] == -32001


def test_a_session_is_over_when_a_test_says_so_or_the_server_was_restarted(admin: Client) -> None:
    admin.server.expire_sessions()
    assert admin.fails("Server.getVersion")[0] == -32001

    admin.log_in().call("Server.getVersion")
    admin.server.restart()
    admin.connection.close()

    assert admin.fails("Server.getVersion")[0] == -32001


def test_an_idle_session_is_over_where_that_was_chosen(admin: Client, kerio_clock: FixedClock) -> None:
    admin.server.unknowns.session_idle = timedelta(minutes=10)
    kerio_clock.forward(minutes=9)
    admin.call("Server.getVersion")
    kerio_clock.forward(minutes=9)
    admin.call("Server.getVersion")
    kerio_clock.forward(minutes=11)

    assert admin.fails("Server.getVersion")[0] == -32001


def test_a_session_more_ends_the_oldest_where_that_was_chosen(admin: Client) -> None:
    admin.server.unknowns.sessions_per_user = 2
    with Client(admin.server).log_in() as second, Client(admin.server).log_in() as third:
        assert admin.fails("Server.getVersion")[0] == -32001
        assert second.call("Server.getVersion")
        assert third.call("Server.getVersion")


def test_a_session_ends_with_its_user(admin: Client) -> None:
    admin.server.world.add_user("lena@northwind.example", role="FullAdmin", password="right")
    with Client(admin.server).log_in("lena", "right") as lena:
        admin.server.world.change_user("lena@northwind.example", isEnabled=False)

        assert lena.fails("Server.getVersion")[0] == -32001


@pytest.mark.parametrize("path", ["/admin/api/jsonrpc", "/admin/api/jsonrpc/"])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json-rpc; charset=UTF-8",
        "ApiApplication/json-rpc",
        "application/x-www-form-urlencoded",
    ],
)
def test_path_and_content_type_are_taken_as_clients_write_them(admin: Client, path: str, content_type: str) -> None:
    admin.path, admin.headers["Content-Type"] = path, content_type

    assert admin.call("Server.getVersion")


@pytest.mark.parametrize("accept", ["application/json-rpc", "application/json", "*/*"])
def test_the_answer_is_of_the_type_that_was_asked_for(admin: Client, accept: str) -> None:
    response = admin.post(b"{}", Accept=accept)
    response.read()

    wanted = "application/json-rpc" if accept == "application/json-rpc" else "application/json"
    assert response.headers["Content-Type"] == f"{wanted}; charset=UTF-8"


@pytest.mark.parametrize("request_id", [1, 8652548341168163840, "seven", None])
def test_ids_come_back_as_they_were(admin: Client, request_id: object) -> None:
    assert admin.ask("Server.getVersion", id=request_id)["id"] == request_id


@pytest.mark.parametrize("params", [{}, None])
def test_params_may_be_left_out_or_be_null(admin: Client, params: object) -> None:
    assert "result" in admin.ask("Session.whoAmI", params)
    assert "result" in orjson.loads(
        admin.post(b'{"jsonrpc":"2.0","id":1,"method":"Session.whoAmI","params":null}').read()
    )


def test_a_request_may_come_in_chunks(admin: Client) -> None:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "Server.getVersion"})
    admin.connection.request("POST", admin.path, iter([body[:7], body[7:]]), admin.headers, encode_chunked=True)

    assert b'"result"' in admin.connection.getresponse().read()
    assert admin.call("Server.getVersion"), "the connection stays in step"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", -32700), (b"", -32700), (b"[]", -32600), (b"null", -32600), (b"{}", -32600), (b'{"method":1}', -32600)],
)
def test_what_is_no_call_is_an_error_with_status_200(admin: Client, body: bytes, code: int) -> None:
    response = admin.post(body)

    assert response.status == 200
    assert orjson.loads(response.read())["error"]["code"] == code


def test_a_method_that_there_is_not(admin: Client) -> None:
    assert admin.fails("Users.getDetails")[0] == -32601
    assert admin.fails("Batch.walk", commandList=[])[0] == -32601


def test_a_request_that_is_too_large(admin: Client) -> None:
    admin.headers["Content-Length"] = str(64 * 1024 * 1024)

    assert admin.post(b"").status == 413


def test_a_file_can_be_uploaded_but_is_no_license(admin: Client) -> None:
    answer = orjson.loads(admin.post(b"--x--", "/admin/api/jsonrpc/upload/").read())

    assert admin.fails("Server.uploadLicense", fileId=answer["result"]["fileUpload"]["id"])[0] == 1000


def test_the_login_form_gives_the_same_two_cookies(kerio_server: KerioServer) -> None:
    form = urlencode({"kerio_username": kerio_server.user, "kerio_password": kerio_server.password}).encode()
    with Client(kerio_server) as client:
        response = client.post(form, "/admin/login/dologin")
        response.read()
        cookies = [each.partition(";")[0] for each in response.headers.get_all("Set-Cookie", ())]
        client.headers |= {"Cookie": "; ".join(cookies), "X-Token": cookies[1].partition("=")[2]}

        assert response.status == 302
        assert client.call("Server.getVersion")
        refused = client.post(b"kerio_username=Admin&kerio_password=x", "/admin/login/dologin")
        refused.read()
        assert refused.headers.get_all("Set-Cookie") is None


def test_it_says_that_it_is_a_test_server(kerio_server: KerioServer) -> None:
    with Client(kerio_server) as client:
        client.connection.request("GET", "/admin/")
        response = client.connection.getresponse()

        assert b"This is a test server" in response.read()
    assert "test" in response.headers["Server"]


def test_its_certificate_is_signed_by_itself(kerio_server: KerioServer) -> None:
    seen = ssl.get_server_certificate((HOST, kerio_server.port))
    assert seen.strip() == kerio_server.certificate.file.read_text().strip()
    with (
        socket.create_connection(("127.0.0.1", kerio_server.port), 10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)


def test_a_client_that_never_speaks_holds_no_one_up(admin: Client) -> None:
    with socket.create_connection(("127.0.0.1", admin.server.port), 10), Client(admin.server).log_in() as other:
        assert other.call("Server.getVersion")


def test_connections_are_kept_or_closed_as_the_client_wants(admin: Client) -> None:
    admin.call("Server.getVersion")
    kept = admin.connection.sock
    admin.call("Server.getVersion")
    assert admin.connection.sock is kept

    closing = admin.post(b"{}", Connection="close")

    assert closing.headers["Connection"] == "close"
    assert closing.read()


def test_passwords_are_in_no_record_of_calls(admin: Client) -> None:
    admin.call("Users.create", users=[{"domainId": admin.domain_id(), "loginName": "x", "password": "very secret"}])

    assert "very secret" not in repr(admin.server.calls)
    assert admin.server.password not in repr(admin.server.calls)
    assert "very secret" not in repr(admin.users())
    assert admin.server.logins == admin.server.called("Session.login") == 1


def test_it_can_be_stopped_and_started_again(admin: Client) -> None:
    port = admin.server.port
    admin.server.stop()
    with pytest.raises(OSError, match=r".*"):
        admin.call("Server.getVersion")

    admin.server.start()
    admin.connection.close()

    assert admin.server.port == port
    assert admin.call("Server.getVersion")


def test_no_one_is_given_its_port_while_it_is_stopped(kerio_server: KerioServer) -> None:
    kerio_server.stop()

    with socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", kerio_server.port))
        with pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.1", kerio_server.port))
