# For the scripts beside: Compose, in whichever form this machine has it.
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose "$@"; }
elif command -v docker-compose >/dev/null; then
  compose() { docker-compose "$@"; }
else
  echo "Docker Compose is not installed" >&2
  exit 1
fi
