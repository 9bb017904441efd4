"""Debian's Jena made ready: its class path, and our program compiled against it."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

JARS: Final = Path("/usr/share/java")
PROGRAM: Final = Path(__file__).with_name("WithJena.java")
NEEDED: Final = (
    "jena-arq", "jena-base", "jena-core", "jena-iri", "jena-shacl", "slf4j-api", "slf4j-nop",
    "thrift", "commons-lang3", "commons-io", "commons-codec", "commons-csv", "commons-compress",
    "httpclient", "httpcore", "jsonld-java", "jackson-core", "jackson-databind",
    "jackson-annotations", "xercesImpl", "protobuf", "caffeine", "guava", "gson", "dexx.collection",
    "titanium-json-ld", "jakarta.json-api",
)  # fmt: skip
MOVED: Final = "org/apache/jena/ext/xerces/"
INSTALL: Final = (
    "apt-get install --no-install-recommends libapache-jena-java libxerces2-java "
    "libcaffeine-java default-jdk-headless"
)
HEAP: Final = "-Xmx6g"


def available() -> bool:
    """Whether Jena and a Java compiler are installed."""
    return bool(shutil.which("javac")) and (JARS / "jena-shacl.jar").is_file()


def prepare(folder: Path) -> list[str]:
    """Compiles our program into a folder; the command that runs it, without its arguments.

    Debian's jena-core moves the classes of Xerces but not their message files, and the moved
    classes look for them at the old place: without a copy there, nothing works at all.
    """
    with zipfile.ZipFile(JARS / "jena-core.jar") as jar:
        messages = [n for n in jar.namelist() if n.startswith(MOVED) and n.endswith(".properties")]
        for name in messages:
            target = folder / name.removeprefix("org/apache/jena/ext/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(jar.read(name))
    path = ":".join([*(str(JARS / f"{name}.jar") for name in NEEDED), str(folder)])
    subprocess.run(["javac", "-cp", path, "-d", folder, PROGRAM], check=True)
    return ["java", HEAP, "-cp", path, "WithJena"]


def version() -> str:
    """The version of the package."""
    asked = ["dpkg-query", "-W", "-f", "${Version}", "libapache-jena-java"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
