"""`python -m benchmarks.limit`: serve the limit on a free port and say which."""

import gc
import socket

import uvicorn
import uvloop

from benchmarks.limit.app import application


def main() -> None:
    """Serve with the settings that `ordergraph serve` has."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        application(), http="httptools", log_config=None, access_log=False, server_header=False
    )
    print(f'{{"url": "http://127.0.0.1:{listener.getsockname()[1]}"}}', flush=True)
    gc.freeze()
    uvloop.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
