#!/usr/bin/env python3
"""A small Hydrolix over real ClickHouse (chDB), on loopback.

Written from the documentation of the HTTP query API, of streaming ingest and of the configuration API.
It prints `{"port": N}` on its first line and ends when its standard input does.

`POST /control` takes a JSON object:
  {"fault": {"path": "/query", "status": 400, "body": "...", "times": 1, "headers": {...}}}
  {"fault": {"path": "/query", "do": "slow" | "silent" | "truncate" | "cut" | "gzip-damaged", "times": 1}}
  {"quote_64": true}         64-bit integers in quotes
  {"trailer": true}          a line of statistics after the answer
  {"version": "v5.12.0"}     what /version answers; null: 404
  {"refuse": ["session-1"]}  ingest refuses events of these sessions: 207, or 400 when none is left
  {"sql": "..."}             a statement of the test's own; answers its result
  {"expire_tokens": true}    tokens that were given out are no longer good
  {"forbid_config": true}    the configuration may not be changed
  {"take": true}             answers what was asked so far, and forgets it
"""

import base64
import gzip
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import urllib.parse
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ["TZ"] = "UTC"

from chdb import session as chdb_session  # noqa: E402  (after the time zone is set)

TOKEN = "service-account-token"
USER, PASSWORD = "user@example.com", "correct horse"
TYPES = {
    "string": "String",
    "uint8": "UInt8",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "int64": "Int64",
    "double": "Float64",
    "boolean": "UInt8",
}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def moment(milliseconds):
    """As ClickHouse reads a time."""
    whole = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{whole:%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03}"


def quoted(name):
    if not name or "`" in name or "\\" in name:
        raise Refused(400, f"bad name {name!r}")
    return f"`{name}`"


class Cluster:
    """Projects, tables, transforms, tokens, and one ClickHouse."""

    def __init__(self):
        self.lock = threading.RLock()
        self.folder = tempfile.mkdtemp(prefix="stringout-hydrolix-")
        self.session = chdb_session.Session(self.folder)
        self.org = str(uuid.uuid4())
        self.projects = {}
        self.tokens = {TOKEN}
        self.faults = []
        self.quote_64 = False
        self.trailer = False
        self.version = "v5.12.0-2-gfake"
        self.refuse = set()
        self.forbid_config = False
        self.asked = []
        self.logins = 0

    def run(self, sql, form="JSONCompact", params=None):
        with self.lock:
            return self.session.query(sql, form, params=params or {}).bytes()

    # configuration

    def create(self, path, body):
        name = body.get("name", "")
        parts = [part for part in path.split("/") if part]
        # orgs/{org}/projects[/{p}/tables[/{t}/transforms]]
        with self.lock:
            if len(parts) == 3:
                return self.add(self.projects, {"name": name, "tables": {}}, f"CREATE DATABASE IF NOT EXISTS {quoted(name)}")
            project = self.projects[parts[3]]
            if len(parts) == 5:
                return self.add(project["tables"], {"name": name, "transforms": {}}, None)
            table = project["tables"][parts[5]]
            columns = body["settings"]["output_columns"]
            defined, primary = [], None
            for column in columns:
                datatype = column["datatype"]
                if datatype.get("primary"):
                    primary = column["name"]
                    kind = "DateTime64(3, 'UTC')"
                elif datatype["type"] in ("epoch", "datetime"):
                    kind = "Nullable(DateTime64(3, 'UTC'))"
                else:
                    kind = f"Nullable({TYPES[datatype['type']]})"
                defined.append(f"{quoted(column['name'])} {kind}")
            if primary is None:
                raise Refused(400, "a primary timestamp is needed")
            table["primary"] = primary
            sql = (
                f"CREATE TABLE {quoted(project['name'])}.{quoted(table['name'])} "
                f"({', '.join(defined)}) ENGINE = MergeTree ORDER BY {quoted(primary)}"
            )
            return self.add(table["transforms"], {"name": name, "settings": body["settings"]}, sql)

    def add(self, things, thing, sql):
        if any(other["name"] == thing["name"] for other in things.values()):
            raise Refused(400, "an object with this name already exists")
        if sql:
            self.run(sql)
        thing["uuid"] = str(uuid.uuid4())
        things[thing["uuid"]] = thing
        return {"uuid": thing["uuid"], "name": thing["name"]}

    def listed(self, path):
        parts = [part for part in path.split("/") if part]
        with self.lock:
            if len(parts) == 1:
                return [{"uuid": self.org, "name": "org"}]
            things = self.projects
            if len(parts) >= 5:
                things = things[parts[3]]["tables"]
            if len(parts) >= 7:
                things = things[parts[5]]["transforms"]
            return [{"uuid": key, "name": value["name"]} for key, value in things.items()]

    def table(self, name):
        project, _, table = name.partition(".")
        for known in self.projects.values():
            if known["name"] != project:
                continue
            for found in known["tables"].values():
                if found["name"] == table:
                    return known, found
        raise Refused(400, f"Database {project} or table {table} doesn't exist")

    # queries

    def query(self, sql, arguments):
        params = {key[6:]: value for key, value in arguments.items() if key.startswith("param_")}
        sql = sql.strip()
        form = re.search(r"\s+FORMAT\s+(\w+)\s*$", sql)
        form_name = form.group(1) if form else arguments.get("hdx_query_output_format", "CSV")
        sql = sql[: form.start()] if form else sql
        if not re.match(r"(SELECT|WITH|DESCRIBE)\b", sql):
            raise Refused(400, "Code: 497. DB::Exception: only SELECT is allowed")
        if arguments.get("hdx_query_timerange_required") == "true" and not re.search(
            r"WHERE `[^`]+` >= \{from:DateTime64\(3\)\} AND `[^`]+` < \{to:DateTime64\(3\)\}", sql
        ):
            raise Refused(400, "hdx_query_timerange_required is set to true, but the query has no time range")
        most = int(arguments.get("hdx_query_max_timerange_sec", "0"))
        if most and "from" in params:
            from_s, to_s = (
                json.loads(self.run("SELECT toUnixTimestamp({t:DateTime64(3)})", "JSONCompact", {"t": params[name]}))["data"][0][0]
                for name in ("from", "to")
            )
            if int(to_s) - int(from_s) > most:
                raise Refused(400, f"Maximum time range exceeded: {int(to_s) - int(from_s)} s (maximum is {most})")
        settings = [f"output_format_json_quote_64bit_integers = {int(self.quote_64)}"]
        seconds = int(arguments.get("hdx_query_max_execution_time", "0"))
        if seconds:
            settings.append(f"max_execution_time = {seconds}")
        if sql.startswith("SELECT"):
            sql = f"{sql} SETTINGS {', '.join(settings)}"
        try:
            answer = self.run(sql, form_name, params)
        except Exception as error:  # chDB raises what ClickHouse says
            raise Refused(400, str(error)) from error
        rows = int(arguments.get("hdx_query_max_result_rows", "0"))
        if rows and form_name == "JSONCompact" and json.loads(answer)["rows"] > rows:
            raise Refused(400, f"Code: 396. DB::Exception: Limit for result exceeded, max rows: {rows}")
        size = int(arguments.get("hdx_query_max_result_bytes", "0"))
        if size and len(answer) > size:
            raise Refused(400, f"Code: 396. DB::Exception: Limit for result exceeded, max bytes: {size}")
        return answer + b"\nX-HDX-Query-Stats: exec_time=1 rows_read=1\n" if self.trailer else answer

    # ingest

    def ingest(self, name, transform, body):
        project, table = self.table(name)
        transforms = [t for t in table["transforms"].values() if transform in (None, t["name"])]
        if not transforms:
            raise Refused(400, f"transform {transform} does not fit")
        columns = transforms[0]["settings"]["output_columns"]
        text = body.decode("utf-8").strip()
        try:
            events = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.split("\n") if line]
        except ValueError as error:
            raise Refused(400, f"the body can't be read: {error}") from error
        good, bad = [], []
        for event in events:
            row = {}
            wrong = event.get("session_id") in self.refuse
            for column in columns:
                key, datatype = column["name"], column["datatype"]
                value = event.get(key)
                if value in ("", None):
                    wrong |= bool(datatype.get("primary"))
                    continue
                if datatype["type"] == "epoch":
                    wrong |= not isinstance(value, int)
                    # ClickHouse reads a whole number here as seconds.
                    value = moment(value) if isinstance(value, int) else value
                elif datatype["type"] == "string":
                    wrong |= not isinstance(value, str)
                else:
                    wrong |= not isinstance(value, int) or isinstance(value, bool) or value < 0
                row[key] = value
            (bad if wrong else good).append(row)
        if good:
            lines = "\n".join(json.dumps(row) for row in good)
            target = f"{quoted(project['name'])}.{quoted(table['name'])}"
            self.run(f"INSERT INTO {target} FORMAT JSONEachRow {lines}", "CSV")
        if bad and good:
            return 207, {"code": 207, "message": f"{len(bad)} of {len(events)} events were rejected"}
        if bad:
            raise Refused(400, "none of the events fits the transform")
        return 200, {"code": 200, "message": "success"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster = None

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.handle_request(b"")

    def do_POST(self):
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length)
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.handle_request(body)

    def handle_request(self, body):
        url = urllib.parse.urlsplit(self.path)
        arguments = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        path = url.path
        try:
            if path == "/control":
                return self.reply(200, self.control(json.loads(body)))
            self.cluster.asked.append({"path": path, "arguments": arguments, "body": len(body)})
            fault = self.fault(path)
            if fault is not None and "status" in fault:
                return self.reply(fault["status"], fault.get("body", "").encode(), fault.get("headers"))
            answer = self.answer(path, arguments, body)
            status, content = answer if isinstance(answer, tuple) else (200, answer)
            if isinstance(content, (dict, list)):
                content = json.dumps(content).encode()
            if fault is not None:
                return self.broken(fault["do"], content)
            return self.reply(status, content)
        except Refused as refused:
            said = {"error": str(refused), "query": body.decode("utf-8", "replace")[:200]}
            if path.startswith("/config"):
                said = {"detail": str(refused)}
            return self.reply(refused.status, json.dumps(said).encode(), refused.headers)
        except KeyError as missing:
            return self.reply(404, json.dumps({"detail": f"not found: {missing}"}).encode())

    def fault(self, path):
        with self.cluster.lock:
            for fault in self.cluster.faults:
                if path.startswith(fault["path"]):
                    fault["times"] = fault.get("times", 1) - 1
                    if fault["times"] <= 0:
                        self.cluster.faults.remove(fault)
                    return fault
        return None

    def answer(self, path, arguments, body):
        cluster = self.cluster
        if path == "/version":
            if cluster.version is None:
                raise Refused(404, "not found")
            return cluster.version.encode()
        if path == "/config/v1/login/":
            given = json.loads(body)
            if (given.get("username"), given.get("password")) != (USER, PASSWORD):
                raise Refused(400, "Unable to log in with provided credentials.")
            cluster.logins += 1
            token = f"login-token-{cluster.logins}"
            cluster.tokens.add(token)
            access = {"access_token": token, "expires_in": 86400, "token_type": "Bearer"}
            return {"uuid": "u", "orgs": [{"uuid": cluster.org}], "auth_token": access}
        self.authenticate()
        if path in ("/query", "/query/"):
            return cluster.query(body.decode(), arguments)
        if path == "/ingest/event":
            table = arguments.get("table") or self.headers.get("x-hdx-table")
            transform = arguments.get("transform") or self.headers.get("x-hdx-transform")
            return cluster.ingest(table, transform, body)
        if path.startswith("/config/v1/orgs/"):
            below = path[len("/config/v1/") :]
            if self.command == "POST":
                if cluster.forbid_config:
                    raise Refused(403, "You do not have permission to perform this action.")
                return 201, cluster.create(below, json.loads(body))
            return cluster.listed(below)
        raise Refused(404, "not found")

    def authenticate(self):
        given = self.headers.get("authorization", "")
        kind, _, value = given.partition(" ")
        if kind == "Bearer" and value in self.cluster.tokens:
            return
        if kind == "Basic" and base64.b64decode(value).decode() == f"{USER}:{PASSWORD}":
            return
        if not value:
            raise Refused(400, "ContextError no authentication token provided")
        raise Refused(400, "Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)")

    def control(self, wanted):
        cluster = self.cluster
        with cluster.lock:
            if "sql" in wanted:
                return cluster.run(wanted["sql"])
            if "fault" in wanted:
                cluster.faults.append(wanted["fault"])
            if wanted.get("expire_tokens"):
                cluster.tokens = {TOKEN}
            if "refuse" in wanted:
                cluster.refuse = set(wanted["refuse"])
            for name in ("quote_64", "trailer", "version", "forbid_config"):
                if name in wanted:
                    setattr(cluster, name, wanted[name])
            if wanted.get("take"):
                asked, cluster.asked = cluster.asked, []
                return json.dumps(asked).encode()
        return b"{}"

    def broken(self, how, content):
        """Answers as a bad network or server does. The client is gone when the socket says so."""
        if how == "silent":
            # Half-open: the request was taken, nothing ever comes.
            self.wait_for_the_end()
        elif how == "slow":
            # The head comes, the body never ends.
            self.head(200, len(content) + 1)
            self.wfile.write(content)
            self.wfile.flush()
            self.wait_for_the_end()
        elif how == "truncate":
            self.head(200, len(content))
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
        elif how == "cut":
            pass
        elif how == "half":
            # A whole answer by its length, but only half of the JSON.
            self.head(200, len(content) // 2)
            self.wfile.write(content[: len(content) // 2])
        elif how == "gzip-damaged":
            packed = gzip.compress(content)[:-9]
            self.head(200, len(packed), {"content-encoding": "gzip"})
            self.wfile.write(packed)
        self.close_connection = True

    def wait_for_the_end(self):
        self.connection.settimeout(120)
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    def head(self, status, length, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(length))
        self.end_headers()

    def reply(self, status, content, headers=None):
        headers = dict(headers or {})
        if "gzip" in self.headers.get("accept-encoding", "") and len(content) > 1000:
            content = gzip.compress(content, 1)
            headers["content-encoding"] = "gzip"
        self.head(status, len(content), headers)
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind is not None and not issubclass(kind, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    Handler.cluster = Cluster()
    server = Server(("127.0.0.1", 0), Handler)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    sys.stdin.buffer.read()
    shutil.rmtree(Handler.cluster.folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
