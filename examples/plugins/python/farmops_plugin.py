"""Serves a plugin to the agent that started it. Copy this file and contract.binpb; write a plugin.py of your own.

Needs Debian's python3-grpcio and python3-protobuf, or `pip install grpcio protobuf`. The messages come from contract.binpb,
which is the .proto file as `buf build` writes it, so nothing has to be generated.
"""

import hmac
import json
import os
import signal
import sys
import threading
import traceback
from concurrent import futures
from pathlib import Path
from types import SimpleNamespace

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
# Each Session keeps one busy for as long as it is open.
WORKERS = 16
# What is still being answered at the end may take this long; the agent waits for two seconds.
STOP_SECONDS = 0.5


def _load_messages():
    files = descriptor_pb2.FileDescriptorSet.FromString(Path(__file__).with_name("contract.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    file = pool.FindFileByName("farmops/plugin/v1/plugin.proto")
    # The one is of protobuf 4.22 and later, the other of those before.
    class_of = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: class_of(message) for name, message in file.message_types_by_name.items()}


contract = SimpleNamespace(**_load_messages())


class Refused(Exception):
    """The request is no observation for this plugin: INVALID_ARGUMENT, with this message."""


def verified(**fields):
    """Work that the plugin vouches for. `evidence` is any JSON; it is hashed by the agent and never leaves it."""
    evidence = json.dumps(fields.pop("evidence"), sort_keys=True).encode()
    hints = contract.ScoringHints(**fields.pop("scoring_hints"))
    return contract.VerifyResponse(verdict="verified", evidence=evidence, scoring_hints=hints, **fields)


def rejected(reason):
    """No work, or not work that counts."""
    return contract.VerifyResponse(verdict="rejected", reason=reason)


def inconclusive(reason):
    """Not enough to tell."""
    return contract.VerifyResponse(verdict="inconclusive", reason=reason)


def _not_json(word):
    raise ValueError(word)


def _read(raw_data):
    try:
        # json.loads alone would guess UTF-16 too, and take NaN.
        return json.loads(raw_data.decode("utf-8"), parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise Refused("raw_data is not JSON in UTF-8") from None


def _make_service(description, verify, token):
    sources = {source["source_type"] for source in description["source_requirements"]}
    described = contract.DescribeResponse(protocol_versions=[1], capabilities=["session"], **description)
    wanted = f"Bearer {token}".encode()

    def check_token(context):
        given = dict(context.invocation_metadata()).get("authorization", "")
        if not hmac.compare_digest(given.encode(), wanted):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong or missing token")

    def answer(request):
        """The verdict and no code, or no verdict and why not."""
        try:
            if request.source_type not in sources:
                raise Refused("this plugin does not know that source")
            return verify(request.source_type, _read(request.raw_data)), None, ""
        except Refused as refused:
            return None, grpc.StatusCode.INVALID_ARGUMENT, str(refused)
        except Exception:
            # For the author. What went wrong may name things, so it is not in the answer.
            traceback.print_exc()
            return None, grpc.StatusCode.INTERNAL, "the plugin failed"

    def on_describe(_, context):
        check_token(context)
        return described

    def on_configure(_, context):
        check_token(context)
        return contract.ConfigureSourcesResponse(wanted=described.source_requirements)

    def on_verify(request, context):
        check_token(context)
        verdict, code, message = answer(request)
        if verdict is None:
            context.abort(code, message)
        return verdict

    def on_session(requests, context):
        check_token(context)
        for request in requests:
            kind = request.WhichOneof("message")
            # Requests are answered one after another: one that is cancelled has its answer.
            if kind == "cancel":
                continue
            response = contract.SessionResponse(id=request.id)
            unknown = None, grpc.StatusCode.UNIMPLEMENTED, "this plugin knows no such request"
            verdict, code, message = answer(request.verify) if kind == "verify" else unknown
            if verdict is None:
                response.failure.code, response.failure.message = code.value[0], message
            else:
                response.verify.CopyFrom(verdict)
            yield response

    def handler(make, run, request, response):
        return make(run, request_deserializer=request.FromString, response_serializer=response.SerializeToString)

    unary, stream = grpc.unary_unary_rpc_method_handler, grpc.stream_stream_rpc_method_handler
    return grpc.method_handlers_generic_handler(
        "farmops.plugin.v1.FarmPlugin",
        {
            "Describe": handler(unary, on_describe, contract.DescribeRequest, contract.DescribeResponse),
            "Verify": handler(unary, on_verify, contract.VerifyRequest, contract.VerifyResponse),
            "ConfigureSources": handler(
                unary, on_configure, contract.ConfigureSourcesRequest, contract.ConfigureSourcesResponse
            ),
            "Session": handler(stream, on_session, contract.SessionRequest, contract.SessionResponse),
        },
    )


def serve(description, verify):
    """Answers until SIGTERM, or until standard input ends, which is the agent's end however it came."""
    socket, token = os.environ.get("FARMOPS_PLUGIN_SOCKET"), os.environ.get("FARMOPS_PLUGIN_TOKEN")
    if not socket or not token:
        sys.exit(f"{description['plugin_id']} is a FarmOps plugin: an agent starts it.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def await_agent():
        while os.read(0, 4096):
            pass
        stop.set()

    threading.Thread(target=await_agent, daemon=True).start()
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=WORKERS),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ],
    )
    server.add_generic_rpc_handlers([_make_service(description, verify, token)])
    # Nobody else may open the socket, from its first moment on.
    os.umask(0o177)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    stop.wait()
    server.stop(STOP_SECONDS).wait()
