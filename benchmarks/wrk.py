"""wrk as the load client, where it is installed: for reads by time; it only counts answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from itertools import islice, zip_longest
from pathlib import Path

import orjson

from benchmarks.jobs import Job, Outcome, Step

_PROGRAM = shutil.which("wrk")

_SCRIPT = """
local number = %(begin)d
function request()
  local at = number %% #bodies + 1
  number = number + 1
  return wrk.format(method, paths[at], headers, bodies[at])
end
function done(summary, latency, requests)
  local wrong = summary.errors
  local parts = {}
  for at = 1, #latency do
    local took, count = latency(at)
    parts[at] = string.format("[%%d,%%d]", took, count)
  end
  io.write(string.format('{"requests":%%d,"wrong":%%d,"us":%%d,"latencies":[%%s]}\\n',
    summary.requests, wrong.connect + wrong.read + wrong.write + wrong.status + wrong.timeout,
    summary.duration, table.concat(parts, ",")))
end
"""


def can(job: Job) -> bool:
    """Tell whether wrk is here, and can do this job: one read, for whole seconds."""
    return (
        _PROGRAM is not None
        and len(job.steps) == 1
        and not job.steps[0].mutates
        and not any("@@" in value for value in job.steps[0].headers.values())
        and job.seconds is not None
        and job.seconds >= 1
        and job.seconds == int(job.seconds)
    )


def run(job: Job) -> Outcome:
    """Do a job with wrk."""
    assert _PROGRAM is not None
    assert job.seconds is not None
    url = f"http://127.0.0.1:{job.port}/"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "job.lua"
        script.write_text(_written(job, job.steps[0]))
        said = subprocess.run(
            [
                *(_PROGRAM, "-t1", f"-c{job.connections}", f"-d{int(job.seconds)}s"),
                *("-s", str(script), url),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return _read(said, job.steps[0])


def _written(job: Job, step: Step) -> str:
    """Write the requests of a job as tables of Lua; JSON texts are texts of Lua too."""
    longest = max((len(each) for each in job.values.values()), default=1)
    paths: list[str] = []
    bodies: list[str] = []
    for row in islice(zip_longest(*job.values.values()), longest) if job.values else [()]:
        values = dict(zip(job.values, row, strict=True))
        paths.append(_filled(step.path, values))
        bodies.append(_filled(step.body or "", values))
    headers = {"content-type": "application/json", **step.headers} if step.body else step.headers
    fields = ", ".join(f"[{json.dumps(name)}] = {json.dumps(headers[name])}" for name in headers)
    lines = [
        f"method = {json.dumps('GET' if step.body is None else 'POST')}",
        f"headers = {{ {fields} }}",
        f"paths = {{ {', '.join(map(json.dumps, paths))} }}",
        f"bodies = {{ {', '.join(map(json.dumps, bodies))} }}",
    ]
    return "\n".join(lines) + _SCRIPT % {"begin": job.begin}


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@@{name}@@", value)
    return text


def _read(said: str, step: Step) -> Outcome:
    found = orjson.loads(said.splitlines()[-1])
    latencies = [took / 1000 for took, count in found["latencies"] for _ in range(count)]
    done = found["requests"]
    outcome = Outcome(found["us"] / 1e6, done, done, {"200": done}, {}, {step.name: latencies})
    if found["wrong"]:
        outcome.failures.append(f"wrk counted {found['wrong']} wrong answers")
    return outcome
