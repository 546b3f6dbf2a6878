# Sallyport. `make demo` shows it, `make test` proves it, `make install` installs it.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# One self-contained program: the Swift runtime, the catalogues and the SQL are inside it.
RELEASE_FLAGS = -c release --static-swift-stdlib --product sallyport
PROGRAM = .build/release/sallyport
DEMO = .build/demo

# A crashed test must end, not wait for a debugger.
export SWIFT_BACKTRACE ?= enable=no

.PHONY: help build debug release test kernel demo lint format install uninstall man bench clean

help:
	@echo "make demo      install what is missing, build, and audit four invented sites"
	@echo "make test      the same set-up, then every test"
	@echo "make install   put sallyport, its manual page and completions under PREFIX=$(PREFIX)"
	@echo "make lint      check formatting and style"
	@echo "make format    mend formatting"
	@echo "make bench     the benchmark programs"
	@echo "make kernel    the Linux kernel as judge of a thousand rulesets (root)"
	@echo "make clean     remove everything that was built"

build: release

release:
	@.ci/setup build
	$(SWIFT) build $(RELEASE_FLAGS)

debug:
	@.ci/setup build
	$(SWIFT) build

# Whole-program tests drive the release build; all others are built for debugging.
test:
	@.ci/setup test
	$(SWIFT) build $(RELEASE_FLAGS)
	$(SWIFT) build --build-tests
	SALLYPORT_PROGRAM=$(abspath $(PROGRAM)) $(SWIFT) test --skip-build

# `make test` tries a few rulesets; this tries many, and goes on behind a disagreement.
kernel:
	@.ci/setup test
	$(SWIFT) build --build-tests
	SALLYPORT_KERNEL_RUNS=$${SALLYPORT_KERNEL_RUNS:-1000} SALLYPORT_KERNEL_ALL=1 \
	  $(SWIFT) test --skip-build --filter KernelTests

demo: release
	@rm -rf $(DEMO)
	@$(PROGRAM) demo $(DEMO)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Schema Tests
	.ci/check-structure

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Schema Tests

install: release
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 -s $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/sallyport
	$(PROGRAM) --generate-completion-script bash \
	  > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sallyport
	$(PROGRAM) --generate-completion-script zsh \
	  > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sallyport
	$(PROGRAM) --generate-completion-script fish \
	  > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sallyport.fish
	$(PROGRAM) manual > $(DESTDIR)$(PREFIX)/share/man/man1/sallyport.1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/sallyport $(DESTDIR)$(PREFIX)/share/man/man1/sallyport.1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sallyport \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sallyport \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sallyport.fish

bench: release
	Tests/Performance/run $(PROGRAM)

clean:
	$(SWIFT) package clean
	rm -rf $(DEMO)
