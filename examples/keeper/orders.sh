#!/bin/sh
# Fetches the orders of the day. The token travels through pipes only: no process list shows it.
set -eu

status=0
headers=$(remint token acme --header) || status=$?
case $status in
    0) ;;
    3) echo "acme has to be connected again (remint connect acme --replace)" >&2; exit 1 ;;
    4) exit 0 ;; # the provider is away; the next run will do
    *) exit "$status" ;;
esac

printf '%s\n' "$headers" |
    curl --silent --show-error --fail --header @- --output orders.json https://api.acme.example/orders
