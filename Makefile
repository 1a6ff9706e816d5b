# Justice for Neighbors. `make demo` shows it, `make test` proves it, `make bench` measures it, `make soak` wears it out.

.PHONY: demo test bench soak schema

# Builds what is missing and starts a demo city on http://127.0.0.1:8080.
demo:
	cargo run --release --locked --bin jfn -- demo

# All the set-up and all the tests.
test:
	tests/run.sh

# Figures under load, each beside the same work as plain SQL. On PostgreSQL it starts a server of its own.
bench:
	cargo build --profile shipped --locked -p tests --bin jfn-under-test --bin bench
	tests/postgres.sh cargo run --profile shipped --locked -p tests --bin bench

# What takes long: the invariants under attack and failure, an hour of them. `make soak RUN=kills` plays one of them.
soak:
	cargo build --profile shipped --locked -p tests --bin jfn-under-test --bin soak
	tests/postgres.sh cargo run --profile shipped --locked --quiet -p tests --bin soak -- $(RUN)

# Writes the public schema down; a test holds it against the code.
schema:
	cargo run --locked --quiet --bin jfn -- schema > schema.graphql.new
	mv schema.graphql.new schema.graphql
