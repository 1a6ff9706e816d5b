#!/bin/sh
# Everything that must hold: format, lints, advisories, unit tests, and the stories on both databases.
set -eu
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}" RUST_BACKTRACE="${RUST_BACKTRACE:-0}"

say() { printf '\n== %s\n' "$*"; }

command -v cargo >/dev/null || { echo "Rust is missing: install it from your system or with rustup." >&2; exit 1; }
command -v cc >/dev/null || {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "A C compiler is missing." >&2; exit 1; }
    say "no C compiler: installing Debian's package gcc"
    apt-get update -qq && apt-get install -y -qq gcc libc6-dev
}
for part in rustfmt clippy; do
    cargo "$([ $part = rustfmt ] && echo fmt || echo clippy)" --version >/dev/null 2>&1 ||
        rustup component add "$part"
done

say "format"
cargo fmt --all --check

say "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

if cargo deny --version >/dev/null 2>&1; then
    say "advisories and licences"
    cargo deny --config .deny.toml --all-features check
else
    say "NOT CHECKED: advisories and licences, because cargo-deny is not installed"
fi

command -v npm >/dev/null || {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "Node.js and npm are missing." >&2; exit 1; }
    say "no npm: installing Debian's packages nodejs and npm, which run public audits of GraphQL over HTTP, a bucket of evidence and a provider of identities"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm
}
for what in audits bucket openid; do
    npm ci --prefix tests/$what --no-audit --no-fund --silent
done

say "tests, on SQLite and on PostgreSQL"
tests/postgres.sh cargo test --workspace --locked
