"""Pushes one event with Debian's grpcio, as a tool that is not ours would: the messages are spelled by hand."""
import sys

import grpc


def field(number, data):
    length = len(data)
    size = b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + data


socket, token, source_type, event_id, raw_data = (part.encode() for part in sys.argv[1:])
with grpc.insecure_channel(b"unix:" + socket) as channel:
    push = channel.unary_unary("/farmops.source.v1.SourceService/Push")
    request = field(1, source_type) + field(2, event_id) + field(3, raw_data) + field(6, b"ansible@barn")
    try:
        answer = push(request, timeout=20, metadata=[("authorization", b"Bearer " + token)])
        print("already" if answer == b"\x08\x01" else "taken")
    except grpc.RpcError as error:
        print(error.code().name)
