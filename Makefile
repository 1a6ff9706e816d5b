# Justice for Neighbors. `make demo` shows it, `make test` proves it.

.PHONY: demo test schema

# Builds what is missing and starts a demo city on http://127.0.0.1:8080.
demo:
	cargo run --release --locked --bin jfn -- demo

# All the set-up and all the tests.
test:
	tests/run.sh

# Writes the public schema down; a test holds it against the code.
schema:
	cargo run --locked --quiet --bin jfn -- schema > schema.graphql.new
	mv schema.graphql.new schema.graphql
