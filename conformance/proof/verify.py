#!/usr/bin/env python3
"""Checks an exported chain of FarmProof v1 records. Shares no code with FarmOps: written from docs/protocol/farm-proof-v1.md.

    verify.py FILE.jsonl --key HEX        prints "ok: N proofs, head HASH", or the first bad line and why (exit 1)
    verify.py --vectors DIRECTORY         checks every conformance vector below DIRECTORY, verdict and code (exit 1)

Signatures are checked by the Python package `cryptography`, or by the `openssl` program where that is missing
(or with `--openssl`). Both leave the edge cases of Ed25519 to us, see `is_strict_point`.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

RECORD_BYTES_MAX = 8192
INTEGER_MAX = 2**53 - 1
FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

WORDS = {
    "action_type": "verify fix upgrade deploy resolve review configure observe",
    "category": "maintenance toil reliability security incident upgrade",
    "actor_type": "human bot system",
    "status": "success failure partial",
    "complexity": "low medium high",
}


class Fault(Exception):
    """Why a record or a chain is refused: a closed code, the field, and a sentence."""

    def __init__(self, code, path, detail):
        super().__init__(f"{code}: {path + ' ' if path else ''}{detail}")
        self.code = code


# ---- Ed25519, strict --------------------------------------------------------------------------------------------


def small_order_ys():
    """The y coordinates of the points whose order divides 8."""
    d = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME
    root = pow(2, (FIELD_PRIME - 1) // 4, FIELD_PRIME)  # a square root of -1
    # Doubling a point of order 8 gives y = 0, that is x^2 = -y^2; on the curve that means d*y^4 + 2*y^2 - 1 = 0.
    square = sqrt_mod((1 + d) % FIELD_PRIME, root)
    ys = {0, 1, FIELD_PRIME - 1}
    for sign in (square, -square):
        y = sqrt_mod((sign - 1) * pow(d, -1, FIELD_PRIME) % FIELD_PRIME, root)
        if y is not None:
            ys |= {y, FIELD_PRIME - y}
    assert len(ys) == 5
    return ys


def sqrt_mod(value, root_of_minus_one):
    """A square root modulo p, which is 5 modulo 8; None when there is none."""
    candidate = pow(value, (FIELD_PRIME + 3) // 8, FIELD_PRIME)
    for root in (candidate, candidate * root_of_minus_one % FIELD_PRIME):
        if root * root % FIELD_PRIME == value % FIELD_PRIME:
            return root
    return None


SMALL_ORDER_YS = small_order_ys()


def is_strict_point(encoded):
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y < FIELD_PRIME and y not in SMALL_ORDER_YS


FORCE_OPENSSL = False


def library_verify(public_key, message, signature):
    if FORCE_OPENSSL:
        return openssl_verify(public_key, message, signature)
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return openssl_verify(public_key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


def openssl_verify(public_key, message, signature):
    with tempfile.TemporaryDirectory() as directory:
        base = pathlib.Path(directory)
        (base / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + public_key)
        (base / "message").write_bytes(message)
        (base / "signature").write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(base / "key")]
        command += ["-rawin", "-in", str(base / "message"), "-sigfile", str(base / "signature")]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def verify_signature(public_key, message, signature):
    strict = is_strict_point(signature[:32]) and int.from_bytes(signature[32:], "little") < GROUP_ORDER
    return strict and library_verify(public_key, message, signature)


# ---- form -------------------------------------------------------------------------------------------------------


def text(value, path):
    if type(value) is not str:
        raise Fault("wrong_type", path, "must be a string")
    return value


def matching(pattern):
    def check(value, path):
        if not re.fullmatch(pattern, text(value, path), re.ASCII):
            raise Fault("bad_format", path, "has another spelling")

    return check


def word(name):
    def check(value, path):
        if text(value, path) not in WORDS[name].split():
            raise Fault("not_in_vocabulary", path, f"must be one of {WORDS[name]}")

    return check


def free_text(length_max):
    def check(value, path):
        if not 1 <= len(text(value, path)) <= length_max:
            raise Fault("out_of_range", path, f"must have 1 to {length_max} characters")

    return check


def count(value, path):
    if type(value) not in (int, float):
        raise Fault("wrong_type", path, "must be a number")
    if type(value) is float or not 0 <= value <= INTEGER_MAX:
        raise Fault("out_of_range", path, "must be an integer from 0 to 2^53 - 1")


def flag(value, path):
    if type(value) is not bool:
        raise Fault("wrong_type", path, "must be true or false")


def or_null(check):
    return lambda value, path: None if value is None else check(value, path)


def version(value, path):
    if text(value, path) != "1":
        raise Fault("unsupported_version", path, "only version 1 is known")


def timestamp(value, path):
    parts = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", text(value, path), re.ASCII)
    if parts:
        year, month, day, hour, minute, second = map(int, parts.groups())
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if year >= 1 and 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60:
            return
    raise Fault("bad_format", path, "must be a real time spelled YYYY-MM-DDTHH:MM:SSZ")


HEX_32 = matching("[0-9a-f]{64}")
UUID = matching("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UUID_V7 = matching("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

FORM = {
    "schema_version": version,
    "proof_id": UUID_V7,
    "prev_proof_id": or_null(UUID_V7),
    "prev_proof_hash": or_null(HEX_32),
    "sequence": count,
    "timestamp": timestamp,
    "agent": {"agent_id": UUID, "cluster_alias": free_text(64)},
    "actor": {"actor_hash": HEX_32, "actor_type": word("actor_type")},
    "action": {
        "plugin": free_text(128),
        "action_type": word("action_type"),
        "category": word("category"),
        "subcategory": or_null(free_text(64)),
        "description": free_text(1024),
    },
    "outcome": {"status": word("status"), "verified": flag, "evidence_hash": HEX_32},
    "scoring_hints": {
        "complexity": word("complexity"),
        "impact_radius": count,
        "artifacts_touched": count,
        "time_spent_seconds": or_null(count),
    },
    "signature": matching("[0-9a-f]{128}"),
}


def check_object(value, fields, path):
    if type(value) is not dict:
        raise Fault("wrong_type", path, "must be an object")
    for key, check in fields.items():
        inner = f"{path}.{key}" if path else key
        if key not in value:
            raise Fault("missing_field", inner, "must be present")
        if type(check) is dict:
            check_object(value[key], check, inner)
        else:
            check(value[key], inner)
    if len(value) != len(fields):
        raise Fault("unknown_field", path, "has a field that version 1 does not know")


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def number(spelling):
    """The double that RFC 8785 means; as an int where it is whole, so that it is written without a fraction."""
    value = float(spelling)
    return int(value) if value.is_integer() and abs(value) <= INTEGER_MAX else value


def canonical(value):
    """RFC 8785 for this form: its keys are ASCII and its numbers integers, so Python's own writer agrees."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def parse(line):
    """The record and its signed bytes, or a Fault. `line` is bytes."""
    if len(line) > RECORD_BYTES_MAX:
        raise Fault("too_large", None, f"a record has at most {RECORD_BYTES_MAX} bytes")
    try:
        received = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("not_utf8", None, "must be UTF-8") from None
    try:
        record = json.loads(received, parse_int=number, parse_float=number, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Fault("not_json", None, "must be one JSON object") from None
    check_object(record, FORM, "")
    first = record["sequence"] == 0
    if (record["prev_proof_id"] is None) != first or (record["prev_proof_hash"] is None) != first:
        raise Fault("genesis_mismatch", "sequence", "prev_* must be null at sequence 0 and nowhere else")
    try:
        whole = canonical(record)
    except UnicodeEncodeError:
        raise Fault("not_utf8", None, "must not have a lone surrogate") from None
    if whole != line:
        raise Fault("not_canonical", None, "must be spelled exactly as RFC 8785 spells it")
    return record, canonical({key: record[key] for key in record if key != "signature"})


# ---- chain ------------------------------------------------------------------------------------------------------


def decode_key(key):
    if not re.fullmatch("[0-9a-f]{64}", key, re.ASCII) or not is_strict_point(bytes.fromhex(key)):
        raise Fault("bad_key", None, "the key must be 64 lowercase hex digits of a key that is not of small order")
    return bytes.fromhex(key)


def verify_record(line, key):
    public_key = decode_key(key)
    record, unsigned = parse(line)
    if not verify_signature(public_key, unsigned, bytes.fromhex(record["signature"])):
        raise Fault("bad_signature", "signature", "was not made by this key over this record")
    return record, hashlib.sha256(unsigned).hexdigest()


def verify_chain(lines, key):
    """Yields the hash of each good record; raises Fault at the first bad one."""
    parent = {"sequence": -1, "proof_id": None}
    parent_hash = None
    seen = set()
    for line in lines:
        record, digest = verify_record(line, key)
        if record["sequence"] != parent["sequence"] + 1:
            raise Fault("wrong_sequence", "sequence", f"must be {parent['sequence'] + 1} here")
        if record["prev_proof_hash"] != parent_hash:
            raise Fault("wrong_parent", "prev_proof_hash", "must be the hash of the proof before it")
        if record["prev_proof_id"] != parent["proof_id"]:
            raise Fault("wrong_parent", "prev_proof_id", "must be the proof_id of the proof before it")
        if seen and record["agent"]["agent_id"] != parent["agent"]["agent_id"]:
            raise Fault("wrong_agent", "agent.agent_id", "must be the same in the whole chain")
        if record["proof_id"] in seen:
            raise Fault("repeated_id", "proof_id", "must not occur twice in a chain")
        seen.add(record["proof_id"])
        parent, parent_hash = record, digest
        yield digest


def judge_chain(lines, key):
    """(count of good records, head hash or None, Fault or None)"""
    good, head = 0, None
    try:
        for head in verify_chain(lines, key):
            good += 1
    except Fault as fault:
        return good, head, fault
    return good, head, None


# ---- command ----------------------------------------------------------------------------------------------------


def verify_file(path, key):
    lines = pathlib.Path(path).read_bytes().split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    good, head, fault = judge_chain(lines, key)
    if fault:
        print(f"bad: line {good + 1}: {fault}")
        return 1
    print(f"ok: {good} proofs, head {head if head else 'none'}")
    return 0


def judge_vector(vector):
    """(code or None, bad line or None, hash or None)"""

    def to_bytes(proof):
        return proof.encode("utf-8", "surrogatepass")

    if "proofs" in vector:
        good, head, fault = judge_chain(map(to_bytes, vector["proofs"]), vector["public_key"])
        return (fault.code, good + 1, None) if fault else (None, None, head)
    try:
        _, digest = verify_record(to_bytes(vector["proof"]), vector["public_key"])
    except Fault as fault:
        return fault.code, None, None
    return None, None, digest


def verify_vectors(directory):
    paths = sorted(pathlib.Path(directory).rglob("*.json"))
    wrong = 0
    for path in paths:
        vector = json.loads(path.read_text("utf-8"))
        expected = (vector["code"], vector.get("line"), vector.get("hash"))
        found = judge_vector(vector)
        if found != expected:
            wrong += 1
            print(f"{path}: expected {expected}, found {found}")
    print(f"{'bad' if wrong else 'ok'}: {len(paths)} vectors, {wrong} disagree")
    return 1 if wrong or not paths else 0


def main():
    parser = argparse.ArgumentParser(description="Checks a chain of FarmProof v1 records.")
    parser.add_argument("file", nargs="?", help="one proof a line, as `farmops proof export` writes it")
    parser.add_argument("--key", help="the agent's public key, 64 hex digits")
    parser.add_argument("--vectors", help="a directory of conformance vectors")
    parser.add_argument("--openssl", action="store_true", help="check signatures with the openssl program")
    arguments = parser.parse_args()
    global FORCE_OPENSSL
    FORCE_OPENSSL = arguments.openssl
    if arguments.vectors:
        return verify_vectors(arguments.vectors)
    if not arguments.file or not arguments.key:
        parser.error("FILE and --key are needed")
    return verify_file(arguments.file, arguments.key)


if __name__ == "__main__":
    sys.exit(main())
