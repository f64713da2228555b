"""A VAST Database for tests: the tabular protocol over HTTP, on loopback.

Written from a description of the protocol, and sharing no code with the client under test or with
the vendor's SDK. It verifies signatures, keeps snapshots of transactions, refuses clashing changes,
and evaluates predicates itself. POST /_faults sets what goes wrong next; GET /_seen tells what came.
"""

import argparse
import hashlib
import hmac
import io
import json
import os
import pickle
import random
import struct
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote
from xml.sax.saxutils import escape

import flatbuffers
import pyarrow as pa
from flatbuffers import number_types as N
from flatbuffers.table import Table

END = (1 << 48) - 1
KEEP_ALIVE = struct.pack("<I", 0xFFFFFFFF)
COMPLETED = struct.pack("<I", 0xFFFFFFFE)
FAILED = struct.pack("<I", 0xFFFFFFFD)
END_OF_STREAM = struct.pack("<Ii", -1 & 0xFFFFFFFF, 0)
# Rows of one group; groups are dealt out to the parts of a query.
GROUP = 16
MAX_BODY = 5 << 20
ROW_ID = "$row_id"


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


# --- reading FlatBuffers by slots ---


class Fb:
    def __init__(self, table):
        self.table = table

    @classmethod
    def root(cls, data):
        data = bytearray(data)
        at = struct.unpack_from("<I", data, 0)[0]
        return cls(Table(data, at))

    def _at(self, slot):
        return self.table.Offset(4 + 2 * slot)

    def number(self, slot, flags, default=0):
        at = self._at(slot)
        return self.table.Get(flags, at + self.table.Pos) if at else default

    def bytes(self, slot):
        at = self._at(slot)
        return bytes(self.table.String(at + self.table.Pos)) if at else None

    def child(self, slot):
        at = self._at(slot)
        if not at:
            return None
        return Fb(Table(self.table.Bytes, self.table.Indirect(at + self.table.Pos)))

    def children(self, slot):
        at = self._at(slot)
        if not at:
            return []
        start = self.table.Vector(at)
        return [
            Fb(Table(self.table.Bytes, self.table.Indirect(start + 4 * i)))
            for i in range(self.table.VectorLen(at))
        ]


def arrow_type(field):
    """The type of an Arrow field: slots 2 (kind) and 3 (description)."""
    kind, said = field.number(2, N.Uint8Flags), field.child(3)
    if kind == 2:
        bits, signed = said.number(0, N.Int32Flags), said.number(1, N.BoolFlags, False)
        return {(32, True): pa.int32(), (64, True): pa.int64(), (64, False): pa.uint64()}[
            (bits, bool(signed))
        ]
    if kind == 3 and said.number(0, N.Int16Flags) == 2:
        return pa.float64()
    if kind == 10 and said.number(0, N.Int16Flags) == 2:
        return pa.timestamp("us")
    flat = {4: pa.binary(), 5: pa.string(), 6: pa.bool_()}
    if kind not in flat:
        raise Refusal(400, "TabularUnsupportedColumnType", f"kind {kind}")
    return flat[kind]


# --- predicates ---


def comparable(value):
    """A row's value as it is compared: times as microseconds, text as bytes."""
    if isinstance(value, datetime):
        return round((value - datetime(1970, 1, 1)) / timedelta(microseconds=1))
    if isinstance(value, str):
        return value.encode()
    return value


LITERALS = {
    1: N.BoolFlags,
    4: N.Int32Flags,
    5: N.Int64Flags,
    9: N.Uint64Flags,
    12: N.Int64Flags,
    18: N.Float64Flags,
}
LITERAL_TYPES = {
    1: pa.bool_(),
    4: pa.int32(),
    5: pa.int64(),
    9: pa.uint64(),
    12: pa.timestamp("us"),
    18: pa.float64(),
    22: pa.string(),
    23: pa.binary(),
}


def literal(fb, wanted):
    kind, said = fb.number(0, N.Uint8Flags), fb.child(1)
    field = fb.child(2)
    if field.bytes(0) is not None:
        raise Refusal(400, "InvalidArgument", "a literal's type has a name")
    if arrow_type(field) != wanted or LITERAL_TYPES.get(kind) != wanted:
        raise Refusal(400, "InvalidArgument", "a literal is not of its column's type")
    if kind in LITERALS:
        value = said.number(0, LITERALS[kind])
        return bool(value) if kind == 1 else value
    value = said.bytes(0)
    return b"" if value is None else value


COMPARISONS = {
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "match_substring": lambda a, b: b in a,
}


def compile_filter(fb, fields):
    """A function of a row and its id, from an Expression."""
    if fb.number(0, N.Uint8Flags) != 3:
        raise Refusal(400, "InvalidArgument", "a filter that is no call")
    call = fb.child(1)
    name, arguments = call.bytes(0).decode(), call.children(1)
    if name in ("and", "or"):
        parts = [compile_filter(argument, fields) for argument in arguments]
        if name == "or" and not parts:
            raise Refusal(400, "InvalidArgument", "an OR of nothing")
        every = all if name == "and" else any
        return lambda row: every(part(row) for part in parts)
    reference = arguments[0]
    if reference.number(0, N.Uint8Flags) != 2 or reference.child(1).number(0, N.Uint8Flags) != 5:
        raise Refusal(400, "InvalidArgument", "a test of no column")
    column, kind = fields[reference.child(1).child(1).number(0, N.Uint32Flags)]
    if name == "is_null":
        return lambda row: row.get(column) is None
    if name == "is_valid":
        return lambda row: row.get(column) is not None
    if name not in COMPARISONS or len(arguments) != 2 or arguments[1].number(0, N.Uint8Flags) != 1:
        raise Refusal(400, "InvalidArgument", f"function {name}")
    wanted, compare = literal(arguments[1].child(1), kind), COMPARISONS[name]

    def test(row):
        value = row.get(column)
        return value is not None and compare(comparable(value), wanted)

    return test


# --- what is stored ---


class TableState:
    def __init__(self, columns, handle):
        self.columns, self.handle, self.rows = columns, handle, {}

    def copy(self):
        copy = TableState(self.columns, self.handle)
        copy.rows = dict(self.rows)
        return copy


def copy_of(state):
    return {
        bucket: {schema: {name: table.copy() for name, table in tables.items()}
                 for schema, tables in schemas.items()}
        for bucket, schemas in state.items()
    }


def apply(state, change):
    """Does a change to a state, committed or of a transaction."""
    kind, bucket, schema, *rest = change
    schemas = state[bucket]
    if kind == "create_schema":
        schemas[schema] = {}
    elif kind == "drop_schema":
        schemas.pop(schema, None)
    elif kind == "create_table":
        name, columns, handle = rest
        schemas[schema][name] = TableState(columns, handle)
    elif kind == "drop_table":
        schemas[schema].pop(rest[0], None)
    elif kind == "insert":
        schemas[schema][rest[0]].rows.update(rest[1])
    elif kind == "update":
        rows = schemas[schema][rest[0]].rows
        for row, values in rest[1].items():
            rows[row] = {**rows[row], **values}
    elif kind == "delete":
        for row in rest[1]:
            schemas[schema][rest[0]].rows.pop(row, None)


class Transaction:
    def __init__(self, state, version):
        self.state, self.version, self.changes, self.keys = copy_of(state), version, [], set()


class Store:
    def __init__(self, bucket, folder):
        self.lock = threading.RLock()
        self.state, self.version, self.changed = {bucket: {}}, 0, {}
        self.next = 1
        self.open = {}
        self.file = os.path.join(folder, "state.pickle") if folder else None
        if self.file and os.path.exists(self.file):
            with open(self.file, "rb") as file:
                self.state, self.next = pickle.load(file)

    def number(self):
        with self.lock:
            self.next += 1
            return self.next

    def begin(self):
        with self.lock:
            txid = self.number()
            self.open[txid] = Transaction(self.state, self.version)
            return txid

    def get(self, txid):
        if txid not in self.open:
            raise Refusal(404, "NoSuchTransaction", f"transaction {txid}")
        return self.open[txid]

    def change(self, tx, keys, change):
        """Writes in a transaction; the second to write the same thing is refused."""
        for key in keys:
            if self.changed.get(key, 0) > tx.version:
                raise Refusal(409, "Conflict", "changed since the transaction began")
            if any(key in other.keys for other in self.open.values() if other is not tx):
                raise Refusal(409, "Conflict", "being changed by another transaction")
        tx.keys.update(keys)
        tx.changes.append(change)
        apply(tx.state, change)

    def commit(self, txid):
        tx = self.open.pop(txid)
        if not tx.changes:
            return
        self.version += 1
        for change in tx.changes:
            apply(self.state, change)
        for key in tx.keys:
            self.changed[key] = self.version
        if self.file:
            with open(self.file + ".new", "wb") as file:
                pickle.dump((self.state, self.next), file)
            os.replace(self.file + ".new", self.file)


# --- answers ---


def ipc_stream(schema, batches=()):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def details(builder, name, rows, handle):
    name, properties, handle = (builder.CreateString(text) for text in (name, "", str(handle)))
    builder.StartObject(10)
    builder.PrependUOffsetTRelativeSlot(0, name, 0)
    builder.PrependUOffsetTRelativeSlot(1, properties, 0)
    builder.PrependUOffsetTRelativeSlot(2, handle, 0)
    builder.PrependUint64Slot(3, rows, 0)
    builder.PrependUint64Slot(4, rows * 100, 0)
    return builder.EndObject()


def listing(names, entries):
    """A response of `names` in its first slots and a vector of entries (name, rows, handle) after."""
    builder = flatbuffers.Builder(1024)
    tables = [details(builder, *entry) for entry in entries]
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    vector = builder.EndVector()
    texts = [builder.CreateString(name) for name in names]
    builder.StartObject(len(names) + 1)
    for slot, text in enumerate(texts):
        builder.PrependUOffsetTRelativeSlot(slot, text, 0)
    builder.PrependUOffsetTRelativeSlot(len(names), vector, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def statistics(rows):
    builder = flatbuffers.Builder(64)
    builder.StartObject(16)
    builder.PrependInt64Slot(0, rows, 0)
    builder.PrependInt64Slot(1, rows * 100, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def frames_of_part(part, columns, rows, next_row):
    """One part's frames: column after column, in two batches where there are rows for it."""
    head = struct.pack("<IQ", part, next_row)
    halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]] if len(rows) > 3 else [rows]
    if not columns:
        yield head + pa.schema([]).serialize().to_pybytes()
        for half in halves:
            one = pa.RecordBatch.from_arrays([pa.array([None] * len(half))], names=["x"])
            yield head + one.select([]).serialize().to_pybytes()
        yield head + END_OF_STREAM
    for name, kind in columns:
        schema = pa.schema([pa.field(name, kind)])
        yield head + schema.serialize().to_pybytes()
        for half in halves:
            values = [row_id if name == ROW_ID else row.get(name) for row_id, row in half]
            batch = pa.record_batch([pa.array(values, kind)], schema=schema)
            yield head + batch.serialize().to_pybytes()
        yield head + END_OF_STREAM


class Faults:
    def __init__(self):
        self.lock = threading.Lock()
        self.set = {}
        self.seen = []

    def take(self, name):
        """Whether it happens now; counts down."""
        with self.lock:
            left = self.set.get(name, 0)
            if left > 0:
                self.set[name] = left - 1
            return left > 0

    def value(self, name, default=None):
        with self.lock:
            return self.set.get(name, default)


class Cut(Exception):
    """The connection ends without an answer."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def version_string(self):
        return self.server.faults.value("server") or "vast 5.4.0.1"

    def do(self):
        self.path_only, _, query = self.path.partition("?")
        length = int(self.headers.get("content-length") or 0)
        self.body = self.rfile.read(length)
        faults = self.server.faults
        if self.path_only.startswith("/_"):
            return self.control(faults)
        self.parameters = [part for part in query.split("&") if part]
        self.command_name = self.parameters[0].split("=")[0] if self.parameters else ""
        with faults.lock:
            faults.seen.append(f"{self.command} {self.command_name}")
        try:
            self.verify()
            if faults.take("slow_down"):
                raise Refusal(503, "SlowDown", "reduce your request rate")
            if length > MAX_BODY:
                raise Refusal(400, "EntityTooLarge", f"{length} bytes")
            self.route(faults)
        except Refusal as refusal:
            body = (
                '<?xml version="1.0" encoding="UTF-8"?><Error>'
                f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
            )
            self.answer(body.encode(), status=refusal.status, kind="application/xml")
        except Cut:
            self.close_connection = True
            self.wfile.flush()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do

    def answer(self, body=b"", headers=(), status=200, kind="application/octet-stream"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def control(self, faults):
        if self.command == "POST":
            with faults.lock:
                faults.set = json.loads(self.body)
                faults.seen.clear()
                if faults.set.pop("expire", 0):
                    with self.server.store.lock:
                        self.server.store.open.clear()
            return self.answer(b"{}", kind="application/json")
        with faults.lock:
            told = {"seen": faults.seen, "open": len(self.server.store.open)}
        self.answer(json.dumps(told).encode(), kind="application/json")

    # --- signatures ---

    def verify(self):
        said = self.headers.get("authorization", "")
        if not said.startswith("AWS4-HMAC-SHA256 "):
            raise Refusal(403, "AccessDenied", "no signature")
        parts = dict(part.strip().split("=", 1) for part in said.split(" ", 1)[1].split(","))
        key, day, region, service, _ = parts["Credential"].split("/")
        if key != self.server.access_key:
            raise Refusal(403, "InvalidAccessKeyId", "the key is not known")
        stamp = self.headers["x-amz-date"]
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if abs(datetime.now(timezone.utc) - signed_at) > timedelta(minutes=15):
            raise Refusal(403, "RequestTimeTooSkewed", "the clocks differ")
        digest = hashlib.sha256(self.body).hexdigest()
        if self.headers.get("x-amz-content-sha256") != digest:
            raise Refusal(400, "XAmzContentSHA256Mismatch", "the body is another one")
        names = parts["SignedHeaders"].split(";")
        if "host" not in names or "x-amz-date" not in names or service != "s3":
            raise Refusal(403, "SignatureDoesNotMatch", "too little is signed")
        token = self.headers.get("x-amz-security-token")
        if token is not None and "x-amz-security-token" not in names:
            raise Refusal(403, "SignatureDoesNotMatch", "the token is not signed")
        query = "&".join(
            sorted(part if "=" in part else part + "=" for part in self.path.partition("?")[2].split("&") if part)
        )
        headers = "".join(f"{name}:{' '.join(self.headers[name].split())}\n" for name in names)
        canonical = "\n".join(
            [self.command, self.path_only or "/", query, headers, parts["SignedHeaders"], digest]
        )
        scope = f"{day}/{region}/{service}/aws4_request"
        text = "\n".join(
            ["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()]
        )
        signing = ("AWS4" + self.server.secret_key).encode()
        for part in (day, region, service, "aws4_request"):
            signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
        expected = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, parts["Signature"]):
            raise Refusal(403, "SignatureDoesNotMatch", "the signature is another one")

    # --- the protocol ---

    def route(self, faults):
        store = self.server.store
        path = [unquote(part) for part in self.path_only.split("/") if part]
        txid = int(self.headers.get("tabular-txid") or 0)
        if not path:
            return self.transaction(store, faults, txid)
        if path[0] not in store.state:
            raise Refusal(404, "NoSuchBucket", path[0])
        if self.command == "HEAD":
            return self.answer()
        name = f"{self.command}_{self.command_name}".replace("-", "_")
        method = getattr(self, name, None)
        if method is None:
            raise Refusal(501, "NotImplemented", name)
        with store.lock:
            tx = store.get(txid)
            if name in ("POST_rows", "PUT_rows") and faults.take("conflict"):
                raise Refusal(409, "Conflict", "a clash")
            result = method(store, tx, *path)
        if name == "GET_data":
            return self.stream(faults, *result)
        self.answer(*result)

    def transaction(self, store, faults, txid):
        if self.command_name != "transaction":
            raise Refusal(501, "NotImplemented", "")
        if self.command == "POST":
            return self.answer(headers=[("tabular-txid", store.begin())])
        if self.command == "GET":
            if "tabular-get-vast-version" not in self.headers:
                store.get(txid)
            return self.answer()
        if self.command == "PUT" and faults.take("drop_commit"):
            raise Cut
        with store.lock:
            store.get(txid)
            if self.command == "PUT":
                if faults.take("conflict_commit"):
                    store.open.pop(txid)
                    raise Refusal(409, "Conflict", "another one was first")
                store.commit(txid)
            else:
                store.open.pop(txid)
        if self.command == "PUT" and faults.take("lose_commit"):
            raise Cut
        self.answer()

    def page(self, entries):
        """What of `entries`, by name, is on the page that is asked for, and the headers that say so."""
        exact = self.headers.get("tabular-name-exact-match")
        prefix = self.headers.get("tabular-name-prefix") or ""
        found = [
            entry
            for entry in entries
            if (entry[0] == exact if exact is not None else entry[0].startswith(prefix))
        ]
        start = int(self.headers.get("tabular-next-key") or 0)
        most = min(int(self.headers.get("tabular-max-keys") or 1000), self.server.page)
        some = found[start : start + most]
        more = start + most < len(found)
        return some, [
            ("tabular-next-key", start + most if more else 0),
            ("tabular-is-truncated", "true" if more else "false"),
            ("tabular-list-count", len(found)),
        ]

    def schema_of(self, tx, bucket, schema):
        if schema not in tx.state[bucket]:
            raise Refusal(404, "NoSuchSchema", schema)
        return tx.state[bucket][schema]

    def table_of(self, tx, bucket, schema, table):
        tables = self.schema_of(tx, bucket, schema)
        if table not in tables:
            raise Refusal(404, "NoSuchTable", table)
        return tables[table]

    def GET_schema(self, _store, tx, bucket, *rest):
        entries = [] if rest else [(name, 0, 0) for name in sorted(tx.state[bucket])]
        some, headers = self.page(entries)
        return listing([bucket], some), headers

    def POST_schema(self, store, tx, bucket, schema):
        Fb.root(self.body).bytes(0)
        if schema in tx.state[bucket]:
            raise Refusal(409, "SchemaExists", schema)
        store.change(tx, [("schema", bucket, schema)], ("create_schema", bucket, schema))
        return (b"",)

    def DELETE_schema(self, store, tx, bucket, schema):
        if self.schema_of(tx, bucket, schema):
            raise Refusal(409, "SchemaNotEmpty", schema)
        store.change(tx, [("schema", bucket, schema)], ("drop_schema", bucket, schema))
        return (b"",)

    def GET_table(self, _store, tx, bucket, schema):
        tables = self.schema_of(tx, bucket, schema)
        entries = [(name, len(table.rows), table.handle) for name, table in sorted(tables.items())]
        some, headers = self.page(entries)
        return listing([bucket, schema], some), headers

    def POST_table(self, store, tx, bucket, schema, table):
        if table in self.schema_of(tx, bucket, schema):
            raise Refusal(409, "TableExists", table)
        columns = pa.ipc.read_schema(pa.py_buffer(self.body))
        key = ("table", bucket, schema, table)
        store.change(tx, [key], ("create_table", bucket, schema, table, columns, store.number()))
        return (b"",)

    def DELETE_table(self, store, tx, bucket, schema, table):
        self.table_of(tx, bucket, schema, table)
        store.change(tx, [("table", bucket, schema, table)], ("drop_table", bucket, schema, table))
        return (b"",)

    def GET_column(self, _store, tx, bucket, schema, table):
        columns = self.table_of(tx, bucket, schema, table).columns
        some, headers = self.page([(field.name, field) for field in columns])
        return ipc_stream(pa.schema([field for _, field in some])), headers

    def GET_sorted_columns(self, _store, tx, bucket, schema, table):
        self.table_of(tx, bucket, schema, table)
        _, headers = self.page([])
        return ipc_stream(pa.schema([])), headers

    def GET_stats(self, _store, tx, bucket, schema, table):
        return (statistics(len(self.table_of(tx, bucket, schema, table).rows)),)

    def rows(self, table, with_ids):
        """The body's rows, checked against the table's columns."""
        with pa.ipc.open_stream(self.body) as reader:
            batches = list(reader)
        if len(batches) != 1:
            raise Refusal(400, "InvalidArgument", "not one batch")
        batch = batches[0]
        fields = list(batch.schema)
        if with_ids and (not fields or fields[0].name != ROW_ID or fields[0].type != pa.uint64()):
            raise Refusal(400, "InvalidArgument", "the first column is not $row_id")
        for field in fields[1:] if with_ids else fields:
            if field.name not in table.columns.names or table.columns.field(field.name).type != field.type:
                raise Refusal(400, "InvalidArgument", f"column {field.name}")
        return batch.to_pylist()

    def POST_rows(self, store, tx, bucket, schema, name):
        table = self.table_of(tx, bucket, schema, name)
        rows = self.rows(table, with_ids=False)
        ids = [store.number() for _ in rows]
        store.change(tx, [], ("insert", bucket, schema, name, dict(zip(ids, rows))))
        batch = pa.record_batch([pa.array(ids, pa.uint64())], names=[ROW_ID])
        return (ipc_stream(batch.schema, [batch]),)

    def PUT_rows(self, store, tx, bucket, schema, name):
        table = self.table_of(tx, bucket, schema, name)
        rows = self.rows(table, with_ids=True)
        ids = [row.pop(ROW_ID) for row in rows]
        if ids != sorted(set(ids)) or any(row not in table.rows for row in ids):
            raise Refusal(400, "InvalidArgument", "rows that are not sorted, or not there")
        keys = [("row", bucket, schema, name, row) for row in ids]
        store.change(tx, keys, ("update", bucket, schema, name, dict(zip(ids, rows))))
        return (b"",)

    def DELETE_rows(self, store, tx, bucket, schema, name):
        table = self.table_of(tx, bucket, schema, name)
        ids = [row[ROW_ID] for row in self.rows(table, with_ids=True)]
        keys = [("row", bucket, schema, name, row) for row in ids]
        store.change(tx, keys, ("delete", bucket, schema, name, ids))
        return (b"",)

    def GET_data(self, _store, tx, bucket, schema, name):
        table = self.table_of(tx, bucket, schema, name)
        relation = Fb.root(self.body)
        if relation.number(0, N.Uint8Flags) != 9:
            raise Refusal(400, "InvalidArgument", "a relation that is no source")
        source = relation.child(1)
        if source.bytes(1) is None or source.child(2) is None:
            raise Refusal(400, "InvalidArgument", "a source without a name or a filter")
        fields = []
        for field in source.child(3).children(1):
            column, kind = field.bytes(0).decode(), arrow_type(field)
            known = pa.uint64() if column == ROW_ID else None
            if known is None and column in table.columns.names:
                known = table.columns.field(column).type
            if known != kind:
                raise Refusal(400, "InvalidArgument", f"column {column}")
            fields.append((column, kind))
        passes = compile_filter(source.child(2), fields)
        asked = [fields[index.number(0, N.Uint32Flags)] for index in source.children(4)]
        split, splits, _ = map(int, self.headers["tabular-split"].split(","))
        parts = int(self.headers["tabular-num-of-subsplits"])
        limit = int(self.headers.get("tabular-limit-rows") or 128 * 1024)
        limit = min(limit, self.server.faults.value("part_rows", limit))
        rows = sorted(table.rows.items())
        streams = []
        for part in range(parts):
            said, start = map(int, self.headers[f"tabular-start-row-id-{part}"].split(","))
            if said != part:
                raise Refusal(400, "InvalidArgument", "a part under another's name")
            if start == END:
                continue
            own = [
                (row_id, row)
                for row_id, row in rows
                if row_id >= start
                and row_id // GROUP % (parts * splits) == split * parts + part
                and passes({**row, ROW_ID: row_id})
            ]
            next_row = own[limit][0] if len(own) > limit else END
            streams.append(list(frames_of_part(part, asked, own[:limit], next_row)))
        return streams, bool(streams)

    def stream(self, faults, streams, _any):
        """Sends the parts' frames in turn, in pieces of any length."""
        chance = random.Random(len(streams))
        pieces = [KEEP_ALIVE]
        while any(streams):
            for frames in streams:
                if frames:
                    pieces.append(frames.pop(0))
                    if chance.random() < 0.2:
                        pieces.append(KEEP_ALIVE)
        if faults.take("fail_query"):
            pieces[1:] = [FAILED + struct.pack("<QI", 7, 0)]
        else:
            pieces.append(COMPLETED + struct.pack("<Q", 0))
        body = b"".join(pieces)
        cut = None
        if faults.take("cut_query"):
            cut = max(1, int(len(body) * faults.value("cut_at", 0.5)))
        elif faults.take("short_query"):
            # It ends as HTTP wants it, but without saying that it is whole.
            body = body[: -len(pieces[-1])]
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        at = 0
        while at < len(body):
            piece = body[at : at + chance.randint(1, 4000)]
            if cut is not None and at + len(piece) > cut:
                self.wfile.write(b"%x\r\n%s" % (len(piece), piece[: cut - at]))
                raise Cut
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            at += len(piece)
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A connection that clients break is nothing to tell; anything else is a fault of ours.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bucket", required=True)
    arguments.add_argument("--access-key", required=True)
    arguments.add_argument("--secret-key", required=True)
    arguments.add_argument("--folder", help="where the rows outlive the server")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--page", type=int, default=1000, help="names on one page of a listing")
    options = arguments.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    server.store = Store(options.bucket, options.folder)
    server.faults = Faults()
    server.access_key, server.secret_key = options.access_key, options.secret_key
    server.page = options.page
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
