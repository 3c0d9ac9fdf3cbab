"""Judges every proof of `cargo run -p seal --example proofs` with pymerkle, which knows nothing of us.

Our hashes must be those of pymerkle's own proofs, and pymerkle must accept them.
"""

import hashlib
import sys

from pymerkle import InmemoryTree, verify_consistency, verify_inclusion


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def as_in_rfc_6962(proof, older):
    """The hashes of pymerkle's proof, which takes what is right of the older tree apart and begins with it."""
    first = proof.subset.index(1)
    right = proof.path[0]
    for bit, digest in zip(proof.rule[: first - 1], proof.path[1:first]):
        right = node(digest, right) if bit else node(right, digest)
    # An older tree that is one node is not in the proof: who asks knows it.
    known = [] if older & (older - 1) == 0 else [proof.path[first]]
    return known + [right] + proof.path[first + 1 :]


def main():
    tree, counts = InmemoryTree(algorithm="sha256"), {"root": 0, "inclusion": 0, "consistency": 0}
    for line in sys.stdin:
        what, *rest = line.split()
        counts[what] += 1
        if what == "root":
            size, root = int(rest[0]), bytes.fromhex(rest[1])
            while tree.get_size() < size:
                tree.append_entry(tree.get_size().to_bytes(4, "little"))
            assert tree.get_root(size) == root, line
            continue
        a, size, hashes = int(rest[0]), int(rest[1]), [bytes.fromhex(hash) for hash in rest[2:]]
        later = tree.get_root(size)
        if what == "inclusion":
            # pymerkle counts from 1, and its path begins with the leaf itself.
            proof = tree.prove_inclusion(a + 1, size)
            assert proof.path[1:] == hashes, line
            proof.path = proof.path[:1] + hashes
            verify_inclusion(tree.get_leaf(a + 1), later, proof)
        elif a < size:
            proof = tree.prove_consistency(a, size)
            verify_consistency(tree.get_root(a), later, proof)
            assert as_in_rfc_6962(proof, a) == hashes, line
        else:
            assert not hashes, line
    assert min(counts.values()) >= 300, f"too little was judged: {counts}"
    print(f"pymerkle agrees: {counts}")


main()
