"""`ess-kg serve`: the web server over the current release."""

import os
from typing import Annotated, Final

import typer
import uvicorn
from uvicorn.importer import import_from_string

from kg import logging_config, settings
from kg.cli.memory import detect_available_memory, log_memory_budget
from kg.cli.terminal import console
from kg.release_layout import find_current_release
from kg.sandbox import job_folder
from kg.sparql.local.worker_process import MALLOC_ENVIRONMENT

app: Final = typer.Typer(pretty_exceptions_enable=False)


@app.command("serve")
def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Number of server processes.")] = None,
) -> None:
    """Serve the current release; a newer one is picked up without a restart."""
    chosen = settings.read_settings()
    release = find_current_release(chosen.releases)
    address, tcp_port = host or chosen.host, port or chosen.port
    console.print(f"Release {release.id}: http://{address}:{tcp_port}/", soft_wrap=True)
    processes = workers or chosen.workers
    logging_config.configure("INFO")
    log_memory_budget(chosen, processes, detect_available_memory())
    # two values pass through the environment, for want of another way: uvicorn spawns processes
    # without arguments for the application, and the C library reads its tunables at start
    for name, value in MALLOC_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if processes == 1:
        _run_server(address, tcp_port, 1, chosen.trusted_proxies)
        return
    # a wrong setting is told once, and not by each process, which uvicorn would start again
    import_from_string("api.app_config:build_app_config")(chosen)
    with job_folder.create_private_folder(job_folder.CACHE_FOLDER_PREFIX) as folder:
        results = folder / job_folder.WORK_FOLDER
        results.mkdir()
        os.environ.setdefault("KG_ANSWERS", str(results))
        _run_server(address, tcp_port, processes, chosen.trusted_proxies)


def _run_server(address: str, port: int, workers: int, trusted_proxies: str) -> None:
    # kg never imports api: uvicorn imports the application and its protocol class by name
    uvicorn.run(
        "api.asgi:app",
        http=import_from_string("api.middleware.uvicorn_protocol:FastPathProtocol"),
        host=address,
        port=port,
        workers=workers,
        access_log=False,
        ws="none",  # no route takes a WebSocket
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=5,
        # on a busy machine a process may be slow to start
        timeout_worker_healthcheck=60,
        log_config=logging_config.build_configuration("INFO"),
    )
