#!/bin/sh
# Brings a new image (or changed settings) into the running installation, one process after the other, without a failed request:
#
#   docker compose build migrate && sh infra/compose/roll.sh         # every service
#   sh infra/compose/roll.sh gateway                                 # or only some
#
# Each process gets a successor first; only when that one is healthy is the old one asked to stop, and it finishes what it has.
# Old and new run side by side meanwhile. A successor that does not become healthy is removed again, and nothing has changed.
set -eu
cd "$(dirname "$0")/../.."
. infra/compose/compose.sh

HEALTHY_WITHIN_S=120
STOP_WITHIN_S=60
MOST_RESTARTS=2

state() { docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1"; }

wait_healthy() { # CONTAINER
  left=$HEALTHY_WITHIN_S
  until [ "$(state "$1")" = healthy ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] && [ "$(docker inspect -f '{{.RestartCount}}' "$1")" -le "$MOST_RESTARTS" ] || return 1
    sleep 1
  done
}

# Of the containers of a service, the ones that are not among the known.
newcomers() { # SERVICE KNOWN
  for id in $(compose ps -q "$1"); do
    case " $2 " in *" $id "*) ;; *) echo "$id" ;; esac
  done
}

roll() { # SERVICE
  old=$(compose ps -q "$1" | tr '\n' ' ')
  count=$(echo "$old" | wc -w)
  [ "$count" -gt 0 ] || { echo "$1: none runs; start it with: docker compose up -d $1" >&2; return 1; }
  known=$old
  for id in $old; do
    compose up -d --no-deps --no-recreate --scale "$1=$((count + 1))" "$1" >/dev/null 2>&1
    new=$(newcomers "$1" "$known")
    if [ -z "$new" ] || ! wait_healthy "$new"; then
      echo "$1: the successor did not become healthy; its last lines:" >&2
      [ -z "$new" ] || { docker logs --tail 20 "$new" >&2; docker rm -f "$new" >/dev/null; }
      return 1
    fi
    known="$known $new"
    docker stop -t "$STOP_WITHIN_S" "$id" >/dev/null
    docker rm "$id" >/dev/null
    echo "$1: $(echo "$id" | cut -c1-12) has handed over to $(echo "$new" | cut -c1-12)"
  done
}

[ $# -gt 0 ] || {
  echo "migrations"
  compose run --rm migrate
  # Who answers before who asks: a new gateway may ask what only a new quota knows.
  set -- quota prompts logger console gateway
}
for service in "$@"; do roll "$service"; done
