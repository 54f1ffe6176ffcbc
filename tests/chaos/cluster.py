"""Brokers of a schedule's own: one, or three with copies of everything, each behind a proxy.

What is tested goes through the proxies, whose ports the brokers advertise; producers and readers of the tests go
straight to the brokers, so that what is fed comes in its order and what is read is what there is.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

import psutil

from chaos.proxy import Proxy
from stream.broker import jars, java, node, places
from stream.broker.ready import answers
from stream.settings.kafka import Kafka

_START_S = 90.0
_CLUSTER = "Y2h1cm53YXRjaC1jaGFvcw"
_MORE = """
node.id=$number
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$port,DIRECT://127.0.0.1:$direct,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$proxy,DIRECT://127.0.0.1:$direct
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=DIRECT
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$least
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$least
unclean.leader.election.enable=false
log.cleaner.backoff.ms=500
"""
"""Over the launcher's own properties: in a Java properties file the last of two counts."""


class Node:
    """One broker and its proxy."""

    def __init__(self, folder: Path, number: int, classpath: str) -> None:
        self.folder = folder / f"node-{number}"
        self.folder.mkdir(parents=True)
        self.number = number
        self._classpath = classpath
        self.port, self.direct, self.controller, via = node.free_ports(self.folder, 4)
        self.proxy = Proxy(via, self.port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The broker's process id, while it runs."""
        return None if self._process is None else self._process.pid

    def configure(self, voters: str, copies: int) -> None:
        """Write its properties."""
        here = Path(node.__file__).parent / "server.properties"
        fields = {
            "number": self.number,
            "voters": voters,
            "port": self.port,
            "direct": self.direct,
            "controller_port": self.controller,
            "proxy": self.proxy.port,
            "copies": copies,
            "least": 2 if copies > 2 else 1,
            "data": self.folder / "data",
        }
        text = here.read_text(encoding="utf-8") + _MORE
        (self.folder / "server.properties").write_text(Template(text).safe_substitute(fields), encoding="utf-8")

    def format(self, templates: Path) -> None:
        """Make its data directory: a copy of one that was made before, which spares a JVM's start."""
        template = templates / f"node-{self.number}"
        if not template.exists():
            arguments = ("format", "--cluster-id", _CLUSTER, "--config", str(self.folder / "server.properties"))
            subprocess.run(self._command("kafka.tools.StorageTool", *arguments), check=True, capture_output=True)
            shutil.copytree(self.folder / "data", template)
        else:
            shutil.copytree(template, self.folder / "data")

    def start(self) -> None:
        """Run it; it is ready some seconds later."""
        with (self.folder / "jvm.log").open("ab") as log:
            command = self._command("kafka.Kafka", str(self.folder / "server.properties"))
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stall(self, on: bool) -> None:
        """Freeze it, or let it go on."""
        if self._process is not None:
            process = psutil.Process(self._process.pid)
            (process.suspend if on else process.resume)()

    def _command(self, main: str, *arguments: str) -> list[str]:
        log4j = Path(node.__file__).parent / "log4j2.properties"
        return [
            *("setpriv", "--pdeathsig", "KILL"),  # it does not outlive the test, however that ends
            str(java.find(environment())),
            *node.JVM,
            "-Xmx512m",
            f"-Dchurnwatch.log={self.folder / 'server.log'}",
            f"-Dlog4j2.configurationFile={log4j.as_uri()}",
            "-cp",
            self._classpath,
            main,
            *arguments,
        ]


class Cluster:
    """One or three brokers."""

    def __init__(self, folder: Path, size: int = 1) -> None:
        found = jars.fetch(places.jar_dir(places.cache_dir(environment())))
        classpath = os.pathsep.join(str(path) for path in found.paths)
        self.nodes = [Node(folder, number, classpath) for number in range(1, size + 1)]
        voters = ",".join(f"{each.number}@127.0.0.1:{each.controller}" for each in self.nodes)
        for each in self.nodes:
            each.configure(voters, min(3, size))

    @property
    def through(self) -> str:
        """The bootstrap address of what is tested."""
        return ",".join(f"127.0.0.1:{each.proxy.port}" for each in self.nodes)

    @property
    def straight(self) -> str:
        """The bootstrap address of the tests' own clients."""
        return ",".join(f"127.0.0.1:{each.direct}" for each in self.nodes)

    @property
    def proxies(self) -> list[Proxy]:
        """Every broker's proxy."""
        return [each.proxy for each in self.nodes]

    async def start(self, templates: Path) -> None:
        """Format and run all, and wait until each answers; `templates`: where empty data directories are kept."""
        for each in self.nodes:
            await asyncio.to_thread(each.format, templates)
            each.start()
            await each.proxy.start()
        await asyncio.gather(*map(self.answers, self.nodes))

    async def answers(self, one: Node) -> None:
        """Wait until a broker answers."""
        reason: str | None = "not asked yet"
        kafka = Kafka(bootstrap=f"127.0.0.1:{one.direct}")
        async with asyncio.timeout(_START_S):
            while reason is not None:
                reason = await answers(kafka, 5)
                await asyncio.sleep(0.1)

    async def restart(self, one: Node) -> None:
        """Start a broker again on its own data and address."""
        one.start()
        await self.answers(one)

    async def stop(self) -> None:
        """End everything; nothing in it is wanted any more."""
        for each in self.nodes:
            await asyncio.to_thread(each.kill)
            await each.proxy.stop()


def environment() -> Mapping[str, str]:
    """Return the environment without a broker in it."""
    return {key: value for key, value in os.environ.items() if key not in ("KAFKA_BOOTSTRAP", "KAFKA_HOME")}
