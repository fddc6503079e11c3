"""Translates requests to AWS into the actions and resources of IAM.

(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import unescape

from alur.sandbox.server.api.wsgi import body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SUBRESOURCES = {"location": "s3:GetBucketLocation", "versioning": "s3:GetBucketVersioning"}


@dataclass(frozen=True, slots=True)
class Call:
    """An action for which a request needs permission.

    Attributes:
        resource: an ARN; ``*`` where the service's resources are not modelled here.
        context: the request's condition keys.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def calls_of(environ: WSGIEnvironment, service: str, region: str, account_id: str) -> list[Call]:
    """Return the actions for which a request needs permission."""
    if service == "s3":
        return list(_s3(environ))
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if not operation:
        operation = parse_qs(body_of(environ).decode(errors="replace")).get("Action", [""])[0]
    action = f"{service}:{operation}"
    resources = {"glue": _glue_resources, "logs": _log_resources}.get(service)
    if resources is None:
        return [Call(action, "*")]
    request = _parameters(body_of(environ))
    prefix = f"arn:aws:{service}:{region}:{account_id}"
    return [Call(action, f"{prefix}:{path}") for path in resources(request)]


def _parameters(body: bytes) -> Mapping[str, object]:
    """Return the parameters of a request; empty if it is unreadable, which its service reports."""
    try:
        parameters = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parameters if isinstance(parameters, dict) else {}


def _glue_resources(request: Mapping[str, object]) -> Iterator[str]:
    """Yield the resources of a request to Glue; each action on a table needs its database and the catalog, too.

    (https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html)
    """
    yield "catalog"
    database = request.get("DatabaseName")
    if database is None:
        if "Name" in request:
            yield f"database/{request['Name']}"
        return
    yield f"database/{database}"
    table = request.get("TableInput")
    name = table.get("Name") if isinstance(table, dict) else request.get("Name")
    yield f"table/{database}/{name or '*'}"


def _log_resources(request: Mapping[str, object]) -> Iterator[str]:
    """Yield a request's log stream; a group alone ends the same way, so policies name it with ``:*``.

    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html)
    """
    group, stream = (request.get(name, "") for name in ("logGroupName", "logStreamName"))
    yield f"log-group:{group}:log-stream:{stream}"


def _s3(environ: WSGIEnvironment) -> Iterator[Call]:
    """Yield the actions of a request with its bucket in the path.

    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)
    """
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    bucket, _, key = path.removeprefix("/").partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    method = environ["REQUEST_METHOD"]
    if not bucket:
        yield Call("s3:ListAllMyBuckets", "*")
    elif key:
        yield Call(_object_action(method, query), _arn(bucket, key))
        if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
            other, _, copied = unquote(source).removeprefix("/").partition("/")
            yield Call("s3:GetObject", _arn(other, copied))
    elif method == "POST" and "delete" in query:
        for deleted in re.findall(r"<Key>(.*?)</Key>", body_of(environ).decode(), re.DOTALL):
            yield Call("s3:DeleteObject", _arn(bucket, unescape(deleted)))
    elif method in ("GET", "HEAD"):
        action = next((_SUBRESOURCES[n] for n in query if n in _SUBRESOURCES), "s3:ListBucket")
        yield Call(action, _arn(bucket), {"s3:prefix": query.get("prefix", [""])[0]})
    else:
        yield Call("s3:ChangeBucket", _arn(bucket))


def listing_for_missing_key(environ: WSGIEnvironment, service: str) -> Call | None:
    """Return the permission to learn of a missing object; None for a request that reads no object.

    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, under "Permissions")
    """
    if service != "s3" or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return None
    for call in _s3(environ):
        if call.action == "s3:GetObject":
            bucket, _, key = call.resource.partition("/")
            return Call("s3:ListBucket", bucket, {"s3:prefix": key})
    return None


def _object_action(method: str, query: Mapping[str, object]) -> str:
    if method in ("GET", "HEAD"):
        return "s3:GetObject"
    if method == "DELETE":
        return "s3:AbortMultipartUpload" if "uploadId" in query else "s3:DeleteObject"
    return "s3:PutObject"


def _arn(bucket: str, key: str | None = None) -> str:
    return f"arn:aws:s3:::{bucket}" + ("" if key is None else f"/{key}")
