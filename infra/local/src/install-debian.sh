#!/bin/sh
# Installs the Debian packages named as arguments, as root, for their programs only: Debian would also start
# each as a service of the machine, on the usual ports and at every boot, which nobody asked for.
set -eu
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/lectern.conf
policy_is_ours=false

clean_up() {
  rm -f "$cluster"
  if $policy_is_ours; then rm -f "$policy"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ ! -e "$policy" ]; then
  policy_is_ours=true
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi
mkdir -p "$(dirname "$cluster")"
echo 'create_main_cluster = false' > "$cluster"

install() {
  apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}
# Package lists are missing on a fresh machine and out of date on an old one; updating them is slow, so only then.
if ! install "$@"; then
  apt-get -o DPkg::Lock::Timeout=300 update
  install "$@"
fi

if [ -d /run/systemd/system ]; then
  for package in "$@"; do
    case $package in
      redis-server | nats-server) systemctl disable --now "$package" || true ;;
    esac
  done
fi
