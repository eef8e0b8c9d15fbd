"""How public clients call: each sends what it sends, and takes from the answer what it takes.

They are written down here as facts, one by one, because they differ in headers, cookies, paths and parameters. Two that
a Python can run are run unmodified where someone put them.
"""

import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.directory_server.certificates import HOST
from tests.kerio_server.client import APPLICATION
from tests.kerio_server.fixtures import need_openssl
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import PASSWORD, KerioServer
from tests.limits import PATIENCE

USERS = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with three domains and their users."""
    need_openssl()
    with KerioServer(tmp_path_factory.mktemp("clients"), made_up_world(USERS, 3)) as server:
        yield server


@dataclass
class Habits:
    """How a client calls."""

    name: str
    path: str = "/admin/api/jsonrpc/"
    headers: dict[str, str] = field(default_factory=dict)
    token_in_body: bool = True
    cookies: str = "each"
    """Which part of the Set-Cookie headers it sends back."""
    empty_params: bool = True
    """Whether it sends params that are empty, or leaves them out."""
    request_id: int = 1
    closes: bool = False
    tail: bytes = b""
    application: dict[str, str] = field(default_factory=lambda: APPLICATION)


HABITS = (
    Habits(
        "jpirnat/kerio-api-php",
        headers={
            "Accept": "application/json-rpc",
            "Content-Type": "application/json-rpc; charset=UTF-8",
            "User-Agent": "Kerio APIs Client Library for PHP/1.4.0.234",
            "Connection": "close",
        },
        cookies="php",
        empty_params=False,
        closes=True,
        tail=b"\r\n",
    ),
    Habits(
        "balous/python-kerio-api",
        path="/admin/api/jsonrpc",
        headers={"Accept": "application/json-rpc"},
        cookies="joined",
        request_id=123456,
        application={"name": "", "vendor": "", "version": ""},
    ),
    Habits(
        "shaneshort/ruby-kerio-api",
        path="/admin/api/jsonrpc",
        headers={"Accept": "application/json-rpc", "Content-Type": "application/x-www-form-urlencoded"},
        cookies="joined",
        request_id=999999999999,
        application={"name": "", "vendor": "", "version": ""},
    ),
    Habits("balous/nodejs-kerio-api", "/admin/api/jsonrpc", {"Accept": "application/json-rpc"}, cookies="first whole"),
    Habits(
        "igiant/connect",
        path="/admin/api/jsonrpc",
        headers={"Content-Type": "ApiApplication/json-rpc"},
        empty_params=False,
        application={"Name": "TempApp", "Vendor": "TempVendor", "Version": "v1.0.1"},
    ),
    Habits(
        "IT-for-Prof/zabbix-kerio-connect",
        headers={"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"},
        cookies="first",
        empty_params=False,
        closes=True,
    ),
    Habits(
        "foksk76/kerio-logstash-project",
        headers={"Content-Type": "application/json-rpc; charset=UTF-8", "Accept": "application/json-rpc"},
        empty_params=False,
    ),
    Habits("muflone/pykerio", headers={"Content-Type": "application/json"}, token_in_body=False),
    Habits("pascalrobert/kerio-admin", token_in_body=False, request_id=8652548341168163840),
)


class PublicClient:
    """A client with these habits, over one connection or over one for each call."""

    def __init__(self, server: KerioServer, preferences: Habits) -> None:
        self.preferences = preferences
        context = ssl.create_default_context(cafile=server.ca_file)
        self.connection = http.client.HTTPSConnection(HOST, server.port, context=context, timeout=PATIENCE)
        self.token = self.cookie = ""

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": self.preferences.request_id, "method": method}
        if params or self.preferences.empty_params:
            request["params"] = params
        headers = dict(self.preferences.headers)
        if self.token:
            headers |= {"X-Token": self.token, "Cookie": self.cookie}
        if self.token and self.preferences.token_in_body:
            request["token"] = self.token
        self.connection.request("POST", self.preferences.path, orjson.dumps(request) + self.preferences.tail, headers)
        response = self.connection.getresponse()
        answer = orjson.loads(response.read())
        assert (response.status, answer["id"]) == (200, self.preferences.request_id)
        if method == "Session.login":
            self.token = answer["result"]["token"]
            self.cookie = self.kept(response.headers.get_all("Set-Cookie") or [])
        if self.preferences.closes:
            self.connection.close()
        assert isinstance(answer, dict)
        return answer

    def kept(self, cookies: list[str]) -> str:
        """What it sends back of the cookies."""
        if self.preferences.cookies == "php":
            found = [re.match(r"(\w*)=(\w*)", each) for each in cookies]
            return "".join(f" {each[1]}={each[2]};" for each in found if each)
        if self.preferences.cookies == "joined":
            return ", ".join(cookies)
        if self.preferences.cookies == "first whole":
            return cookies[0]
        pairs = [each.partition(";")[0] for each in cookies]
        return pairs[0] if self.preferences.cookies == "first" else "; ".join(pairs)


@pytest.mark.parametrize("preferences", HABITS, ids=lambda preferences: preferences.name)
def test_logs_in_reads_domains_and_users_and_logs_out(served: KerioServer, preferences: Habits) -> None:
    client = PublicClient(served, preferences)
    who = {"userName": served.user, "password": served.password, "application": preferences.application}
    client.call("Session.login", who)

    domains = client.call("Domains.get", {"query": {"fields": ["id", "name"], "start": 0, "limit": -1}})["result"]
    users = [
        client.call("Users.get", {"query": {"fields": [], "limit": -1}, "domainId": each["id"]})["result"]
        for each in domains["list"]
    ]

    assert sum(len(each["list"]) for each in users) == sum(each["totalItems"] for each in users) == USERS
    assert client.call("Session.logout", {})["result"]["redirectUrl"]
    assert client.call("Session.logout", {})["error"]["code"] == -32001
    client.connection.close()


def test_the_shapes_that_a_typed_client_reads(served: KerioServer) -> None:
    """Go reads into structs: a number where a text is expected is an error there."""
    client = PublicClient(served, HABITS[4])
    client.call("Session.login", {"userName": served.user, "password": served.password, "application": {}})
    domain = client.call("Domains.get", {"query": {}})["result"]["list"][0]
    row = client.call("Users.get", {"query": {"limit": 1}, "domainId": domain["id"]})["result"]["list"][0]
    client.connection.close()

    assert isinstance(row["migration"].get("name", 0), int)
    assert isinstance(row["lastLoginInfo"]["dateTime"], int)
    assert isinstance(row["emailAddresses"], list)
    assert isinstance(domain["userMaxCount"], int)


def test_a_client_that_logs_in_by_the_form(served: KerioServer) -> None:
    """birdiecode/kerio-python-api: the form, not encoded, no redirect followed, both cookies and the token."""
    context = ssl.create_default_context(cafile=served.ca_file)
    connection = http.client.HTTPSConnection(HOST, served.port, context=context, timeout=PATIENCE)
    form = f"kerio_username={served.user}&kerio_password={served.password}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/admin/login/dologin", form.encode(), kind)
    response = connection.getresponse()
    response.read()
    found = re.findall(r"((?:SESSION|TOKEN)_CONNECT_WEBADMIN)=(\w+)", str(response.headers))
    cookies = "; ".join(f"{name}={value}" for name, value in found)
    headers = {"Cookie": cookies, "X-Token": found[1][1], "Accept": "application/json-rpc"}

    def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
        connection.request("POST", "/admin/api/jsonrpc/", orjson.dumps({"method": method, "params": params}), headers)
        answer: dict[str, Any] = orjson.loads(connection.getresponse().read())["result"]
        return answer

    fields = ["id", "name", "service", "keepForRecovery", "isDistributed", "isPrimary", "isLdapManagementAllowed"]
    order = [{"columnName": "name", "direction": "Asc"}]
    domains = call("Domains.get", {"query": {"fields": fields, "orderBy": order, "start": 0, "limit": -1}})["list"]
    policy = next(each for each in call("AccessPolicy.getGroupList", {"query": {}})["groups"] if each["isDefault"])
    new = {"loginName": "made.by.form", "domainId": domains[0]["id"], "accessPolicy": policy, "description": None}
    made = call("Users.create", {"users": [new]})
    connection.close()

    assert sorted(each["name"] for each in domains) == [each["name"] for each in domains]
    assert made["errors"] == []
    served.world.take_out(served.world.users[made["result"][0]["id"]])


def test_the_monitoring_client_finds_what_it_collects(served: KerioServer) -> None:
    """IT-for-Prof/zabbix-kerio-connect as an Auditor: statistics, services, license, version."""
    domain = next(iter(served.world.domains.values())).name
    auditor = served.world.add_user(f"zabbix@{domain}", role="Auditor", password=PASSWORD)
    client = PublicClient(served, HABITS[5])
    client.call("Session.login", {"userName": "zabbix", "password": PASSWORD, "application": APPLICATION})

    assert client.call("Statistics.get", {})["result"]["statistics"]["received"]["count"].isdigit()
    assert isinstance(client.call("Services.get", {})["result"]["services"][0]["isRunning"], bool)
    assert client.call("ProductRegistration.getFullStatus", {})["result"]["status"]["expirations"][0]["remainingDays"]
    assert client.call("Server.getVersion", {})["result"]["version"]
    client.connection.close()
    served.world.take_out(auditor)


def test_a_probe_that_connects_and_says_nothing(served: KerioServer) -> None:
    """jpirnat/kerio-api-php looks first whether the port is open, without TLS."""
    socket.create_connection(("127.0.0.1", served.port), 10).close()

    assert PublicClient(served, HABITS[0]).call("Server.getVersion", {})["error"]["code"] == -32001


PYKERIO = os.environ.get("KCONSOLE_PYKERIO", "")
"""Where that client is, if someone has it and wants to see it work here: it is no part of kconsole's development."""

_PYKERIO = """
from pykerio.interfaces.session import Session
from pykerio.pykerio_connect import PyKerioConnect
from pykerio.structs.api_application import ApiApplication
api = PyKerioConnect("localhost", PORT)
session = Session(api)
session.login("Admin", PASSWORD, ApiApplication({"name": "n", "vendor": "v", "version": "1"}))
users = 0
for domain in api.request("Domains.get", {"query": {}})["result"]["list"]:
    users += len(api.request("Users.get", {"query": {}, "domainId": domain["id"]})["result"]["list"])
session.logout()
print(users)
"""


if PYKERIO:

    def test_pykerio_unmodified(served: KerioServer) -> None:
        words = f"PORT, PASSWORD = {served.port}, {PASSWORD!r}\n{_PYKERIO}"
        environment = os.environ | {"SSL_CERT_FILE": served.ca_file, "PYTHONPATH": PYKERIO}

        done = subprocess.run(
            [sys.executable, "-c", words], env=environment, capture_output=True, text=True, check=False
        )

        assert done.stdout == f"{USERS}\n", done.stderr


def test_the_password_is_one_that_needs_encoding() -> None:
    assert quote(PASSWORD) != PASSWORD
