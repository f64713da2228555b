"""Does with the vendor's SDK what the tests ask: one JSON document a line, in and out.

Values are as JSON has them; bytes are hexadecimal text, times are microseconds since the Unix epoch.
"""

import json
import logging
import sys
from datetime import datetime, timedelta

import ibis
import pyarrow as pa
import vastdb
from ibis import _ as column_of
from vastdb.config import BackoffConfig

KINDS = {
    "text": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "bool": pa.bool_(),
    "float64": pa.float64(),
    "timestamp in microseconds": pa.timestamp("us"),
    "binary": pa.binary(),
    "list": pa.list_(pa.string()),
}
EPOCH = datetime(1970, 1, 1)


def read_value(value, kind):
    if value is None:
        return None
    if kind == pa.binary():
        return bytes.fromhex(value)
    if kind == pa.timestamp("us"):
        return EPOCH + timedelta(microseconds=value)
    return value


def told(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return round((value - EPOCH) / timedelta(microseconds=1))
    return value


TESTS = {
    "equal": lambda c, v: c == v,
    "not_equal": lambda c, v: c != v,
    "greater": lambda c, v: c > v,
    "greater_equal": lambda c, v: c >= v,
    "less": lambda c, v: c < v,
    "less_equal": lambda c, v: c <= v,
    "is_null": lambda c, _: c.isnull(),
    "is_valid": lambda c, _: ~c.isnull(),
    "match_substring": lambda c, v: c.contains(v),
}


def predicate_of(groups, schema):
    whole = None
    for group in groups:
        name, either = group["column"], None
        for function, value in group["tests"]:
            value = read_value(value, schema.field(name).type)
            if schema.field(name).type == pa.uint64():
                # Python's own numbers of that size it takes for nothing.
                value = ibis.literal(value, "uint64")
            test = TESTS[function](column_of[name], value)
            either = test if either is None else either | test
        whole = either if whole is None else whole & either
    return whole


def do(session, asked):
    with session.transaction() as tx:
        bucket = tx.bucket(asked["bucket"])
        if asked["do"] == "create":
            schema = bucket.schema(asked["schema"], fail_if_missing=False)
            schema = schema or bucket.create_schema(asked["schema"])
            columns = pa.schema([(name, KINDS[kind]) for name, kind in asked["columns"]])
            schema.create_table(asked["table"], columns)
            return None
        table = bucket.schema(asked["schema"]).table(asked["table"])
        columns = table.arrow_schema
        if asked["do"] == "columns":
            return [field.name for field in columns]
        if asked["do"] == "insert":
            rows = {
                field.name: pa.array(
                    [read_value(row.get(field.name), field.type) for row in asked["rows"]], field.type
                )
                for field in columns
            }
            ids = table.insert(pa.table(rows, schema=columns))
            return ids.to_pylist()
        if asked["do"] == "read":
            predicate = predicate_of(asked.get("predicate") or [], columns)
            found = table.select(
                asked.get("columns"), predicate=predicate, internal_row_id=asked.get("row_ids", False)
            ).read_all()
            return [{k: told(v) for k, v in row.items()} for row in found.to_pylist()]
    raise ValueError(asked["do"])


def main():
    logging.disable(logging.CRITICAL)
    url, access, secret = sys.argv[1:]
    session = vastdb.connect(
        endpoint=url, access=access, secret=secret, backoff_config=BackoffConfig(max_tries=3)
    )
    print(json.dumps({"version": list(session.api.vast_version)}), flush=True)
    for line in sys.stdin:
        try:
            answer = {"ok": do(session, json.loads(line))}
        except Exception as error:  # the test that asked judges it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
