#!/usr/bin/env python3
"""Checks what FarmOps exports. Shares no code with it: written from docs/protocol/farm-proof-v1.md and checkpoints-v1.md.

    verify.py CHAIN.jsonl --key HEX [--recovery-key HEX]                    an agent's chain
    verify.py --fork FILE [--key HEX]                                       fork evidence
    verify.py --bundle FILE --tracker-key HEX [--origin TEXT] [--key HEX] [--tracker-rotations FILE]
                                                                            an exported proof, *.tlog-proof
    verify.py --vectors DIR                                                 every conformance vector below DIR

Each prints one line "ok: ...", or "bad: " with the place, the fault code and why (exit 1).

Needs Python 3.8. Signatures are checked by the package `cryptography`, or by the `openssl` program (3.0 or later) where that
is missing (or with `--openssl`). Both leave the edge cases of Ed25519 to us, see `signed`. One file, to be copied.
"""

import argparse
import base64
import collections
import contextlib
import datetime
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

RECORD_BYTES_MAX = 8192
FORK_BYTES_MAX = 33280
FILE_BYTES_MAX = 65536  # a note, an exported proof
NOTE_SIGNATURES_MAX = 64
PATH_HASHES_MAX = 54
ROTATIONS_MAX = 512
COUNT_MAX = 2**53 - 1


class Fault(Exception):
    """A code of the pages, why, and where: a chain's line or a fork's record (from 1), or the part of an exported proof."""

    def __init__(self, code, why):
        Exception.__init__(self, code, why)
        self.code, self.why, self.where = code, why, None


@contextlib.contextmanager
def at(where):
    try:
        yield
    except Fault as fault:
        fault.where = where
        raise


# ---- Ed25519 ----------------------------------------------------------------------------------------------------


P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
SMALL_Y = {0, 1, P - 1} | {
    int.from_bytes(bytes.fromhex(h), "little")
    for h in (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}


def point_allowed(encoded):
    y = int.from_bytes(encoded, "little") & (2 ** 255 - 1)
    return y < P and y not in SMALL_Y


def key_allowed(key):
    return len(key) == 32 and point_allowed(key)


def cryptography_equation():
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def holds(key, signature, message):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            return True
        except (InvalidSignature, ValueError):
            return False

    return holds


def openssl_equation():
    def holds(key, signature, message):
        with tempfile.TemporaryDirectory() as folder:
            names = {name: os.path.join(folder, name) for name in ("key", "signature", "message")}
            der = bytes.fromhex("302a300506032b6570032100") + key
            for name, content in (("key", der), ("signature", signature), ("message", message)):
                with open(names[name], "wb") as file:
                    file.write(content)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names["key"]]
            command += ["-rawin", "-in", names["message"], "-sigfile", names["signature"]]
            return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode == 0

    return holds


FORCE_OPENSSL = False
# RFC 8032, 7.1, test 2. Not test 1: OpenSSL 3.0's pkeyutl refuses an empty message. Nothing here signs one.
SAMPLE_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SAMPLE_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


@functools.lru_cache(maxsize=None)
def equation():
    """The first library that works. One that cannot verify at all must not pass for one that found a bad signature."""
    for make in [openssl_equation] if FORCE_OPENSSL else [cryptography_equation, openssl_equation]:
        try:
            holds = make()
            if holds(bytes.fromhex(SAMPLE_KEY), bytes.fromhex(SAMPLE_SIGNATURE), b"\x72"):
                return holds
        except Exception:  # whatever a missing, old or restricted library raises
            continue
    sys.stderr.write("verify.py needs the Python package cryptography, or the program openssl, 3.0 or later\n")
    raise SystemExit(2)


def signed(key, signature, message):
    """Whether `signature` is `key`'s over `message`, by the section Signatures."""
    if not key_allowed(key) or len(signature) != 64 or not point_allowed(signature[:32]):
        return False
    return int.from_bytes(signature[32:], "little") < L and equation()(key, signature, message)


# ---- JSON -------------------------------------------------------------------------------------------------------

# Not Python's json: that takes NaN, stops at some depth, and reads a number of many digits with a limit of its own.

TOKEN = re.compile(
    r'[ \t\n\r]*(?:(?P<punct>[\[\]{},:])'
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r'|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)'
    r'|(?P<word>true|false|null)'
    r'|(?P<end>\Z))')
ESCAPE = re.compile(r'\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)')
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS = {"true": True, "false": False, "null": None}


def unescape(m):
    high, low, unit, short = m.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    return chr(int(unit, 16)) if unit else SHORT.get(short, short)


def tokens(text):
    at = 0
    while True:
        m = TOKEN.match(text, at)
        if m is None:
            raise Fault("not_json", "not JSON")
        at = m.end()
        kind = m.lastgroup
        yield kind, m.group(kind)
        if kind == "end":
            return


def parse(text):
    """One JSON value of any depth. A number is a double; of a key that occurs twice, the last value counts."""
    def bad():
        return Fault("not_json", "not one JSON value")

    # `stack`: the containers that are open, each with the key whose value comes next. `state`: what may come next.
    stack, state, root = [], "value", None
    for kind, token in tokens(text):
        if kind == "end":
            if state != "done":
                raise bad()
            return root
        if state == "done":
            raise bad()
        value, complete = None, False
        if kind == "punct":
            if token in "[{" and state in ("value", "value_or_close"):
                stack.append([[] if token == "[" else {}, None])
                state = "value_or_close" if token == "[" else "key_or_close"
            elif token == "]" and stack and isinstance(stack[-1][0], list) and state in ("value_or_close", "comma"):
                value, complete = stack.pop()[0], True
            elif token == "}" and stack and isinstance(stack[-1][0], dict) and state in ("key_or_close", "comma"):
                value, complete = stack.pop()[0], True
            elif token == "," and state == "comma":
                state = "value" if isinstance(stack[-1][0], list) else "key"
            elif token == ":" and state == "colon":
                state = "value"
            else:
                raise bad()
        elif state in ("key", "key_or_close"):
            if kind != "string":
                raise bad()
            stack[-1][1] = ESCAPE.sub(unescape, token[1:-1])
            state = "colon"
        elif state in ("value", "value_or_close"):
            complete = True
            if kind == "string":
                value = ESCAPE.sub(unescape, token[1:-1])
            elif kind == "number":
                value = float(token)
            else:
                value = WORDS[token]
        else:
            raise bad()
        if complete:
            if not stack:
                root, state = value, "done"
            else:
                container, key = stack[-1]
                if isinstance(container, list):
                    container.append(value)
                else:
                    container[key] = value
                state = "comma"
    raise bad()


def canonical(value):
    """RFC 8785 for what occurs here: keys are ASCII and numbers are counts, so Python's own writer agrees."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


# ---- The record -------------------------------------------------------------------------------------------------


def need(ok, code, name, why):
    if not ok:
        raise Fault(code, "%s %s" % (name, why))


def string(value, name):
    need(isinstance(value, str), "wrong_type", name, "is not a string")


def spelled(pattern, what):
    compiled = re.compile(pattern)

    def check(value, name):
        string(value, name)
        need(compiled.fullmatch(value), "bad_format", name, "is not " + what)
    return check


def hexed(size):
    return spelled("[0-9a-f]{%d}" % (2 * size), "%d bytes as lowercase hex" % size)


def word(*words):
    def check(value, name):
        string(value, name)
        need(value in words, "not_in_vocabulary", name, "is not a word of its list")
    return check


def text(most):
    def check(value, name):
        string(value, name)
        need(1 <= len(value) <= most, "out_of_range", name, "is not of 1 to %d characters" % most)
    return check


def count(value, name):
    need(isinstance(value, float), "wrong_type", name, "is not a number")
    need(0 <= value <= COUNT_MAX and value == int(value), "out_of_range", name, "is not a count")


def boolean(value, name):
    need(isinstance(value, bool), "wrong_type", name, "is not true or false")


def or_null(check):
    return lambda value, name: None if value is None else check(value, name)


def version(value, name):
    string(value, name)
    need(value == "1", "unsupported_version", name, "is not version 1")


def timestamp(value, name):
    string(value, name)
    ok = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", value)
    if ok:
        try:
            datetime.datetime(*[int(part) for part in re.findall("[0-9]+", value)])
        except ValueError:
            ok = False
    need(ok, "bad_format", name, "is not a real second spelled YYYY-MM-DDTHH:MM:SSZ")


UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID = spelled(UUID_PATTERN, "a lowercase UUID")
UUID7 = spelled("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "a lowercase UUID of version 7")


class Optional:
    def __init__(self, check):
        self.check = check


def fields(value, name, table):
    """An object with exactly the fields of `table`, in its order; then whether it has others."""
    need(isinstance(value, dict), "wrong_type", name or "the record", "is not an object")
    for key, check in table.items():
        full = name + "." + key if name else key
        if isinstance(check, Optional):
            if key not in value:
                continue
            check = check.check
        need(key in value, "missing_field", full, "is absent")
        if isinstance(check, dict):
            fields(value[key], full, check)
        else:
            check(value[key], full)
    for key in value:
        need(key in table, "unknown_field", name or "the record", "has a field that version 1 does not know")


RECORD = {
    "schema_version": version,
    "proof_id": UUID7,
    "prev_proof_id": or_null(UUID7),
    "prev_proof_hash": or_null(hexed(32)),
    "sequence": count,
    "timestamp": timestamp,
    "agent": {"agent_id": UUID, "cluster_alias": text(64)},
    "actor": {"actor_hash": hexed(32), "actor_type": word("human", "bot", "system")},
    "action": {
        "plugin": text(128),
        "action_type": word("verify", "fix", "upgrade", "deploy", "resolve", "review", "configure", "observe"),
        "category": word("maintenance", "toil", "reliability", "security", "incident", "upgrade"),
        "subcategory": or_null(text(64)),
        "description": text(1024),
    },
    "outcome": {"status": word("success", "failure", "partial"), "verified": boolean, "evidence_hash": hexed(32)},
    "scoring_hints": {
        "complexity": word("low", "medium", "high"),
        "impact_radius": count,
        "artifacts_touched": count,
        "time_spent_seconds": or_null(count),
    },
    "key_rotation": Optional({"new_public_key": hexed(32), "possession": hexed(64)}),
    "signature": hexed(64),
}


def whole(value):
    """Counts as integers: what is left of the numbers once every field is in order."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    return int(value) if isinstance(value, float) else value


def lone_surrogate(value):
    if isinstance(value, dict):
        return any(lone_surrogate(inner) for inner in value.values())
    return isinstance(value, str) and re.search("[\ud800-\udfff]", value) is not None


class Proof:
    """A line whose form and spelling are in order. Its signature has not been looked at."""

    def __init__(self, line):
        if len(line) > RECORD_BYTES_MAX:
            raise Fault("too_large", "more than 8,192 bytes")
        try:
            decoded = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Fault("not_utf8", "not UTF-8")
        record = parse(decoded)
        fields(record, "", RECORD)
        first = record["sequence"] == 0
        for name in ("prev_proof_id", "prev_proof_hash"):
            need((record[name] is None) == first, "genesis_mismatch", name, "is not null exactly on a first proof")
        if "key_rotation" in record:
            configure = record["action"]["action_type"] == "configure"
            need(configure, "rotation_mismatch", "action.action_type", "of a rotation is not configure")
        if lone_surrogate(record):
            raise Fault("not_utf8", "a text has a lone surrogate")
        self.record = record = whole(record)
        if canonical(record) != line:
            raise Fault("not_canonical", "the bytes are not the canonical text")
        self.unsigned = canonical({key: value for key, value in record.items() if key != "signature"})
        self.hash = hashlib.sha256(self.unsigned).hexdigest()
        self.signature = bytes.fromhex(record["signature"])
        self.sequence = record["sequence"]
        self.agent_id = record["agent"]["agent_id"]
        self.next = (self.sequence + 1, self.hash, record["proof_id"])
        self.new_key = record["key_rotation"]["new_public_key"] if "key_rotation" in record else None

    def check_signature(self, key, recovery_key=None):
        keys = [key] + ([recovery_key] if recovery_key is not None and self.new_key is not None else [])
        if not any(signed(bytes.fromhex(one), self.signature, self.unsigned) for one in keys):
            raise Fault("bad_signature", "signature is not this key's over this record")
        if self.new_key is not None:
            new_key = bytes.fromhex(self.new_key)
            if not key_allowed(new_key):
                raise Fault("bad_key", "key_rotation.new_public_key is a key that is refused")
            parent = self.record["prev_proof_hash"]
            body = {"agent_id": self.agent_id, "prev_proof_hash": parent, "sequence": self.sequence}
            statement = b"farmops/rotation/v1\0" + canonical(body)
            if not signed(new_key, bytes.fromhex(self.record["key_rotation"]["possession"]), statement):
                raise Fault("bad_possession", "key_rotation.possession is not the new key's over this place")


def check_key(key, what="the public key"):
    if not (isinstance(key, str) and re.fullmatch("[0-9a-f]{64}", key) and key_allowed(bytes.fromhex(key))):
        raise Fault("bad_key", what + " is not 64 lowercase hex digits, or is a key that is refused")


def check_keys(key, recovery_key):
    check_key(key)
    if recovery_key is not None:
        check_key(recovery_key, "the recovery key")
        if recovery_key == key:
            raise Fault("bad_key", "the recovery key is the agent's own key")


def verify_proof(line, key, recovery_key=None):
    """One record apart from its chain. Its hash."""
    check_keys(key, recovery_key)
    proof = Proof(line)
    proof.check_signature(key, recovery_key)
    return proof.hash


def verify_chain(lines, key, recovery_key=None):
    """A whole chain. Its number of lines and the hash of the last, or None. A Fault has the line, counted from 1."""
    head, agent_id, ids, keys, number = None, None, set(), {key}, 0
    for line in lines:
        number += 1
        with at(number):
            if head is None:
                check_keys(key, recovery_key)
            proof = Proof(line)
            proof.check_signature(key, recovery_key)
            record = proof.record
            sequence, parent_hash, parent_id = head.next if head else (0, None, None)
            need(proof.sequence == sequence, "wrong_sequence", "sequence", "is not the next one")
            need(record["prev_proof_hash"] == parent_hash, "wrong_parent", "prev_proof_hash", "is not the last proof's")
            need(record["prev_proof_id"] == parent_id, "wrong_parent", "prev_proof_id", "is not the last proof's")
            agent_id = agent_id or proof.agent_id
            need(proof.agent_id == agent_id, "wrong_agent", "agent.agent_id", "is not that of the chain")
            need(record["proof_id"] not in ids, "repeated_id", "proof_id", "occurs before in the chain")
            ids.add(record["proof_id"])
            if proof.new_key is not None:
                new = proof.new_key not in keys and proof.new_key != recovery_key
                need(new, "key_reused", "key_rotation.new_public_key", "was in force before, or is the recovery key")
                key = proof.new_key
                keys.add(key)
        head = proof
    return number, head.hash if head else None


def two_texts(value, name):
    need(isinstance(value, list) and [type(one) for one in value] == [str, str], "wrong_type", name, "are not two texts")


FORK = {"format": word("farmops/fork/1"), "public_key": hexed(32), "records": two_texts}


def verify_fork(line):
    """Fork evidence. The key that it convicts, the agent's id and the sequence."""
    if len(line) > FORK_BYTES_MAX:
        raise Fault("too_large", "more than 33,280 bytes")
    try:
        evidence = parse(line.decode("utf-8"))
        fields(evidence, "", FORK)
        same = canonical(evidence) == line
    except (Fault, UnicodeError):
        same = False
    if not same:
        raise Fault("bad_evidence", "not the canonical text of fork evidence")
    proofs = []
    for number, one in enumerate(evidence["records"], 1):
        with at(number):
            check_key(evidence["public_key"])
            proof = Proof(one.encode("utf-8"))
            proof.check_signature(evidence["public_key"])
            proofs.append(proof)
    one, two = proofs
    if one.agent_id != two.agent_id or one.sequence != two.sequence or one.hash == two.hash:
        raise Fault("no_fork", "the records are not two of one agent and one sequence")
    if one.hash > two.hash:
        raise Fault("bad_evidence", "the records are not in ascending order of their hashes")
    return evidence["public_key"], one.agent_id, one.sequence


# ---- Checkpoints ------------------------------------------------------------------------------------------------


def unbase64(text):
    """The bytes, or None unless this is their one spelling."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return decoded if base64.b64encode(decoded).decode("ascii") == text else None


def hash32(text):
    decoded = unbase64(text)
    return decoded if decoded is not None and len(decoded) == 32 else None


def uncount(text):
    number = int(text) if re.fullmatch("0|[1-9][0-9]{0,15}", text) else None
    return number if number is not None and number <= COUNT_MAX else None


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(line):
    return sha256(b"\0", line)


def node(left, right):
    return sha256(b"\1", left, right)


def hashes_allowed(path, *others):
    return len(path) <= PATH_HASHES_MAX and all(len(one) == 32 for one in (*path, *others))


def included(leaf_hash, index, size, path, root):
    if not 0 <= index < size <= COUNT_MAX or not hashes_allowed(path, leaf_hash):
        return False
    at, last, found = index, size - 1, leaf_hash
    for one in path:
        if last == 0:
            return False
        while at % 2 == 0 and at == last and at > 0:
            at, last = at // 2, last // 2
        found = node(one, found) if at % 2 == 1 else node(found, one)
        at, last = at // 2, last // 2
    return last == 0 and found == root


def consistent(first_size, second_size, path, first_root, second_root):
    if not 0 < first_size <= second_size <= COUNT_MAX or not hashes_allowed(path, first_root, second_root):
        return False
    if first_size == second_size:
        return not path and first_root == second_root
    at, last, left = first_size - 1, second_size - 1, list(path)
    while at % 2 == 1:
        at, last = at // 2, last // 2
    if at > 0 and not left:
        return False
    old = new = first_root if at == 0 else left.pop(0)
    for one in left:
        if last == 0:
            return False
        while at % 2 == 0 and at == last and at > 0:
            at, last = at // 2, last // 2
        if at % 2 == 1:
            old, new = node(one, old), node(one, new)
        else:
            new = node(new, one)
        at, last = at // 2, last // 2
    return last == 0 and old == first_root and new == second_root


def parse_note(content):
    """The text as a string, and its signatures: (name, key id, signature) each."""
    def wanted(ok, why):
        if not ok:
            raise Fault("bad_note", why)

    wanted(len(content) <= FILE_BYTES_MAX, "more than 65,536 bytes")
    try:
        note = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("bad_note", "not UTF-8")
    wanted(not re.search("[\x00-\x09\x0b-\x1f]", note), "has a control character")
    end = note.rfind("\n\n")
    wanted(end >= 0, "has no empty line after a text")
    text, below = note[:end + 1], note[end + 2:]
    wanted(below.endswith("\n"), "does not end with a signature line")
    lines = below[:-1].split("\n")
    wanted(len(lines) <= NOTE_SIGNATURES_MAX, "more than 64 signatures")
    signatures = []
    for line in lines:
        parts = line.split(" ")
        wanted(len(parts) == 3 and parts[0] == "\u2014", "a signature line is not spelled as one")
        name, both = parts[1], unbase64(parts[2])
        wanted(name and "+" not in name and not any(c.isspace() for c in name), "a key's name is not one")
        wanted(both is not None and len(both) > 4, "a signature is not base64 of a key id and a signature")
        signatures.append((name, both[:4], both[4:]))
    return text, signatures


Checkpoint = collections.namedtuple("Checkpoint", "origin size root previous hash")


def verify_checkpoint(content, tracker_key, origin=None):
    """What a checkpoint says that this key signed. Its hash is over the text."""
    check_key(tracker_key, "the tracker's key")
    key = bytes.fromhex(tracker_key)
    text, signatures = parse_note(content)
    first, *rest = text[:-1].split("\n")
    if not re.fullmatch("farmops/checkpoint/v1/" + UUID_PATTERN, first) or origin not in (None, first):
        raise Fault("wrong_origin", "the first line is not an origin, or not the one given")
    key_id = sha256(first.encode("utf-8"), b"\n\1", key)[:4]
    ours = [signature for name, one, signature in signatures if name == first and one == key_id]
    if not ours:
        raise Fault("unsigned", "no signature line has this key's name and key id")
    if not all(signed(key, signature, text.encode("utf-8")) for signature in ours):
        raise Fault("bad_signature", "a signature is not this key's over the text")
    size = uncount(rest[0]) if rest else None
    if size is None:
        raise Fault("bad_size", "the second line is not a count")
    root = hash32(rest[1]) if len(rest) > 1 else None
    if root is None or (size == 0 and root != sha256()):
        raise Fault("bad_root", "the third line is not base64 of 32 bytes, or not the root of no lines under size 0")
    previous = hash32(rest[2][9:]) if len(rest) > 2 and rest[2][:9] == "previous " else None
    if len(rest) > 3 or (len(rest) == 3 and previous is None):
        raise Fault("bad_extension", "more follows than one previous of 32 bytes")
    return Checkpoint(first, size, root, previous, sha256(text.encode("utf-8")))


def check_follows(before, after):
    """That one checkpoint is the next after another; None stands for the start of the ledger."""
    need(before is None or after.origin == before.origin, "wrong_origin", "the first line", "is of another ledger")
    named = None if before is None else before.hash
    need(after.previous == named, "wrong_previous", "previous", "is not the hash of the checkpoint before")
    if before is not None:
        need(after.size >= before.size, "smaller_size", "the size", "is smaller than that before")
        need(after.size > before.size or after.root == before.root, "other_root", "the root", "is another at one size")


ROTATION = {
    "body": {
        "at": timestamp,
        "farm_id": UUID,
        "kind": word("tracker_key_rotated"),
        "new_public_key": hexed(32),
        "position": count,
        "possession": hexed(64),
        "schema": word("farmops/event/1"),
    },
    "public_key": string,
    "signature": string,
}


def parse_rotation(line):
    try:
        event = parse(line.decode("utf-8"))
        fields(event, "", ROTATION)
        event = whole(event)
        same = canonical(event) == line
    except (Fault, UnicodeError):
        same = False
    if not same:
        raise Fault("bad_rotation", "not the canonical text of a rotation of a tracker's key")
    return event["body"], event["public_key"], event["signature"]


def says(key, signature, tag, body):
    """Whether the key signed a statement. All of it may be any text."""
    if not (re.fullmatch("[0-9a-f]{64}", key) and re.fullmatch("[0-9a-f]{128}", signature)):
        return False
    return signed(bytes.fromhex(key), bytes.fromhex(signature), tag + b"\0" + canonical(body))


def follow_keys(lines, tracker_key, farm_id=None):
    """The farm, and the first position and the key of each time: the rotations lead from key to key, one of them the known."""
    keys = []
    if len(lines) > ROTATIONS_MAX:
        raise Fault("too_many", "more than 512 rotations")
    for number, line in enumerate(lines, 1):
        with at(number):
            body, old, signature = parse_rotation(line)
            new, place = body["new_public_key"], body["position"]
            farm_id = farm_id or body["farm_id"]
            need(body["farm_id"] == farm_id, "wrong_farm", "farm_id", "is of another farm")
            since, in_force = keys[-1] if keys else (0, old)
            need(place >= since, "wrong_position", "position", "is not after the rotation before")
            need(old == in_force, "wrong_signer", "public_key", "is not the key in force")
            need(says(old, signature, b"farmops/event/v1", body), "bad_signature", "signature", "is not the old key's")
            need(key_allowed(bytes.fromhex(new)), "bad_key", "new_public_key", "is a key that is refused")
            keys = keys or [(0, old)]
            need(new not in [key for _, key in keys], "key_reused", "new_public_key", "was in force before")
            bound = {"at": body["at"], "farm_id": farm_id, "position": place, "public_key": old}
            possessed = says(new, body["possession"], b"farmops/tracker-rotation/v1", bound)
            need(possessed, "bad_possession", "possession", "is not the new key's over this event")
            keys.append((place + 1, new))
    keys = keys or [(0, tracker_key)]
    need(tracker_key in [key for _, key in keys], "unknown_key", "the tracker's key", "is none of these")
    return farm_id, keys


def verify_bundle(content, tracker_key, origin=None, key=None, rotations=()):
    """An exported proof: origin, size, index and the record's hash. Without `key` the record's signature is not checked."""
    row = None
    if rotations:
        with at("keys"):
            farm_id, row = follow_keys(rotations, tracker_key)
    with at("bundle"):
        if len(content) > FILE_BYTES_MAX:
            raise Fault("too_large", "more than 65,536 bytes")
        try:
            head, empty_line, checkpoint = content.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError:
            raise Fault("bad_bundle", "not UTF-8")
        lines = head.split("\n")
        record = unbase64(lines[1][6:]) if len(lines) > 1 and lines[1][:6] == "extra " else None
        index = uncount(lines[2][6:]) if len(lines) > 2 and lines[2][:6] == "index " else None
        path = [hash32(line) for line in lines[3:]]
        whole_form = lines[0] == "c2sp.org/tlog-proof@v1" and record is not None and index is not None and empty_line
        if not whole_form or None in path or len(path) > PATH_HASHES_MAX:
            raise Fault("bad_bundle", "not a file of the form of an exported proof with a record")
    if row is not None:
        ours = "farmops/checkpoint/v1/" + farm_id
        origin = ours if origin in (None, ours) else ""  # no note is of two farms
        size = (uncount(checkpoint.split("\n")[1]) if "\n" in checkpoint else None) or 0
        tracker_key = [one for since, one in row if since <= size][-1]
    with at("checkpoint"):
        signed_root = verify_checkpoint(checkpoint.encode("utf-8"), tracker_key, origin)
    with at("bundle"):
        if not included(leaf(record), index, signed_root.size, path, signed_root.root):
            raise Fault("bad_inclusion", "the record is not at this index under the checkpoint's size and root")
    with at("record"):
        digest = Proof(record).hash if key is None else verify_proof(record, key)
    return signed_root.origin, signed_root.size, index, digest


# ---- The program ------------------------------------------------------------------------------------------------


def split_lines(content):
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def one_line(content):
    return content[:-1] if content.endswith(b"\n") else content


def read(path):
    with open(path, "rb") as f:
        return f.read()


def as_bytes(line):
    return line.encode("utf-8", "surrogatepass")


def judge_proof(vector):
    return {"hash": verify_proof(as_bytes(vector["proof"]), vector["public_key"], vector.get("recovery_key"))}


def judge_chain(vector):
    lines = map(as_bytes, vector["proofs"])
    return {"hash": verify_chain(lines, vector["public_key"], vector.get("recovery_key"))[1]}


def judge_signature(vector):
    # These have a verdict and no code.
    if not signed(*[bytes.fromhex(vector[name]) for name in ("public_key", "signature", "message")]):
        raise Fault(None, "not the key's signature over the message")
    return {}


def judge_merkle(vector):
    path = [unbase64(one) for one in vector["proof"] or []]
    roots = [unbase64(vector[name]) for name in ("leafHash", "root", "root1", "root2") if name in vector]
    if vector["kind"] == "inclusion":
        holds = included(roots[0], vector["leafIdx"], vector["treeSize"], path, roots[1])
    else:
        holds = consistent(vector["size1"], vector["size2"], path, *roots)
    if not holds:
        raise Fault("bad_" + vector["kind"], "the proof does not hold")
    return {}


def judge_checkpoint(vector):
    key = vector["public_key"]
    found = verify_checkpoint(as_bytes(vector["note"]), key, vector["origin"])
    if "before" in vector:
        before = vector["before"]
        check_follows(None if before is None else verify_checkpoint(as_bytes(before), key), found)
    return {"size": found.size, "hash": base64.b64encode(found.hash).decode("ascii")}


def judge_bundle(vector):
    known = vector["tracker_key"], vector["origin"], vector["agent_key"]
    rotations = [as_bytes(line) for line in vector.get("rotations", [])]
    _, _, index, digest = verify_bundle(as_bytes(vector["bundle"]), *known, rotations)
    return {"index": index, "hash": digest}


def judge_keys(vector):
    rotations = [as_bytes(line) for line in vector["rotations"]]
    return {"from": [since for since, _ in follow_keys(rotations, vector["tracker_key"], vector["farm_id"])[1]]}


def judge_fork(vector):
    key, agent_id, sequence = verify_fork(as_bytes(vector["evidence"]))
    return {"public_key": key, "agent_id": agent_id, "sequence": sequence}


# A kind of vector is known by a field. The first that there is decides.
JUDGES = {
    "kind": judge_merkle,
    "note": judge_checkpoint,
    "bundle": judge_bundle,
    "evidence": judge_fork,
    "rotations": judge_keys,
    "proofs": judge_chain,
    "proof": judge_proof,
    "message": judge_signature,
}
STATED = {"code", "from", "hash", "line", "size", "index", "part", "record", "agent_id", "sequence"}


def judge(vector):
    """What we find: the verdict, the code, and what a vector of its kind states beside them."""
    find = next(find for field, find in JUDGES.items() if field in vector)
    try:
        return dict(find(vector), verdict="valid", code=None)
    except Fault as fault:
        found = {"verdict": "invalid", "code": fault.code}
        if find is judge_fork:
            found.update({"part": "record", "record": fault.where} if fault.where else {"part": "evidence"})
        elif fault.where is not None or find is judge_keys:
            found["part" if find is judge_bundle else "line"] = fault.where
        return found


def run_vectors(folder):
    paths = [os.path.join(inside, name) for inside, _, names in os.walk(folder) for name in names]
    total = disagree = 0
    for path in sorted(path for path in paths if path.endswith(".json")):
        content = json.loads(read(path).decode("utf-8"))
        for vector in content if isinstance(content, list) else [content]:
            found = judge(vector)
            expected = {name: vector.get(name) for name in set(found) | (STATED & set(vector))}
            total += 1
            if found != expected:
                disagree += 1
                print("%s: %s: expected %s, found %s" % (path, vector["name"], expected, found))
    bad = disagree > 0 or total == 0
    print("%s: %d vectors, %d disagree" % ("bad" if bad else "ok", total, disagree))
    return 1 if bad else 0


def run_fork(given):
    key, agent_id, sequence = verify_fork(one_line(read(given.fork)))
    if given.key not in (None, key):
        raise Fault("other_key", "good evidence against another key than the one given")
    print("ok: the key %s signed two records of agent %s at sequence %d%s"
          % (key, agent_id, sequence, "" if given.key else "; not checked: that it is the agent's key"))


def run_bundle(given):
    rotations = split_lines(read(given.tracker_rotations)) if given.tracker_rotations else []
    known = given.tracker_key, given.origin, given.key
    origin, size, index, digest = verify_bundle(read(given.bundle), *known, rotations)
    checks = ["the tracker's signature", "the place in its ledger", "the form of the record"]
    left = ["the record's place in its agent's chain"]
    (checks if given.origin is not None else left).append("the origin")
    (checks if given.key is not None else left).append("the record's signature")
    print("ok: record %s at index %d of %d lines, origin %s; checked: %s; not checked: %s"
          % (digest, index, size, origin, ", ".join(checks), ", ".join(left)))


def main():
    parser = argparse.ArgumentParser(description="Checks an exported chain, proof or fork evidence of FarmOps.")
    parser.add_argument("chain", nargs="?", help="one proof a line, as `farmops proof export` writes it")
    parser.add_argument("--fork", metavar="FILE", help="fork evidence")
    parser.add_argument("--bundle", metavar="FILE", help="an exported proof")
    parser.add_argument("--vectors", metavar="DIR", help="a directory of conformance vectors")
    parser.add_argument("--key", metavar="HEX", help="the agent's public key, 64 hex digits")
    parser.add_argument("--recovery-key", metavar="HEX", help="the agent's recovery key, if it has one")
    parser.add_argument("--tracker-key", metavar="HEX", help="the tracker's public key")
    parser.add_argument("--tracker-rotations", metavar="FILE", help="all rotations of the tracker's key, one a line")
    parser.add_argument("--origin", help="the first line of the farm's checkpoints")
    parser.add_argument("--openssl", action="store_true", help="check signatures with the openssl program")
    given = parser.parse_args()
    global FORCE_OPENSSL
    FORCE_OPENSSL = given.openssl
    if [given.chain, given.fork, given.bundle, given.vectors].count(None) != 3:
        parser.error("give one of a chain, --fork, --bundle and --vectors")
    if given.chain is not None and given.key is None:
        parser.error("a chain needs --key")
    if given.bundle is not None and given.tracker_key is None:
        parser.error("--bundle needs --tracker-key")
    try:
        if given.vectors is not None:
            return run_vectors(given.vectors)
        if given.bundle is not None:
            run_bundle(given)
        elif given.fork is not None:
            run_fork(given)
        else:
            number, head = verify_chain(split_lines(read(given.chain)), given.key, given.recovery_key)
            print("ok: %d proofs, head %s" % (number, head or "none"))
        return 0
    except Fault as fault:
        noun = "record %d: " if given.fork is not None else "line %d: "
        where = noun % fault.where if isinstance(fault.where, int) else fault.where + ": " if fault.where else ""
        print("bad: %s%s: %s" % (where, fault.code, fault.why))
        return 1
    except OSError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
