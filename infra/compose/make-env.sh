#!/bin/sh
# Writes .env with fresh random passwords beside docker-compose.yml, and infra/compose/providers.env for the keys of the
# model providers (apart, because only the gateway may see them). What stands in an existing .env stays; what a newer version
# needs and it lacks is added.
set -eu
cd "$(dirname "$0")/../.."
umask 077
if [ ! -e infra/compose/providers.env ]; then
  {
    echo "# Keys of your model providers, under the names that infra/compose/providers.yaml gives them:"
    echo "# DEEPSEEK_API_KEY="
  } > infra/compose/providers.env
fi
if [ ! -e .env ]; then
  {
    echo "# Passwords of this installation. Keep this file private; whoever has it has everything."
    echo "# Traces for the profile \`observability\` (docs/runbook.md): take the # away from the next line."
    echo "# OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318"
  } > .env
fi
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
# Longer, because it is a key and no password.
key() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# A file that was edited by hand may lack its last line's end.
[ -z "$(tail -c 1 .env)" ] || echo >> .env
added=""
for name in POSTGRES_PASSWORD REDIS_PASSWORD \
  QUOTA_DB_PASSWORD PROMPTS_DB_PASSWORD LOGGER_DB_PASSWORD \
  NATS_OPS_PASSWORD NATS_GATEWAY_PASSWORD NATS_QUOTA_PASSWORD NATS_PROMPTS_PASSWORD NATS_LOGGER_PASSWORD \
  NATS_CONSOLE_PASSWORD ADMIN_TOKEN OPAQUE_USER_SECRET GRAFANA_PASSWORD; do
  grep -q "^$name=" .env && continue
  echo "$name=$(secret)" >> .env
  added="$added $name"
done
if ! grep -q "^OWN_KEYS_SECRET=" .env; then
  echo "OWN_KEYS_SECRET=$(key)" >> .env
  added="$added OWN_KEYS_SECRET"
fi
if [ -n "$added" ]; then echo "wrote to .env:$added"; else echo ".env has all that is needed; it stays as it is"; fi
echo "the staff token is ADMIN_TOKEN in it, Grafana's password (user admin) GRAFANA_PASSWORD"
