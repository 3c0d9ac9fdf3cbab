"""A client that knows nothing of the project: only gRPC and server reflection.

It starts the server, lists its services, pushes one dossier on the stream and
in a batch, reads back its history and a head-count, begins a contract and finds
it by its phase, and checks a refusal.

    python tests/generic_client/run.py [path of the registre binary]
"""

import collections
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXPECTED = [
    f"registre.v1.{name}Service"
    for name in [
        "Ingestion", "Enrolment", "Contract", "ContractWorkflow", "History", "Dashboard", "Alert",
        "Outcome",
    ]
] + ["grpc.health.v1.Health"]

DOSSIER = {
    "nom_apprenant": "D'ARC-DÜMONT",
    "prenom_apprenant": "Zoé",
    "date_de_naissance_apprenant": "2007-02-03",
    "annee_scolaire": "2025-2026",
    "id_erp_apprenant": "GENERIC-1",
    "date_inscription_formation": "2025-08-20",
    "date_entree_formation": "2025-09-01",
    "date_fin_formation": "2026-07-31",
    "etablissement_responsable_uai": "0010826T",
    "etablissement_responsable_siret": "35600000000048",
    "etablissement_formateur_uai": "0010826T",
    "etablissement_formateur_siret": "35600000000048",
    "formation_rncp": "RNCP37537",
    "contrat_date_debut": "2025-09-01",
    "contrat_date_fin": "2026-07-31",
}


def binary():
    if len(sys.argv) > 1:
        return sys.argv[1]
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, "debug", "registre")


def start(words):
    """Starts the program. Where REGISTRE_HEARD names a folder, all that it says goes there, beside
    the personal values that it is sent (tests/heard.rs searches the ones for the others)."""
    heard = os.environ.get("REGISTRE_HEARD")
    if not heard:
        return subprocess.Popen(words)
    os.makedirs(os.path.join(heard, "sent"), exist_ok=True)
    name = f"{os.getpid()}-python"
    with open(os.path.join(heard, "sent", name + ".json"), "w", encoding="utf-8") as file:
        personal = ["nom_apprenant", "prenom_apprenant", "date_de_naissance_apprenant", "id_erp_apprenant"]
        json.dump([DOSSIER[column] for column in personal], file)
    with open(os.path.join(heard, name + ".out"), "wb") as out:
        return subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, "RUST_LOG": "trace"})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Details(
    collections.namedtuple("Details", "method timeout metadata credentials wait_for_ready compression"),
    grpc.ClientCallDetails,
):
    """What is told of a call, before it is made."""


class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Shows a key with each call."""

    def __init__(self, key):
        self.metadata = [("authorization", f"Bearer {key}")]

    def _told(self, details):
        metadata = list(details.metadata or []) + self.metadata
        return Details(
            details.method, details.timeout, metadata, details.credentials,
            details.wait_for_ready, details.compression,
        )

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._told(details), request)

    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(self._told(details), requests)


class Client:
    """Calls methods by name, with dictionaries, through what reflection tells."""

    def __init__(self, channel, key):
        # Each call shows the key, reflection too.
        channel = grpc.intercept_channel(channel, Bearer(key))
        self.channel = channel
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def services(self):
        return list(self.database.get_services())

    def _method(self, service, method):
        return self.pool.FindServiceByName(service).FindMethodByName(method)

    def call(self, service, method, *requests):
        found = self._method(service, method)
        request_class = message_factory.GetMessageClass(found.input_type)
        response_class = message_factory.GetMessageClass(found.output_type)
        messages = [ParseDict(request, request_class()) for request in requests]
        kind = self.channel.stream_stream if found.client_streaming else self.channel.unary_unary
        stub = kind(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_class.FromString,
        )
        options = {"preserving_proto_field_name": True}
        if found.client_streaming:
            return [MessageToDict(m, **options) for m in stub(iter(messages), timeout=30)]
        return MessageToDict(stub(messages[0], timeout=30), **options)


def run_declaration(extent, rows):
    return {
        "run_id": str(uuid.uuid4()),
        "source": "generic-client",
        "software": "grpcio",
        "extracted_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "extent": extent,
        "row_count": rows,
    }


def check(client):
    services = client.services()
    print("services:", ", ".join(sorted(services)))
    for service in EXPECTED:
        assert service in services, f"{service} is not listed"

    health = client.call("grpc.health.v1.Health", "Check", {"service": ""})
    assert health["status"] == "SERVING", health

    answers = client.call(
        "registre.v1.IngestionService",
        "PushDossiers",
        {"run": run_declaration("RUN_EXTENT_PARTIAL", 1)},
        {"row": {"request_id": str(uuid.uuid4()), "dossier": DOSSIER}},
    )
    first, closed = answers[0]["answer"], answers[-1]["run"]
    assert first["outcome"] == "ROW_OUTCOME_WRITTEN", first
    written = [event["type"] for event in first["events"]]
    assert written == ["EnrolmentDeclared", "ContractDeclared"], written
    assert closed["summary"]["written"] == 1, closed

    again = client.call(
        "registre.v1.IngestionService",
        "BatchPushDossiers",
        {
            "run": run_declaration("RUN_EXTENT_PARTIAL", 2),
            "rows": [{"dossier": DOSSIER}, {"dossier": {**DOSSIER, "id_erp_apprenant": ""}}],
        },
    )
    outcomes = [answer["outcome"] for answer in again["answers"]]
    assert outcomes == ["ROW_OUTCOME_UNCHANGED", "ROW_OUTCOME_REFUSED"], again
    error = again["answers"][1]["errors"][0]
    assert error["field"] == "id_erp_apprenant" and error["text"]["fr"], error

    # Asked as it was known at the receipt's position, an answer waits for the views.
    known_at = "@" + first["events"][-1]["position"]
    history = client.call(
        "registre.v1.HistoryService",
        "ListEvents",
        {"parent": first["enrolment"], "known_at": known_at},
    )
    print("history:", json.dumps(history["events"], ensure_ascii=False, indent=1)[:1500])
    assert [event["type"] for event in history["events"]] == written
    assert "DÜMONT" not in json.dumps(history, ensure_ascii=False)

    # What a closed list can be is in the descriptors: a program needs no other documentation.
    drafted = client.call(
        "registre.v1.ContractWorkflowService",
        "DraftContract",
        {"request_id": str(uuid.uuid4()), "actor": "generic-client"},
    )
    page = client.call(
        "registre.v1.ContractWorkflowService",
        "ListContractWorkflows",
        {"phases": ["CONTRACT_PHASE_DRAFT"], "life": "CONTRACT_LIFE_PENDING",
         "time": {"min_position": drafted["position"]}},
    )
    [contract] = page["contracts"]
    told = [contract[field] for field in ("name", "phase", "life", "decision")]
    assert told == [
        drafted["name"], "CONTRACT_PHASE_DRAFT", "CONTRACT_LIFE_PENDING", "DEPOSIT_DECISION_NOT_ASKED",
    ], told

    count = client.call(
        "registre.v1.DashboardService",
        "ComputeHeadcount",
        {"time": {"as_of": "2025-10-01", "min_position": history["position"]}},
    )
    assert count["total"]["apprentis"] == "1", count

    try:
        client.call("registre.v1.HistoryService", "ListEvents", {"parent": "enrolments/nothing"})
        raise AssertionError("a bad name was accepted")
    except grpc.RpcError as refusal:
        assert refusal.code() == grpc.StatusCode.INVALID_ARGUMENT, refusal
        kinds = dict(refusal.trailing_metadata())
        assert "grpc-status-details-bin" in kinds, "the refusal has no details"


def main():
    with tempfile.TemporaryDirectory() as parent:
        folder = os.path.join(parent, "data")
        address = f"127.0.0.1:{free_port()}"
        server = start([binary(), "serve", "--data", folder, "--listen", address])
        try:
            channel = grpc.insecure_channel(address)
            grpc.channel_ready_future(channel).result(timeout=30)
            try:
                Client(channel, "reg_nobody").services()
                raise AssertionError("anybody is let in")
            except grpc.RpcError as refusal:
                assert refusal.code() == grpc.StatusCode.UNAUTHENTICATED, refusal
            # The server makes a key for whoever may read its folder.
            with open(os.path.join(folder, "access", "local.key"), encoding="ascii") as file:
                check(Client(channel, file.read().strip()))
        finally:
            server.terminate()
            server.wait(timeout=30)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
