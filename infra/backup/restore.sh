#!/bin/sh
# Puts a backup in the place of what the database has, and prepares Redis and the bus for it: docs/backup.md says why each step.
#
#   docker compose stop gateway && docker compose stop console quota prompts logger
#   sh infra/backup/restore.sh FILE                   # asks before it begins; --yes does not
#
#   DATABASE_URL=postgresql://… REDIS_URL=redis://… NATS_URL=nats://ops:… sh infra/backup/restore.sh FILE
#
# The database changes as a whole or not at all; what it had is set aside, not deleted. With docker compose everything is
# migrated and started afterwards, gateways last; elsewhere the remaining steps are printed.
set -eu
umask 077

usage() { echo 'usage: sh infra/backup/restore.sh [--yes] FILE' >&2; exit 64; }
yes=
[ "${1:-}" != --yes ] || { yes=1; shift; }
[ $# -eq 1 ] || usage
[ -f "$1" ] || { echo "restore.sh: there is no file $1" >&2; exit 1; }
file=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.."
. infra/backup/postgres.sh

if [ "$installation" = compose ]; then
  for service in gateway console quota prompts logger; do
    for id in $(compose ps -q "$service"); do
      [ "$(docker inspect -f '{{.State.Running}}' "$id")" = false ] || fail "$service still runs; stop it first:
  docker compose stop gateway && docker compose stop console quota prompts logger"
    done
  done
  # Compose passes a variable that is named without a value: no password is seen in a list of processes.
  NATS_URL=nats://ops:$(compose exec -T nats printenv NATS_OPS_PASSWORD </dev/null)@nats:4222 ||
    fail 'NATS does not run; start it: docker compose up -d postgres redis nats'
  REDIS_URL=redis://:$(compose exec -T redis printenv REDISCLI_AUTH </dev/null)@redis:6379 ||
    fail 'Redis does not run; start it: docker compose up -d postgres redis nats'
  export NATS_URL REDIS_URL
  replay() { compose run --rm --no-deps -T -e NATS_URL -e REDIS_URL migrate node infra/backup/replay.ts "$@" </dev/null; }
else
  [ -n "${REDIS_URL:+${NATS_URL:-}}" ] || fail 'REDIS_URL and NATS_URL are needed, too'
  node=node_modules/.bin/node
  [ -x "$node" ] || node=node
  replay() { "$node" infra/backup/replay.ts "$@"; }
fi

# Nothing is touched before all of this is known to be good.
check_backup "$file"
made=$(time_of "$file")
now=$(ask_database "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')") || fail 'the database cannot be asked'
replay stopped || fail 'nothing was changed'
say "The database becomes what it was at $made, Redis is emptied, and what the bus has kept is read again."
if [ -z "$yes" ]; then
  printf 'Type "restore" to go on: '
  read -r answer || answer=
  [ "$answer" = restore ] || fail 'nothing was changed'
fi

# First, because it is harmless on any database: a failure between here and there leaves nothing that contradicts the ledger.
replay begin "$made" || fail 'the database was not changed'
aside=_before_$(echo "$now" | tr -d ':-' | tr 'TZ' 'tz')
# Where this user may not make the roles either, the services use its own name, and there is nobody to grant rights to.
privileges=$(ask_database "SELECT CASE WHEN rolsuper OR rolcreaterole
  OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'lectern_quota') THEN '' ELSE '--no-privileges' END
  FROM pg_roles WHERE rolname = current_user")
# One transaction, which only the last file commits; it is not sent where the backup could not be read to its end.
result=$({
  cat infra/backup/before.sql
  # shellcheck disable=SC2086 # nothing, or one option
  tool pg_restore --no-owner $privileges -f - < "$file" && cat infra/backup/after.sql
} | on_database psql -X -q -At -v ON_ERROR_STOP=1 -v aside="$aside") || fail 'the database was not changed'
case "
$result" in *"
restored"*) ;; *) fail 'the database was not changed' ;; esac
say "$result" | grep -E '^(restored|gone|set aside)' || true

if [ "$installation" = url ]; then
  say "Next, in this order:
  the migrations (npm start and the Kubernetes job do them)
  quota (one process) and logger, without gateways
  node infra/backup/replay.ts wait $now
  everything else"
  exit 0
fi

start() { # SERVICE: the containers that were stopped, as many as there were, or a first one
  containers=$(compose ps -a -q "$1")
  # shellcheck disable=SC2086 # one word for each container
  if [ -n "$containers" ]; then docker start $containers >/dev/null; else compose up -d --no-deps "$1"; fi
}
compose run --rm -T migrate </dev/null
# A single quota process, so that charges come in the order in which they were made, and nobody asks before all are back.
start logger
first=$(compose ps -a -q quota | head -n 1)
if [ -n "$first" ]; then docker start "$first" >/dev/null; else start quota; fi
replay wait "$now"
for service in quota prompts console gateway balancer; do start "$service"; done
say 'Lectern starts. Next: docs/backup.md, "After a restore".'
