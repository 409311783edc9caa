# The two commands that matter: `make demo` and `make test`. `make help` lists all.
# Everything else is cargo: `cargo x check`, `cargo run -p teal-cli -- …`.

CARGO ?= cargo
BUILD = $(CARGO) build --locked -p teal-cli -p teal-example-tpch
EXAMPLE = $(CARGO) run --quiet --locked -p teal-example-tpch --

.PHONY: help demo test up down lint

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

demo: ## Databases, Temporal, a model, changes, a kill -9, a proof; stops everything at the end
	@$(BUILD)
	@$(EXAMPLE) demo

test: ## All tests, against servers of their own that are gone afterwards
	@$(CARGO) x test

up: ## The demo's stack, kept running, with a worker and a change driver
	@$(BUILD)
	@$(EXAMPLE) up

down: ## Stop what `make up` started; data stays for the next `make up`
	@$(EXAMPLE) down

lint: ## Format, clippy, docs, file sizes, dependency policy
	@$(CARGO) x check
