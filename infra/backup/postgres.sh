# For the scripts beside: Postgres' own programs against the database that is meant. With DATABASE_URL (its owner's, as the
# migrations have it) that database, by the programs of this machine, which must be as new as its server; without it the one
# of docker-compose.yml, by the programs in its container. A password in the URL is seen by every user of this machine
# while a program runs: leave it out there and write it into ~/.pgpass, which these programs read.
# shellcheck shell=sh disable=SC2034 # `installation` is read by restore.sh
say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# A backup keeps its time without a zone: everybody here means UTC.
export TZ=UTC0
if [ -n "${DATABASE_URL:-}" ]; then
  installation=url
  tool() { "$@"; }
  on_database() { program=$1; shift; "$program" -d "$DATABASE_URL" "$@"; }
else
  installation=compose
  . infra/compose/compose.sh
  tool() { compose exec -T -e TZ=UTC0 postgres "$@"; }
  on_database() { program=$1; shift; compose exec -T -e TZ=UTC0 postgres "$program" -U lectern -d lectern "$@"; }
fi

ask_database() { on_database psql -X -At -v ON_ERROR_STOP=1 -c "$1" </dev/null; } # SQL

# Reads a backup from its first byte to its last, as a restore would: one that was cut short or damaged is found out.
check_backup() { # FILE
  contents=$(tool pg_restore --list < "$1") || fail "$1 is not a backup of pg_dump"
  case $contents in *"TABLE DATA quota ledger_entries "*) ;; *) fail "$1 is a backup of something else than Lectern" ;; esac
  tool pg_restore -f /dev/null < "$1" || fail "$1 cannot be read to its end"
}

time_of() { # FILE
  tool pg_restore --list < "$1" | sed -n 's/^; *Archive created at //p'
}
