#!/bin/sh
# As the public image does: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB make the first cluster.
set -eu

if [ "$(id -u)" = 0 ]; then
  chown postgres:postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$0" "$@"
fi

case "${1:-postgres}" in
  -*) set -- postgres "$@" ;;
esac
program=$1
shift
[ "$program" = postgres ] || exec "$program" "$@"

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?has to be set}"
  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
  initdb --username="$user" --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  rm "$password"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  [ "$database" = postgres ] || echo "create database \"$database\"" | postgres --single -j postgres >/dev/null
fi

exec postgres -c 'listen_addresses=*' "$@"
