#!/bin/sh
# Writes one file of NAME=value lines for each Secret of Lectern, with fresh random passwords, into a folder that only you can
# read. Files that are there already stay as they are.
#
#   sh infra/k8s/make-secrets.sh                       # for the overlay demo, which makes its Secrets of these files
#   POSTGRES=db.example.edu:6432 POSTGRES_DIRECT=db.example.edu:5432 REDIS_URL=rediss+cluster://:pw@redis.example.edu:6379 \
#   POSTGRES_ADMIN=owner:pw sh infra/k8s/make-secrets.sh ~/lectern-secrets    # for production (README.md says how they get in)
set -eu
folder=${1:-$(dirname "$0")/overlays/demo/secrets}
umask 077
mkdir -p "$folder"

# Begins with a letter: the bus would read some digits as a number.
secret() { printf 'p%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"; }
# A password that several files need is made once, and kept in the first of them.
kept() { # FILE NAME
  if [ ! -e "$folder/$1.env" ]; then secret; return; fi
  sed -n "s/^$2=//p" "$folder/$1.env" | grep . || { echo "$folder/$1.env lacks $2" >&2; return 1; }
}
file() { # NAME, lines on stdin
  if [ -e "$folder/$1.env" ]; then cat > /dev/null; else cat > "$folder/$1.env"; fi
}

postgres=${POSTGRES:-postgres:5432}
gateway=$(kept nats NATS_GATEWAY_PASSWORD)
quota=$(kept nats NATS_QUOTA_PASSWORD)
prompts=$(kept nats NATS_PROMPTS_PASSWORD)
logger=$(kept nats NATS_LOGGER_PASSWORD)
console=$(kept nats NATS_CONSOLE_PASSWORD)
file nats <<END
NATS_OPS_PASSWORD=$(secret)
NATS_ROUTE_PASSWORD=$(secret)
NATS_GATEWAY_PASSWORD=$gateway
NATS_QUOTA_PASSWORD=$quota
NATS_PROMPTS_PASSWORD=$prompts
NATS_LOGGER_PASSWORD=$logger
NATS_CONSOLE_PASSWORD=$console
END

quota_db=$(kept migrate QUOTA_DB_PASSWORD)
prompts_db=$(kept migrate PROMPTS_DB_PASSWORD)
logger_db=$(kept migrate LOGGER_DB_PASSWORD)
# The two stores of the demo. In production they are elsewhere, and have their own.
if [ -z "${POSTGRES_ADMIN:-}" ]; then
  admin=$(kept postgres POSTGRES_PASSWORD)
  echo "POSTGRES_PASSWORD=$admin" | file postgres
  POSTGRES_ADMIN=lectern:$admin
fi
if [ -z "${REDIS_URL:-}" ]; then
  redis=$(kept redis REDIS_PASSWORD)
  echo "REDIS_PASSWORD=$redis" | file redis
  REDIS_URL=redis://:$redis@redis:6379
fi
file migrate <<END
DATABASE_URL=postgresql://$POSTGRES_ADMIN@${POSTGRES_DIRECT:-$postgres}/lectern
QUOTA_DB_PASSWORD=$quota_db
PROMPTS_DB_PASSWORD=$prompts_db
LOGGER_DB_PASSWORD=$logger_db
END

file gateway <<END
NATS_URL=nats://gateway:$gateway@nats:4222
OPAQUE_USER_SECRET=$(secret)
OWN_KEYS_SECRET=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
END
file quota <<END
NATS_URL=nats://quota:$quota@nats:4222
DATABASE_URL=postgresql://lectern_quota:$quota_db@$postgres/lectern
REDIS_URL=$REDIS_URL
END
file prompts <<END
NATS_URL=nats://prompts:$prompts@nats:4222
DATABASE_URL=postgresql://lectern_prompts:$prompts_db@$postgres/lectern
END
file logger <<END
NATS_URL=nats://logger:$logger@nats:4222
DATABASE_URL=postgresql://lectern_logger:$logger_db@$postgres/lectern
END
file console <<END
NATS_URL=nats://console:$console@nats:4222
ADMIN_TOKEN=$(secret)
END
file oidc <<END
# The campus' OpenID Connect provider, if staff sign in by one (docs/api.md, "Signing in"):
# OIDC_ISSUER=https://login.example.edu
# OIDC_CLIENT_ID=
# OIDC_CLIENT_SECRET=
# OIDC_NAME=
# OIDC_ADMIN_EMAILS=
END
file provider-keys <<END
# The keys of the providers, under the names that providers.yaml gives them:
# DEEPSEEK_API_KEY=
END
echo "the Secrets are in $folder; the staff's token is ADMIN_TOKEN in $folder/console.env"
