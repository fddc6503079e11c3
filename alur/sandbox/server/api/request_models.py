"""Validates requests against botocore's models of AWS's services, as AWS validates them against its own.

Moto alone accepts many requests that AWS refuses: it ignores unknown parameters, and checks few values.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError, RestXMLParser
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from alur.sandbox.server.api.constraints import violations
from alur.sandbox.server.api.service_errors import ServiceError
from alur.sandbox.server.api.wsgi import body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_MODELS = {"monitoring": "cloudwatch"}
"""Services with another name in signatures than in botocore."""

_S3_CONTROL = "/v20180820/"

_QUERIES = "query", "ec2"
_UNKNOWN_OPERATION = {
    "query": ("InvalidAction", HTTPStatus.BAD_REQUEST),
    "ec2": ("InvalidAction", HTTPStatus.BAD_REQUEST),
    "rest-xml": ("MethodNotAllowed", HTTPStatus.METHOD_NOT_ALLOWED),
}
_INVALID = {"query": "ValidationError", "ec2": "ValidationError", "rest-xml": "InvalidRequest"}
_MALFORMED = {"query": "MalformedInput", "ec2": "MalformedInput", "rest-xml": "MalformedXML"}


def request_error(environ: WSGIEnvironment, signed_for: str) -> ServiceError | None:
    """Return the error for a request that violates its service's model; None if it is valid or has no model.

    Args:
        signed_for: the service in the request's signature.
    """
    try:
        model = get_service_model(_service(environ, signed_for))
        content = b"" if model.service_name == "s3" else body_of(environ)
        request = Request({**environ, "wsgi.input": BytesIO(content)})
        protocol = determine_request_protocol(model, request.content_type)
    except (UnknownServiceError, NotImplementedError):
        return None
    try:
        operation, labels = get_service_router(model.service_name).match(request)
    except NotFound:
        unknown = "UnknownOperationException", HTTPStatus.BAD_REQUEST
        code, status = _UNKNOWN_OPERATION.get(protocol, unknown)
        return ServiceError(protocol, code, f"{model.service_id} has no such operation", status)
    shape = operation.input_shape
    if shape is None:
        return None
    if _has_document(shape) and not content:
        content = body_of(environ)
    try:
        values = _values(operation, protocol, request, content, labels)
    except (ValueError, RequestParserError) as error:
        code = _MALFORMED.get(protocol, "SerializationException")
        return ServiceError(protocol, code, f"{operation.name}: {error}")
    messages = list(violations(values, shape))
    if not messages:
        return None
    errors = "1 validation error" if len(messages) == 1 else f"{len(messages)} validation errors"
    code = _INVALID.get(protocol, "ValidationException")
    return ServiceError(protocol, code, f"{errors} detected: {'; '.join(messages)}")


def _service(environ: WSGIEnvironment, signed_for: str) -> str:
    if signed_for == "s3" and environ["PATH_INFO"].startswith(_S3_CONTROL):
        return "s3control"
    return _MODELS.get(signed_for, signed_for)


def _has_document(shape: Any) -> bool:
    """Return whether the body of a request is a document, not just an object's content."""
    payload = shape.serialization.get("payload")
    return payload is not None and shape.members[payload].type_name != "blob"


def _values(
    operation: Any, protocol: str, request: Request, content: bytes, labels: dict[str, Any]
) -> Any:
    if protocol == "json":
        return json.loads(content or b"{}")
    parameters: Any = _Parameters(request.values) if protocol in _QUERIES else request.args
    parser = _XmlParser if protocol == "rest-xml" else PROTOCOL_PARSERS[protocol]
    values = parser(operation).parse(
        {
            "method": request.method,
            "values": parameters,
            "headers": request.headers,
            "body": content,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    return values | parameters.unread() if protocol in _QUERIES else values


class _Parameters(dict[str, str]):
    """Parameters of the query protocol, with a record of those read by an operation."""

    def __init__(self, values: Any) -> None:
        super().__init__(values.items())
        self._read = {"Action", "Version"}

    def get(self, name: str, default: Any = None) -> Any:
        self._read.add(name)
        return super().get(name, default)

    def unread(self) -> dict[str, str]:
        """Return the parameters unread so far."""
        return {name: value for name, value in self.items() if name not in self._read}


class _XmlParser(RestXMLParser):
    """A parser of XML, which keeps elements unknown to the model."""

    def _parse_structure(self, shape: Any, node: Any) -> Any:
        parsed = super()._parse_structure(shape, node)  # type: ignore[no-untyped-call]
        tags = self._build_name_to_xml_node(node)  # type: ignore[no-untyped-call]
        for name, member in shape.members.items():
            tags.pop(self._member_key_name(member, name), None)  # type: ignore[no-untyped-call]
        return parsed | dict.fromkeys(tags)
