#!/usr/bin/env python3
"""compare_answers.py NAME A.jsonl B.jsonl LIMIT: the largest difference of two files of `mer predict`'s answers.

Prints it, and fails if it is above the limit or if the answers are not of the same utterances.
"""
import json
import sys


def answers(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main():
    name, path_a, path_b, limit = sys.argv[1:]
    a, b = answers(path_a), answers(path_b)
    if not a or [x["id"] for x in a] != [x["id"] for x in b]:
        sys.exit(f"{name}: the answers are not of the same utterances")
    if any("error" in x or not x["probs"] for x in a + b):
        sys.exit(f"{name}: an utterance without an answer")
    largest = max(abs(x["probs"][label] - y["probs"][label]) for x, y in zip(a, b) for label in x["probs"])
    labels = sum(x["label"] != y["label"] for x, y in zip(a, b))
    print(f"{name}: {len(a)} answers, largest difference of a probability {largest:.1e}, other labels {labels}")
    if largest > float(limit):
        sys.exit(f"{name}: above {limit}")


if __name__ == "__main__":
    main()
