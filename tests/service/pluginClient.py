"""A gRPC client of another library: asks a plugin in both ways and prints what it answers. Its arguments: socket, token, folder of the contract."""

import json
import sys

socket, token, folder = sys.argv[1:]
sys.path.insert(0, folder)

import grpc  # noqa: E402
from farmops_plugin import contract  # noqa: E402

channel = grpc.insecure_channel(f"unix:{socket}")
metadata = [("authorization", f"Bearer {token}")]
service = "/farmops.plugin.v1.FarmPlugin/"


def method(make, name, request, response):
    return make(service + name, request_serializer=request.SerializeToString, response_deserializer=response.FromString)


describe = method(channel.unary_unary, "Describe", contract.DescribeRequest, contract.DescribeResponse)
verify = method(channel.unary_unary, "Verify", contract.VerifyRequest, contract.VerifyResponse)
session = method(channel.stream_stream, "Session", contract.SessionRequest, contract.SessionResponse)


def requests():
    for number in range(1, 41):
        source = "elsewhere" if number % 10 == 0 else "test"
        raw_data = json.dumps("x" * 100_000 if number == 7 else f"word {number}").encode()
        yield contract.SessionRequest(id=number, verify=contract.VerifyRequest(source_type=source, raw_data=raw_data))


streamed = {}
for response in session(requests(), metadata=metadata, timeout=20):
    kind = response.WhichOneof("message")
    streamed[response.id] = response.verify.reason if kind == "verify" else response.failure.code

try:
    next(session(iter([]), metadata=[("authorization", "Bearer wrong")], timeout=20))
    refused = None
except grpc.RpcError as error:
    refused = [error.code().name, error.details()]

print(
    json.dumps(
        {
            "capabilities": list(describe(contract.DescribeRequest(), metadata=metadata, timeout=20).capabilities),
            "unary": verify(
                contract.VerifyRequest(source_type="test", raw_data=b'"one"'), metadata=metadata, timeout=20
            ).reason,
            "streamed": streamed,
            "refused": refused,
        }
    )
)
