"""What schemathesis is told beside the OpenAPI document of TAMS 8.2.

`SEED` in the environment is a JSON object with the ids of things that are there: `flowId`, `sourceId`,
`profileId`, `objectId`, `request-id`.
"""

import json
import os
import re

import schemathesis

METHODS = ("get", "head", "post", "put", "delete")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEED = json.loads(os.environ.get("SEED", "{}"))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Says what the document leaves unsaid."""
    responses = {
        # Every server may answer a request it can't understand so (RFC 9110, 15.5); the document
        # lists 400 for some operations only. Ours refuses every unknown query parameter.
        "400": {"description": "Bad request."},
        "413": {"description": "The body is too long."},
        "415": {"description": "The body is not JSON."},
    }
    for path in raw_schema["paths"].values():
        for method in METHODS:
            if method not in path:
                continue
            operation = path[method]
            for status, response in responses.items():
                operation["responses"].setdefault(status, response)
            for parameter in operation.get("parameters", []):
                # Its description takes the empty list, its schema does not.
                if parameter.get("name") == "accept_storage_ids":
                    parameter["schema"] = {"$ref": "schemas/uuid-list-empty.json"}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Asks half of the time for what is there; what can't be an id stays as it is."""
    if not path_parameters:
        return path_parameters
    for name, value in path_parameters.items():
        if name not in SEED or not isinstance(value, str):
            continue
        if name != "objectId" and not UUID.fullmatch(value):
            continue
        if sum(value.encode("utf-8", "replace")) % 2:
            path_parameters[name] = SEED[name]
    return path_parameters
