"""Settings become aiokafka's keyword arguments."""

from __future__ import annotations

import ssl

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner

from stream.broker.clients import client_options
from stream.cli.commands import build
from stream.config import ConfigError
from stream.settings.kafka import Kafka

_OAUTH = {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"}


def test_a_plain_broker_needs_its_addresses_only():
    assert client_options(Kafka(bootstrap="127.0.0.1:1, localhost:2,")) == {
        "bootstrap_servers": ["127.0.0.1:1", "localhost:2"],
        "security_protocol": "PLAINTEXT",
    }


def test_no_address_is_an_error_that_says_how_to_get_one():
    with pytest.raises(ConfigError, match="churnwatch kafka up"):
        client_options(Kafka())


def test_passwords_and_tls_reach_the_client_and_certificates_are_verified():
    kafka = Kafka(
        bootstrap="a:1",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username="u",
        sasl_password="p",
    )
    options = client_options(kafka)
    context = options.pop("ssl_context")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert options == {
        "bootstrap_servers": ["a:1"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "u",
        "sasl_plain_password": "p",
    }


async def test_a_bearer_token_is_handed_out_and_the_client_takes_the_options():
    kafka = Kafka(
        bootstrap="[::1]:1", security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER", sasl_password="token"
    )
    options = client_options(kafka)
    assert await options["sasl_oauth_token_provider"].token() == "token"
    client = AIOKafkaAdminClient(**options)
    await client.close()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"security_protocol": "SASL_SSL"}, r"kafka\.sasl_username, kafka\.sasl_password"),
        ({"security_protocol": "SASL_SSL", "sasl_username": "u"}, r"kafka\.sasl_password"),
        ({"security_protocol": "SSL", "ssl_cafile": "/nowhere.pem"}, r"kafka\.ssl_cafile"),
        ({"security_protocol": "SSL", "ssl_certfile": __file__}, "both or neither"),
        ({"security_protocol": "SSL", "ssl_cafile": __file__}, "cannot be used"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"}, r"kafka\.oauth\.token_url"),
        ({**_OAUTH, "oauth": {"token_url": "https://idp/t", "client_id": "c"}}, r"kafka\.oauth\.client_secret"),
        ({**_OAUTH, "oauth": {"token_url": "http://idp/t", "client_id": "c", "client_secret": "s"}}, "must be https"),
        (
            {
                **_OAUTH,
                "oauth": {"token_url": "https://i/t", "client_id": "c", "client_secret": "s", "cafile": __file__},
            },
            r"kafka\.oauth\.cafile",
        ),
    ],
)
def test_what_is_missing_or_unusable_is_named(given, key):
    with pytest.raises(ConfigError, match=key):
        client_options(Kafka(bootstrap="a:1", **given))


def test_the_password_is_not_in_what_a_mistake_prints():
    with pytest.raises(ConfigError) as fault:
        client_options(Kafka(bootstrap="a:1", security_protocol="SASL_SSL", sasl_password="geheim"))
    assert "geheim" not in str(fault.value)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("server", ["broker-1:9092", "10.0.0.7:9092", "[2001:db8::1]:9092", "localhost.example:9092"])
def test_nothing_goes_in_the_clear_to_another_machine_unless_told(protocol, server):
    kafka = Kafka(
        bootstrap=f"localhost:9092,{server}", security_protocol=protocol, sasl_username="u", sasl_password="p"
    )
    with pytest.raises(ConfigError, match=r"kafka\.allow_plaintext = true") as refused:
        client_options(kafka)
    assert server in str(refused.value) and "localhost:9092," not in str(refused.value)
    told = client_options(kafka.model_copy(update={"allow_plaintext": True}))
    assert told["bootstrap_servers"] == ["localhost:9092", server]


@pytest.mark.parametrize("role", ["worker", "trainer", "desk"])
def test_a_role_that_would_go_in_the_clear_does_not_start(role, tmp_path):
    folders = {f"CHURNWATCH_{name}__STATE_DIR": str(tmp_path / "x") for name in ("ENGINE", "DESK", "MODEL__TRAINER")}
    done = CliRunner(env={**folders, "KAFKA_BOOTSTRAP": "kafka.example:9092"}).invoke(build(), [role])
    assert done.exit_code == 2
    assert "kafka.example:9092" in done.output and "kafka.allow_plaintext = true" in done.output
    assert not (tmp_path / "x").exists(), "it refuses before it does anything"


@pytest.mark.parametrize("server", ["localhost:1", "127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "kafka.localhost:1"])
def test_this_machine_needs_no_tls(server):
    assert client_options(Kafka(bootstrap=server))["bootstrap_servers"] == [server]
