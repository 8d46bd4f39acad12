"""Embedded Kafka: one KRaft broker from the jars of `infra/jars`, formatted once, on loopback."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from streams import ownership
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings
from streams.stack import home

JARS = CHECKOUT / "infra/jars/lib/kafka"
HEAP = ("-Xms256m", "-Xmx512m")
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


def prepare(settings: Settings) -> None:
    """Configuration and formatted storage; safe to interrupt and to repeat."""
    home.prepare(settings)
    formatted = _formatted(settings)
    _properties(settings).write_text(
        home.render(
            "kafka/server.properties",
            port=settings.kafka_port,
            controller_port=settings.kafka_port + 1,
            data=data(settings),
        )
    )
    if is_made(settings):
        if not formatted.exists():
            formatted.write_text(f"{_cluster(settings)}\n")
        ownership.record_made(settings, ownership.KAFKA, str(_cluster(settings)))
        return
    ownership.require_none_known(settings, ownership.KAFKA, data(settings))
    shutil.rmtree(data(settings), ignore_errors=True)  # of a formatting that was broken off
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = [
        "format",
        "--standalone",
        f"--cluster-id={cluster}",
        "--config",
        str(_properties(settings)),
    ]  # may begin with -
    done = subprocess.run(
        [*_java("-Xmx256m"), "kafka.tools.StorageTool", *tool], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CityBrainError(
            "the broker's storage can't be formatted",
            why=" ".join((done.stderr or done.stdout).split()[-40:]),
            remedy="run `citybrain doctor`",
        )
    ownership.record_made(settings, ownership.KAFKA, cluster)
    formatted.write_text(cluster + "\n")


def is_made(settings: Settings) -> bool:
    """True when this home's log directory is formatted to its end; a broker that ran has segments in it."""
    cluster = _cluster(settings)
    if cluster is None:
        return False
    own = ownership.known(settings, ownership.KAFKA)
    is_recorded = own is not None and own.id == cluster
    return is_recorded or _formatted(settings).exists() or any(data(settings).glob("*/*.log"))


def data(settings: Settings) -> Path:
    """The log directory: what the topics hold."""
    return _room(settings) / "data"


def command(settings: Settings) -> list[str]:
    """The broker in the foreground; SIGTERM stops it cleanly."""
    return [*_java(*HEAP), "kafka.Kafka", str(_properties(settings))]


def is_healthy(settings: Settings) -> bool:
    """True when this home's cluster (embedded or not) names a controller within 3 seconds."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers, "log_level": 0})
    try:
        cluster = client.list_topics(timeout=3)
        ownership.require(settings, ownership.KAFKA, str(cluster.cluster_id))
    except (KafkaException, CityBrainError):
        return False
    return bool(cluster.controller_id >= 0)


def version(settings: Settings) -> str | None:
    """Version of the embedded broker's jar; None for an outside cluster, which does not tell it."""
    if not settings.embedded_kafka:
        return None
    return next((jar.stem.removeprefix("kafka_2.13-") for jar in JARS.glob("kafka_2.13-*.jar")), None)


def _java(*options: str) -> list[str]:
    if not JARS.is_dir():
        raise CityBrainError("the broker's jars are missing", why=f"{JARS} is empty", remedy="make install")
    java = shutil.which("java")
    if java is None:
        raise CityBrainError(
            "Java is missing",
            why="the broker and Spark need Java 17",
            remedy="sudo apt-get install -y openjdk-17-jre-headless",
        )
    return [java, *options, QUIET, "-cp", f"{JARS}/*"]


def _room(settings: Settings) -> Path:
    return settings.home / "kafka"


def _formatted(settings: Settings) -> Path:
    """Written when the formatting is done."""
    return _room(settings) / "formatted"


def _cluster(settings: Settings) -> str | None:
    """The cluster id of the log directory; None where there is none."""
    try:
        lines = (data(settings) / "meta.properties").read_text().splitlines()
    except FileNotFoundError:
        return None
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("cluster.id=")), None)


def _properties(settings: Settings) -> Path:
    return _room(settings) / "server.properties"
