# libnndyn.  `make help` lists the targets.  GNU make >= 4.0, a C11 compiler, pkg-config.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS    += --no-builtin-rules
export LC_ALL := C

# What pkg-config finds changes while `deps` runs: in `make deps demo` the other goals get a make of their own afterwards.
deps_goals := $(filter deps deps-checks,$(MAKECMDGOALS))
others     := $(filter-out $(deps_goals),$(MAKECMDGOALS))
.PHONY: deps deps-checks
deps: ## install what building, testing and the demo need and is missing (apt, dnf, pacman or brew)
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' pkgconfig/deps.sh build test demo
deps-checks: ## the same for what the other checks need: clang, valgrind, abidiff, doxygen, ...
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' pkgconfig/deps.sh build test demo checks
ifneq (,$(and $(deps_goals),$(others)))
.PHONY: $(others) afterwards
$(others): afterwards ; @:
afterwards: $(deps_goals)
	+@$(MAKE) --no-print-directory $(others)
else

# ---- what can be set ---------------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
  CC       := cc
endif
AR         ?= ar
CFLAGS     ?= -O2 -g
INSTALL    ?= install
PKG_CONFIG ?= pkg-config
PROVE      ?= prove
JOBS       ?= 2
VARIANT    ?= release
B          := build/$(VARIANT)
L          := $(if $(filter release,$(VARIANT)),lib,$(B)/lib)
PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
SHAREDIR   ?= $(PREFIX)/share/nndyn
Q := $(if $(filter 1,$(V)),,@)
comma := ,
# A Python with NumPy and Matplotlib: the first one in PATH often lacks them where the system's has them.
PYTHON ?= $(eval PYTHON := $(shell pkgconfig/python.sh))$(PYTHON)

# OpenBLAS if it is there, else the reference CBLAS; some OpenBLAS bring LAPACKE along instead of a lapacke.pc.
have     = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo $(1))
BLAS_PC ?= $(firstword $(foreach p,openblas cblas blas-netlib blas,$(call have,$(p))))
DEPS_PC ?= $(BLAS_PC) $(call have,lapacke)
# The same in a build tree and after installation, asked for once.
DEPS_PC     := $(strip $(DEPS_PC))
deps_cflags := $(if $(DEPS_PC),$(shell $(PKG_CONFIG) --cflags $(DEPS_PC)))
deps_libs   := $(if $(DEPS_PC),$(shell $(PKG_CONFIG) --libs $(DEPS_PC)))

# ---- version, names, flags ---------------------------------------------------------------------------------------------

# The public header is the only place where the version is written down.
ver      = $(shell sed -n 's/^.define NNDYN_VERSION_$(1) \([0-9]*\).*/\1/p' include/nndyn/core.h)
MINOR   := $(call ver,MAJOR).$(call ver,MINOR)
VERSION := $(MINOR).$(call ver,PATCH)
SOVER   := $(if $(filter 0.%,$(MINOR)),$(MINOR),$(call ver,MAJOR))
newest  := $(shell awk '!/^\043/ && NF > 1 { print $$2 }' src/nndyn.symbols | sort -V | tail -n 1)
ifneq ($(shell printf '%s\n' $(MINOR) $(newest) | sort -V | tail -n 1),$(MINOR))
  $(error src/nndyn.symbols has a symbol since $(newest) but include/nndyn/core.h says $(VERSION))
endif

ifeq ($(shell uname -s),Darwin)
  real    := libnndyn.$(VERSION).dylib
  name    := libnndyn.$(SOVER).dylib
  link    := libnndyn.dylib
  exports := $(B)/nndyn.exp
  shared   = -dynamiclib -install_name $(LIBDIR)/$(name) -current_version $(VERSION) \
             -compatibility_version $(MINOR) -Wl,-exported_symbols_list,$(exports)
else
  real    := libnndyn.so.$(VERSION)
  name    := libnndyn.so.$(SOVER)
  link    := libnndyn.so
  exports := $(B)/nndyn.map
  shared   = -shared -Wl,-soname,$(name) -Wl,--version-script=$(exports) -Wl,--as-needed \
             $(if $(filter release,$(VARIANT)),-Wl$(comma)-z$(comma)defs)
endif

variant_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
variant_tsan := -fsanitize=thread
variant_cov  := --coverage -O0
vflags := $(variant_$(VARIANT))
warn   := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
flags  := -std=c11 -D_POSIX_C_SOURCE=200809L -pthread -fvisibility=hidden -ffp-contract=off -fno-math-errno \
          -ffile-prefix-map=$(CURDIR)=. $(warn) -Iinclude -Isrc $(deps_cflags) $(CPPFLAGS) $(CFLAGS) $(vflags)
libs   := $(deps_libs) -lm -pthread

# Kernels are compiled once for each set of processor instructions; the best one is chosen when a network is created.
machine := $(shell $(CC) -dumpmachine)
ifneq (,$(filter x86_64-%,$(machine)))
  sets := baseline avx2 avx512
endif
sets ?= baseline
set_avx2   := -mavx2 -mfma -mf16c -mbmi2
set_avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mbmi2 -mprefer-vector-width=512
# (-fno-trapping-math: selects may be computed on both sides, which vectorizing needs; values are not affected.)
kernel_flags = -O3 -fopenmp-simd -ffp-contract=fast -fno-trapping-math -DND_SET=$(1) $(set_$(1))
have_sets := $(foreach s,$(sets),-DND_HAVE_$(s))

src  := $(filter-out src/kernels/instance.c,$(sort $(wildcard src/*/*.c src/*/*/*.c)))
objs := $(src:%.c=$(B)/static/%.o) $(sets:%=$(B)/static/src/kernels/instance.%.o)
pics := $(src:%.c=$(B)/shared/%.o) $(sets:%=$(B)/shared/src/kernels/instance.%.o)
products := $(L)/libnndyn.a $(L)/$(real) $(L)/$(name) $(L)/$(link)

# ---- the library -------------------------------------------------------------------------------------------------------

.PHONY: all force
all: $(products) ## build lib/libnndyn.a and lib/libnndyn.so; VARIANT=asan|tsan|cov builds in build/VARIANT
$(B)/static/src/kernels/instance.%.o: src/kernels/instance.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) $(call kernel_flags,$*) -MMD -MP -c $< -o $@
$(B)/shared/src/kernels/instance.%.o: src/kernels/instance.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) $(call kernel_flags,$*) -fPIC -MMD -MP -c $< -o $@
$(B)/static/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) $(have_sets) -MMD -MP -c $< -o $@
$(B)/shared/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) $(have_sets) -fPIC -MMD -MP -c $< -o $@

# Time stamps of these two move only when the command line, or the list of sources, does.
all_flags := $(CC) $(flags) $(foreach s,$(sets),$(call kernel_flags,$(s))) $(LDFLAGS) $(libs)
$(B)/flags: force
	@$(if $(BLAS_PC),:,echo 'pkg-config finds no CBLAS (openblas, cblas, blas): run "make deps" or install one' >&2; exit 1)
	@mkdir -p $(@D)
	@printf '%s\n' '$(all_flags)' | cmp -s - $@ || printf '%s\n' '$(all_flags)' > $@
$(B)/sources: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(src)' | cmp -s - $@ || printf '%s\n' '$(src)' > $@

$(B)/nndyn.map: src/nndyn.symbols src/mkexports.awk $(B)/flags
	$(Q)awk -f src/mkexports.awk $< > $@
$(B)/nndyn.exp: src/nndyn.symbols src/mkexports.awk $(B)/flags
	$(Q)awk -v mac=1 -f src/mkexports.awk $< > $@
$(L)/libnndyn.a: $(objs) $(B)/sources
	@mkdir -p $(@D) && rm -f $@
	$(Q)$(AR) rcs $@ $(objs)
$(L)/$(real): $(pics) $(exports) $(B)/sources
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(vflags) $(shared) $(LDFLAGS) -o $@ $(pics) $(libs)
$(L)/$(name) $(L)/$(link): $(L)/$(real)
	@ln -sf $(real) $@
-include $(objs:.o=.d) $(pics:.o=.d)

# ---- installation ------------------------------------------------------------------------------------------------------

headers  := $(addprefix include/,$(shell sed -n 's/^.include "\(nndyn\/[a-z_]*.h\)".*/\1/p' include/nndyn.h))
bindings := $(wildcard src/bindings/nndyn.py src/bindings/NNDyn.jl)
inst_inc := $(DESTDIR)$(INCLUDEDIR)
inst_lib := $(DESTDIR)$(LIBDIR)
inst_shr := $(DESTDIR)$(SHAREDIR)

.PHONY: install uninstall
$(B)/nndyn.pc: pkgconfig/nndyn.pc.in include/nndyn/core.h force
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@REQUIRES@|$(DEPS_PC)|' \
	  -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
	  -e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|' $< > $@
install: all $(B)/nndyn.pc ## into $(DESTDIR)$(PREFIX); also LIBDIR, INCLUDEDIR, SHAREDIR
	$(INSTALL) -d $(inst_inc)/nndyn $(inst_lib)/pkgconfig $(inst_shr)
	$(INSTALL) -m 644 include/nndyn.h $(inst_inc)
	$(INSTALL) -m 644 $(headers) $(inst_inc)/nndyn
	$(INSTALL) -m 644 $(L)/libnndyn.a $(inst_lib)
	$(INSTALL) -m 755 $(L)/$(real) $(inst_lib)
	ln -sf $(real) $(inst_lib)/$(name) && ln -sf $(real) $(inst_lib)/$(link)
	$(INSTALL) -m 644 $(B)/nndyn.pc $(inst_lib)/pkgconfig
	$(if $(bindings),$(INSTALL) -m 644 $(bindings) $(inst_shr))
uninstall: ## exactly what install wrote
	rm -f $(addprefix $(inst_lib)/,libnndyn.a $(real) $(name) $(link) pkgconfig/nndyn.pc) $(inst_inc)/nndyn.h \
	  $(addprefix $(inst_inc)/nndyn/,$(notdir $(headers))) $(addprefix $(inst_shr)/,$(notdir $(bindings)))
	-rmdir $(inst_inc)/nndyn $(inst_shr) 2>/dev/null

# ---- tests -------------------------------------------------------------------------------------------------------------

# Each test/<room>/test_<subject>.c is one cmocka program, linked with the static library so that it can reach
# internals; long_<subject>.c is one that takes longer than a habit allows; bench_<subject>.c measures.
programs = $(patsubst %.c,$(B)/%,$(sort $(wildcard test/*/$(1)_*.c)))
tests   := $(call programs,test)
longs   := $(call programs,long)
benches := $(call programs,bench)
support := $(patsubst %.c,$(B)/%.o,$(filter-out test/support/test_% test/support/long_%,$(wildcard test/support/*.c)))
cmocka  := $(call have,cmocka)
test_env := MAKEFLAGS= CMOCKA_MESSAGE_OUTPUT=TAP OPENBLAS_NUM_THREADS=1 NNDYN_LIBRARY='$(CURDIR)/$(L)/$(link)' PYTHON='$(PYTHON)'
$(support): $(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) -Itest -MMD -MP -c $< -o $@
$(B)/test/%: test/%.c $(support) $(L)/libnndyn.a
	@$(if $(cmocka),:,echo 'pkg-config finds no cmocka: run "make deps" or install it' >&2; exit 1)
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags) $(if $(cmocka),$(shell $(PKG_CONFIG) --cflags cmocka)) -Itest -MMD -MP $< -o $@ $(support) \
	  $(L)/libnndyn.a $(if $(cmocka),$(shell $(PKG_CONFIG) --libs cmocka)) $(libs)
-include $(tests:=.d) $(longs:=.d) $(benches:=.d) $(support:.o=.d)

# Scripts that speak TAP as the programs do.
scripts := $(sort $(wildcard test/*/test_*.sh))
.PHONY: check check-long check-programs check-threaded programs bench
programs: $(tests) $(longs) $(benches)
# The examples are built first: scripts that ran at the same time would each install for themselves.
check: EXAMPLE_FLAGS = -std=c11 -Wall -Wextra -Wpedantic -Werror
check: all $(tests) examples ## all tests: every program and script, under prove
	@$(test_env) $(PROVE) -j$(JOBS) -e '' $(tests) $(scripts)
# The compiled ones alone, for the variants.  What trains networks for seconds takes minutes there: shorter ones do.
VARIANT_SKIP ?= experiments/test_phase_diagram
check-programs: $(filter-out $(addprefix $(B)/test/,$(VARIANT_SKIP)),$(tests))
	@$(test_env) $(PROVE) -j$(JOBS) -e '' $^
# A context starts no thread unless it is told to: of the others the thread sanitizer would see nothing.
# Those left out share their threads with programs that stay in.
THREADED_SKIP ?= analysis/test_basin_map_kicks analysis/test_basin_smoothed analysis/test_springblock_fit
threaded := $(patsubst %.c,$(B)/%,$(shell grep -lE 'threads|executor' test/*/test_*.c))
check-threaded: $(filter-out $(addprefix $(B)/test/,$(VARIANT_SKIP) $(THREADED_SKIP)),$(threaded))
	@$(test_env) $(PROVE) -j$(JOBS) -e '' $^
check-long: all $(longs) ## statistical and long tests
	@$(if $(longs),$(test_env) $(PROVE) -j$(JOBS) -e '' $(longs),echo 'no long tests')
bench: all $(benches) ## measure; figures depend on the machine and are never a test
	@for b in $(benches); do echo "== $$b" && $$b || exit 1; done

# ---- checks beside the tests -------------------------------------------------------------------------------------------

suppress := $(CURDIR)/test/house
.PHONY: check-all check-headers check-abi abi-baseline check-install check-asan check-tsan check-valgrind check-house
check-all: check check-headers check-abi check-install check-house check-asan check-tsan check-valgrind ## every check but the long ones
check-headers: ## each public header alone, C99 to C17 and C++11 to C++20, gcc and clang, warnings are errors
	@test/house/headers.sh
check-abi: all ## exports = list = headers, nothing forbidden is called, constants pinned, abidiff with the baseline
	@PYTHON='$(PYTHON)' CC='$(CC)' test/abi/check.sh $(L)/$(real) $(L)/libnndyn.a test/abi/nndyn-$(SOVER).abi
abi-baseline: all ## write the baseline anew; only in a commit that makes a release
	@PYTHON='$(PYTHON)' CC='$(CC)' test/abi/check.sh --baseline $(L)/$(real) test/abi/nndyn-$(SOVER).abi
check-install: all ## staged install compared with a list, uninstall to nothing, a consumer built from pkg-config alone
	@MAKE='$(MAKE)' CC='$(CC)' CXX='$(CXX)' test/install.sh
check-asan: ## all programs under the address and undefined-behavior sanitizers
	@LSAN_OPTIONS=suppressions=$(suppress)/lsan.supp:print_suppressions=0 $(MAKE) --no-print-directory VARIANT=asan check-programs
check-tsan: ## programs that use threads, under the thread sanitizer
	@TSAN_OPTIONS=suppressions=$(suppress)/tsan.supp $(MAKE) --no-print-directory VARIANT=tsan check-threaded
# Programs that repeat much arithmetic would take minutes each and are left to the sanitizers: valgrind runs the rest.
VALGRIND_SKIP ?= analysis/test_basin_adversarial analysis/test_basin_curvature analysis/test_basin_map \
  analysis/test_basin_map_continue analysis/test_basin_map_kicks analysis/test_basin_probe \
  analysis/test_basin_return analysis/test_basin_sample analysis/test_basin_smoothed analysis/test_basin_weights \
  analysis/test_correlation_width analysis/test_criticality_prediction analysis/test_duality_large \
  analysis/test_duality_matrices analysis/test_duality_modes analysis/test_ntk analysis/test_ntk_infinite \
  analysis/test_order_phases analysis/test_separation_errors analysis/test_separation_network \
  analysis/test_separation_reference analysis/test_springblock_ensemble analysis/test_springblock_errors \
  analysis/test_springblock_fit derivatives/test_operators experiments/test_phase_diagram \
  experiments/test_sweep_training kernels/% linalg/test_density linalg/test_eigenpairs statistics/test_injective \
  statistics/test_powerlaw_scan
valgrind_tests := $(filter-out $(addprefix $(B)/test/,$(VALGRIND_SKIP)),$(tests))
check-valgrind: $(valgrind_tests) ## programs under valgrind: no error, nothing leaked
	@$(test_env) $(PROVE) -j$(JOBS) -e 'valgrind -q --error-exitcode=9 --leak-check=full --suppressions=$(suppress)/valgrind.supp' \
	  $(valgrind_tests)
check-house: ## layout, arrows between rooms, sizes of functions, words, paths
	@$(PYTHON) test/house/house.py
	@test/house/format.sh --check

# ---- care of the tree --------------------------------------------------------------------------------------------------

.PHONY: format tidy cov bindings docs release-check dist
format: ## apply .clang-format
	@test/house/format.sh
tidy: ## clang-tidy over the sources
	@clang-tidy --quiet $(src) -- $(flags) $(have_sets)
cov: ## lines the tests reach
	@find build/cov -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) --no-print-directory VARIANT=cov CFLAGS='-O0 -g' check-programs
	@test/house/coverage.sh build/cov/static
bindings: ## write the declarations of the Python and Julia modules from the public headers
	@$(PYTHON) src/bindings/generate.py
docs: ## check the comments of the public headers with doxygen; draw the include graph
	@doxygen docs/Doxyfile
	@$(PYTHON) test/house/house.py --graph docs/includes.dot
	@dot -Tsvg docs/includes.dot -o docs/includes.svg && rm -f docs/includes.dot
release-check: ## header version = top of CHANGELOG.md = newest symbols; baseline there; tree clean
	@test/house/release.sh '$(VERSION)' '$(newest)' test/abi/nndyn-$(SOVER).abi
dist: ## nndyn-VERSION.tar.gz of what is committed
	@git archive --format=tar.gz --prefix=nndyn-$(VERSION)/ -o nndyn-$(VERSION).tar.gz HEAD && echo nndyn-$(VERSION).tar.gz

# ---- examples ----------------------------------------------------------------------------------------------------------

# Built as a user would: against an installed library that only pkg-config knows.
stage    := $(CURDIR)/build/stage
examples := $(patsubst examples/%.c,build/examples/%,$(sort $(filter-out examples/mpi_%,$(wildcard examples/*.c))))
staged    = PKG_CONFIG_PATH="$(stage)/lib/pkgconfig:$$PKG_CONFIG_PATH" $(PKG_CONFIG)
.PHONY: examples demo mpi
$(stage)/lib/pkgconfig/nndyn.pc: $(products) $(headers) include/nndyn.h $(bindings)
	@$(MAKE) --no-print-directory install DESTDIR= PREFIX=$(stage) LIBDIR=$(stage)/lib INCLUDEDIR=$(stage)/include \
	  SHAREDIR=$(stage)/share/nndyn >/dev/null
build/examples/%: examples/%.c $(stage)/lib/pkgconfig/nndyn.pc
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 $(EXAMPLE_FLAGS) $$($(staged) --cflags nndyn) $< -o $@ $$($(staged) --libs nndyn) -lm -Wl,-rpath,$(stage)/lib
build/examples/demo: examples/demo/demo.c $(stage)/lib/pkgconfig/nndyn.pc
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 $(EXAMPLE_FLAGS) $$($(staged) --cflags nndyn) $< -o $@ $$($(staged) --libs nndyn) -lm -Wl,-rpath,$(stage)/lib
examples: $(examples) build/examples/demo ## build the examples in C against a staged installation, through pkg-config only
build/mpi/%: examples/%.c $(stage)/lib/pkgconfig/nndyn.pc
	@mkdir -p $(@D)
	$(Q)mpicc -std=c11 -O2 $(EXAMPLE_FLAGS) $$($(staged) --cflags nndyn) $< -o $@ $$($(staged) --libs nndyn) -lm -Wl,-rpath,$(stage)/lib
mpi: $(if $(shell command -v mpicc),build/mpi/mpi_sweep) ## build the example over MPI, if there is an mpicc; the library needs none
	@$(if $^,:,echo 'there is no mpicc: run "make deps-checks" or install an MPI')
demo: build/examples/demo ## train on the digits, analyze, write build/demo/report.html
	@mkdir -p build/demo
	@build/examples/demo build/demo examples/data/digits.csv > build/demo/summary.txt || { rm -f build/demo/summary.txt; exit 1; }
	@cat build/demo/summary.txt
	@$(PYTHON) examples/demo/report.py build/demo

.PHONY: clean help
clean: ## remove build products
	rm -rf build lib
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 16
endif
