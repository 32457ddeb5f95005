"""The limit `g`: the same answers from Starlette, asyncpg, dicts and orjson, and nothing else."""
