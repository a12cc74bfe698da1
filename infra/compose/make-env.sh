#!/bin/sh
# Writes .env with fresh random passwords beside docker-compose.yml, and infra/compose/providers.env for the keys of the
# model providers (apart, because only the gateway may see them). Leaves existing files alone.
set -eu
cd "$(dirname "$0")/../.."
umask 077
if [ ! -e infra/compose/providers.env ]; then
  {
    echo "# Keys of your model providers, under the names that infra/compose/providers.yaml gives them:"
    echo "# DEEPSEEK_API_KEY="
  } > infra/compose/providers.env
fi
if [ -e .env ]; then
  echo ".env exists already; its passwords stay as they are"
  exit 0
fi
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
{
  echo "# Passwords of this installation. Keep this file private; whoever has it has everything."
  for name in POSTGRES_PASSWORD REDIS_PASSWORD \
    QUOTA_DB_PASSWORD PROMPTS_DB_PASSWORD LOGGER_DB_PASSWORD \
    NATS_OPS_PASSWORD NATS_GATEWAY_PASSWORD NATS_QUOTA_PASSWORD NATS_PROMPTS_PASSWORD NATS_LOGGER_PASSWORD \
    NATS_CONSOLE_PASSWORD ADMIN_TOKEN OPAQUE_USER_SECRET; do
    echo "$name=$(secret)"
  done
} > .env
echo "wrote .env; the staff token is ADMIN_TOKEN in it"
