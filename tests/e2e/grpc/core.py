# SPDX-License-Identifier: MIT
"""A server of gRPC in C++: core.py health|bare UP [ADDRESS]."""
import os
import sys
from concurrent import futures
import grpc

def check(request, context):
    name = request[2:].decode()
    up = os.path.exists(sys.argv[2])
    states = {'': 1 if up else 2, 'up': 1, 'down': 2, 'odd': 0}
    if name not in states:
        context.abort(grpc.StatusCode.NOT_FOUND, 'no such one')
    if name == 'odd':
        return b''
    return bytes([8, states[name]])

server = grpc.server(futures.ThreadPoolExecutor(4))
if sys.argv[1] == 'health':
    methods = {'Check': grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
        'grpc.health.v1.Health', methods),))
address = sys.argv[3] if len(sys.argv) > 3 else '127.0.0.1:0'
print(server.add_insecure_port(address), flush=True)
server.start()
server.wait_for_termination()
