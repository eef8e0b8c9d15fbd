"""A bare client, to see what the server sends: nothing is retried, nothing is interpreted."""

import http.client
import ssl
from typing import Any, Self

import orjson

from tests.directory_server.certificates import HOST
from tests.kerio_server.server import KerioServer

APPLICATION = {"name": "tests", "vendor": "kconsole", "version": "1"}


class Client:
    """One connection to the server, with the cookies and the token of a login."""

    def __init__(self, server: KerioServer, timeout: float = 30.0) -> None:
        self.server = server
        self.context = ssl.create_default_context(cafile=server.ca_file)
        self.connection = http.client.HTTPSConnection(HOST, server.port, context=self.context, timeout=timeout)
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.cookies: dict[str, str] = {}
        self.path = "/admin/api/jsonrpc/"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def post(self, body: bytes, path: str | None = None, **headers: str) -> http.client.HTTPResponse:
        """Send a body; the answer's own is still to be read."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("POST", path or self.path, body, self.headers | more)
        return self.connection.getresponse()

    def ask(self, method: str, params: Any = None, **more: Any) -> dict[str, Any]:
        """The whole answer to a call."""
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, **more}
        if params is not None:
            request["params"] = params
        answer = orjson.loads(self.post(orjson.dumps(request)).read())
        assert isinstance(answer, dict)
        return answer

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a call that is to succeed."""
        answer = self.ask(method, params)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def fails(self, method: str, **params: Any) -> tuple[int, str]:
        """Code and message of a call that is to fail."""
        answer = self.ask(method, params)
        assert "result" not in answer, answer["result"]
        return answer["error"]["code"], answer["error"]["message"]

    def log_in(self, user: str | None = None, password: str | None = None) -> Self:
        """Log in, and send cookies and token from then on."""
        params = {
            "userName": user or self.server.user,
            "password": password or self.server.password,
            "application": APPLICATION,
        }
        response = self.post(orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "Session.login", "params": params}))
        answer = orjson.loads(response.read())
        assert "result" in answer, answer
        pairs = [each.partition(";")[0].partition("=") for each in response.headers.get_all("Set-Cookie", ())]
        self.cookies = {name: value for name, _, value in pairs}
        self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.headers["X-Token"] = answer["result"]["token"]
        return self

    def domain_id(self, name: str = "northwind.example") -> str:
        """The id of a domain."""
        return self.server.world.domain(name).id

    def users(self, domain: str = "northwind.example", **query: Any) -> list[dict[str, Any]]:
        """Users of a domain, by a query."""
        rows: list[dict[str, Any]] = self.call("Users.get", query=query, domainId=self.domain_id(domain))["list"]
        return rows

    def logins(self, **query: Any) -> list[str]:
        """Their logins."""
        return [row["loginName"] for row in self.users(**query)]
