#!/usr/bin/env bash
# Puts the peers' packages, as locked, under .cache/bench/peers, where `make bench` finds them.
# Needs python3, and for node-oidc-provider also node and npm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$here/../../.cache/bench/peers
mkdir -p "$home/node"

python3 -m venv "$home/python"
"$home/python/bin/pip" install --quiet --require-hashes -r "$here/requirements.txt"

if command -v npm >/dev/null; then
    cp "$here"/node_server/package*.json "$home/node/"
    npm ci --prefix "$home/node" --ignore-scripts --no-audit --no-fund
else
    echo "npm is not here: node-oidc-provider is left out"
fi
