#!/usr/bin/env bash
# Puts the client libraries, as locked, under .cache/bench/clients, where the bench finds them. Needs python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$here/../../.cache/bench/clients
mkdir -p "$home"
python3 -m venv "$home/python"
"$home/python/bin/pip" install --quiet --require-hashes -r "$here/requirements.txt"
