# Kiln: build, try, test, measure, install. Everything lands in target/ but what `install` copies.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
TRIPLE := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
RELEASE := target/release
BIN := $(DESTDIR)$(PREFIX)/bin
LIBS := $(DESTDIR)$(PREFIX)/lib/kiln
LIB := $(LIBS)/$(TRIPLE)
MAN := $(DESTDIR)$(PREFIX)/share/man/man1
PROGRAMS := kiln luac kiln-aot
# Linked statically, with equal functions merged: an interpreter that starts faster and takes less memory. So does text in the order of
# runtime/order.txt, and relocations as a bitmap, which glibc understands since 2.36 (see ARCHITECTURE.md).
STATIC := -C target-feature=+crt-static -C link-arg=-Wl,--icf=all
ifeq ($(TRIPLE),x86_64-unknown-linux-gnu)
STATIC += -C linker=$(CURDIR)/.ci/cc-ordered
STATIC += $(shell getconf GNU_LIBC_VERSION | awk '{ split($$2, v, "."); if (v[1] * 1000 + v[2] >= 2036) print "-C link-arg=-Wl,--pack-dyn-relocs=relr" }')
endif

.PHONY: build setup demo test cross bench order man install uninstall clean

build: setup
	$(CARGO) build --release -p luac -p aot
# The interpreter without shared libraries: it starts faster, and their pages do not count as its memory.
	$(CARGO) rustc --release -p runtime --bin kiln -- $(STATIC)
# Once more alone: only so the archive is optimised as a whole. Then its functions get the order in which executables use them.
	$(CARGO) rustc --release -p runtime --lib --crate-type staticlib
	.ci/ordered $(RELEASE)/libruntime.a $(RELEASE)/libruntime.ordered
	mv $(RELEASE)/libruntime.ordered $(RELEASE)/libruntime.a
# And without the trace compiler, for `kiln build --no-jit`: for size, in the folder of its profile, so that neither is built twice. Nothing unwinds, so
# that tables of frames serve backtraces of panics alone.
	$(CARGO) rustc --profile small -p runtime --lib --crate-type staticlib --features no-live
	.ci/ordered --remove-section=.eh_frame --remove-section=.rela.eh_frame target/small/libruntime.a $(RELEASE)/libruntime-nojit.a

# Installs what is missing (see .ci/setup); does nothing, and asks for nothing, if nothing is.
setup:
	@.ci/setup build

demo: build
	@.ci/demo

# Formatting, lints, then every test of every crate, optimised but with debug assertions.
test:
	@.ci/setup test
	testdata/corpus/fetch.sh
	$(CARGO) fmt --all --check
	$(CARGO) clippy --profile fast --workspace --all-targets -- -D warnings
	$(CARGO) build --profile fast --workspace
	RANDPROG_SECONDS=$${RANDPROG_SECONDS:-60} $(CARGO) test --profile fast --workspace
# The interpreter without tail calls, as unoptimised builds and unknown targets have it: alone, and with compiled code.
	KILN_TRAMPOLINE=1 $(CARGO) build --profile fast --target-dir target/trampoline -p runtime --bin kiln
	for mode in interp default jit; do \
	  KILN_BIN=$(CURDIR)/target/trampoline/fast/kiln LUAC_BIN=$(CURDIR)/target/fast/luac MODE=$$mode \
	    $(CARGO) test --profile fast -p filetest --test lua || exit 1; done

# The runtime for aarch64 and loongarch64, which `kiln build --target` links: target/lib/kiln/TRIPLE. `.ci/cross test` runs it under qemu.
cross:
	.ci/cross build

bench: build
	@.ci/setup bench
	testdata/corpus/fetch.sh
	$(CARGO) run --release -p filetest --bin bench -- $(BENCH)

# What lies first in memory, measured again: once in a while, when much has changed. Takes minutes; needs perl and valgrind.
order: build
	.ci/order >target/order.txt
	mv target/order.txt runtime/order.txt

# Manual pages, from the definitions of the command lines; not optimised, which would take longer than writing them.
man:
	$(CARGO) run -q -p runtime --example man-runtime -- target/man
	$(CARGO) run -q -p aot --example man-aot -- target/man

install: build man
	install -d "$(BIN)" "$(LIB)" "$(MAN)"
	install -s -m 755 $(PROGRAMS:%=$(RELEASE)/%) "$(BIN)"
	install -m 644 $(RELEASE)/libruntime.a $(RELEASE)/libruntime-nojit.a "$(LIB)"
	install -m 644 target/man/*.1 "$(MAN)"
# What `make cross` made, if it did.
	for lib in target/lib/kiln/*/libruntime.a; do \
	  [ ! -f "$$lib" ] || { rm -rf "$(LIBS)/$$(basename "$${lib%/*}")" && cp -R "$${lib%/*}" "$(LIBS)"; } || exit 1; done

uninstall:
	rm -f $(PROGRAMS:%="$(BIN)/%") "$(LIB)/libruntime.a" "$(LIB)/libruntime-nojit.a" $(MAN_PAGES:%="$(MAN)/%")
	rm -rf "$(LIBS)/aarch64-unknown-linux-gnu" "$(LIBS)/loongarch64-unknown-linux-gnu"
	-rmdir "$(LIB)" "$(LIBS)" 2>/dev/null

PROFILE_TOOLS := show merge diff trim check
MAN_PAGES := kiln.1 kiln-run.1 kiln-explain.1 kiln-profile.1 $(PROFILE_TOOLS:%=kiln-profile-%.1) kiln-build.1 kiln-rebuild.1 kiln-inspect.1 luac.1

clean:
	$(CARGO) clean
