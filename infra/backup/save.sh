#!/bin/sh
# Saves the database: courses, keys (their hashes), ledger, prompts and conversations, all as they were at one instant.
#
#   sh infra/backup/save.sh FOLDER                    # FOLDER/lectern-20261126T031500Z.dump
#   sh infra/backup/save.sh --keep 14 FOLDER          # and removes all but the newest 14 there
#   DATABASE_URL=postgresql://… sh infra/backup/save.sh FOLDER
#
# Nothing has to stop for it. A file under that name is complete and was read once from end to end; a failure leaves none,
# says why, removes no older one, and exits with 1, for cron. It holds what students wrote: only its owner may read it.
# docs/backup.md says what else to save, and how to restore.
set -eu
umask 077

usage() { echo 'usage: sh infra/backup/save.sh [--keep NUMBER] FOLDER' >&2; exit 64; }
keep=
[ "${1:-}" != --keep ] || { keep=${2:-}; shift; [ $# -eq 0 ] || shift; [ "${keep:-0}" -gt 0 ] 2>/dev/null || usage; }
[ $# -eq 1 ] || usage
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
. infra/backup/postgres.sh

file=$folder/lectern-$(date -u +%Y%m%dT%H%M%SZ).dump
[ ! -e "$file" ] || fail "$file exists already"
unfinished=$file.unfinished
trap 'rm -f "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM

# The search index needs this extension, where the server has it; pg_dump takes none by itself when schemas are named.
trigrams=$(ask_database "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'") || fail 'the database cannot be asked'
# One pg_dump, so one snapshot of all services; what one of them had not stored yet by then, the bus still has. Comments are
# left out: only a superuser may put back the one of the extension.
on_database pg_dump --format=custom --no-comments ${trigrams:+--extension=pg_trgm} --strict-names \
  --schema=quota --schema=prompts --schema=logs --schema=logs_parts </dev/null > "$unfinished" || fail 'nothing was saved'
check_backup "$unfinished"
mv "$unfinished" "$file"
say "saved $(wc -c < "$file" | tr -d ' ') bytes: $file"

[ -n "$keep" ] || exit 0
# By name, so the oldest come first.
set -- "$folder"/lectern-????????T??????Z.dump
while [ $# -gt "$keep" ]; do
  rm -f "$1"
  say "removed $1"
  shift
done
