"""`ess-kg serve`: the web server over the current release."""

import os
from typing import Annotated, Final

import typer
import uvicorn
from uvicorn.importer import import_from_string

from kg import logging_config, settings
from kg.cli.memory import memory_here, tell_memory
from kg.cli.terminal import console
from kg.release_layout import find_current_release
from kg.sandbox import job_folder
from kg.sparql.local.worker_process import MALLOC_ENVIRONMENT

app: Final = typer.Typer(pretty_exceptions_enable=False)


@app.command("serve")
def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes.")] = None,
) -> None:
    """Serve the current release; a newer one is picked up without a restart."""
    found = settings.read_settings()
    release = find_current_release(found.releases)
    for (
        name,
        value,
    ) in MALLOC_ENVIRONMENT.items():  # read by a process when it starts: those of the server will
        os.environ.setdefault(name, value)
    address, door = host or found.host, port or found.port
    console.print(f"Release {release.id}: http://{address}:{door}/", soft_wrap=True)
    processes = workers or found.workers
    logging_config.configure("INFO")
    tell_memory(found, processes, memory_here())
    if processes == 1:
        _run_server(address, door, 1, found.trusted_proxies)
        return
    with job_folder.create_private_folder(job_folder.CACHE_FOLDER_PREFIX) as own:
        (own / job_folder.WORK_FOLDER).mkdir()
        # what they find is found for all of them
        os.environ.setdefault("KG_ANSWERS", str(own / job_folder.WORK_FOLDER))
        _run_server(address, door, processes, found.trusted_proxies)


def _run_server(address: str, door: int, workers: int, trusted_proxies: str) -> None:
    # by its name, since kg never imports api: uvicorn opens the door in each of its processes
    uvicorn.run(
        "api.asgi:app",
        http=import_from_string("api.middleware.uvicorn_protocol:Protocol"),
        host=address,
        port=door,
        workers=workers,
        access_log=False,
        ws="none",  # there is nothing to be had that way
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=5,
        # one that is starting on a busy machine is not yet one that is stuck
        timeout_worker_healthcheck=60,
        log_config=logging_config.build_configuration("INFO"),
    )
