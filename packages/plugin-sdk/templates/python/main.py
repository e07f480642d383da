"""The program that an agent starts: gRPC on the Unix socket that the agent chose, for as long as the agent lives."""
import hmac
import json
import os
import signal
import sys
import threading
from concurrent import futures

import grpc

import plugin_pb2 as wire
from verify import REPAIRED, verify

SERVICE = "farmops.plugin.v1.FarmPlugin"
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
REQUIREMENT = wire.SourceRequirement(source_type="command", permissions=["read"], fields=["/exit_code"])


def describe(_request, _context):
    return wire.DescribeResponse(
        plugin_id="example/my-plugin",
        version="0.1.0",
        description="Verifies that a check which failed is green again.",
        categories=["reliability"],
        source_requirements=[REQUIREMENT],
        description_templates=[REPAIRED],
        subcategories=["check"],
        protocol_versions=[1],
        capabilities=["memory"],
    )


def answer(request, context):
    if request.source_type != "command":
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "this plugin does not know that source")
    try:
        data = json.loads(request.raw_data.decode("utf-8"))
    except ValueError:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "raw_data is not JSON in UTF-8")
    return verify(data, request.memory)


def configure_sources(_request, _context):
    return wire.ConfigureSourcesResponse(wanted=[REQUIREMENT])


class TokenCheck(grpc.ServerInterceptor):
    """Every call carries the token that the agent chose."""

    def __init__(self, token):
        self.wanted = f"Bearer {token}".encode()
        self.refuse = grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong or missing token")
        )

    def intercept_service(self, continuation, details):
        given = dict(details.invocation_metadata).get("authorization", "")
        return continuation(details) if hmac.compare_digest(self.wanted, given.encode()) else self.refuse


def handler(call, request):
    return grpc.unary_unary_rpc_method_handler(
        call, request_deserializer=request.FromString, response_serializer=lambda message: message.SerializeToString()
    )


def serve(socket, token):
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    server = grpc.server(futures.ThreadPoolExecutor(8), interceptors=[TokenCheck(token)], options=options)
    handlers = {
        "Describe": handler(describe, wire.DescribeRequest),
        "Verify": handler(answer, wire.VerifyRequest),
        "ConfigureSources": handler(configure_sources, wire.ConfigureSourcesRequest),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    # From its first moment nobody but its owner may open the socket.
    old = os.umask(0o177)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    os.umask(old)
    return server


def main():
    socket, token = os.environ.get("FARMOPS_PLUGIN_SOCKET"), os.environ.get("FARMOPS_PLUGIN_TOKEN")
    if not socket or not token:
        print(
            "example/my-plugin is a FarmOps plugin: an agent starts it and sets "
            "FARMOPS_PLUGIN_SOCKET and FARMOPS_PLUGIN_TOKEN.",
            file=sys.stderr,
        )
        sys.exit(64)
    server = serve(socket, token)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())

    def watch_agent():
        # The agent's end of standard input closes however the agent ends: no plugin outlives its agent.
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=watch_agent, daemon=True).start()
    ended.wait()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
