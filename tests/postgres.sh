#!/bin/sh
# Runs a command beside a PostgreSQL of its own: a fresh cluster in a temporary folder, on loopback, owned by an
# ordinary user, gone when the command ends. The command finds its address in JFN_TEST_POSTGRES, and what it needs to
# make a cluster of its own in JFN_TEST_POSTGRES_FOLDER, _PROGRAMS and _OWNER; such a one goes with the folder.
set -eu

binaries() {
    # What stands on the path may be a link to where all of them are.
    for folder in "$(dirname "$(readlink -f "$(command -v pg_ctl 2>/dev/null || echo /none/x)")")" \
        $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
}

bin=$(binaries)
if [ -z "$bin" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "No PostgreSQL server was found. Install one (on Debian: apt-get install postgresql) and try again." >&2
        exit 1
    fi
    echo "No PostgreSQL server was found; installing Debian's package postgresql." >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >&2
    bin=$(binaries)
    [ -n "$bin" ] || { echo "PostgreSQL was installed but initdb and postgres were not found." >&2; exit 1; }
fi

home=$(mktemp -d)
as=
owner=
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$home"
    as="runuser -u $owner --"
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
    echo $((20000 + $$ % 20000)))
stop() {
    for cluster in "$home"/*/postmaster.pid; do
        (cd / && $as "$bin/pg_ctl" -D "$(dirname "$cluster")" -m immediate stop >/dev/null 2>&1) || true
    done
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd_here=$PWD
cd /
$as "$bin/initdb" -D "$home/data" -U jfn --auth=trust --encoding=UTF8 --locale=C --no-sync >"$home/initdb.log" 2>&1 ||
    { cat "$home/initdb.log" >&2; exit 1; }
# The data is thrown away, so nothing waits for the disk. What JFN_POSTGRES_OPTIONS holds is added.
$as "$bin/pg_ctl" -D "$home/data" -w -l "$home/log" start -o "-c listen_addresses=127.0.0.1 -c port=$port \
    -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c max_connections=400 -c max_locks_per_transaction=256 -c timezone=UTC ${JFN_POSTGRES_OPTIONS:-}" >/dev/null ||
    { cat "$home/log" >&2; exit 1; }
cd "$cd_here"

JFN_TEST_POSTGRES_FOLDER="$home" JFN_TEST_POSTGRES_PROGRAMS="$bin" JFN_TEST_POSTGRES_OWNER="$owner" \
    JFN_TEST_POSTGRES="postgres://jfn@127.0.0.1:$port/postgres" "$@"
