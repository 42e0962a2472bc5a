# SPDX-License-Identifier: GPL-2.0-only
#
# Can programs with BPF be built here? Sets BPF_MISSING to a text that names what is
# missing; or leaves it empty and sets BPF_CLANG, BPF_TARGET, VMLINUX_BTF and LDLIBS.
# Likewise SCX_MISSING, for the programs with a BPF scheduler only. Sets STATIC_FLAG to
# -static if static linking works.

# The CC that lib.mk chooses for ARCH, CROSS_COMPILE and LLVM. The list of programs must be
# known before lib.mk is included.
PROBE_CC := $(if $(filter command override,$(origin CC)),$(CC),$(shell \
	printf 'include ../lib.mk\nprint_cc:\n\t@echo "$$(CC)"\n' | \
	MAKEFLAGS= $(MAKE) -s -f - LLVM='$(LLVM)' ARCH='$(ARCH)' CROSS_COMPILE='$(CROSS_COMPILE)' \
		print_cc 2>/dev/null))
probe_cc = $(PROBE_CC) $(USERCFLAGS) $(filter-out -static,$(USERLDFLAGS)) -w -x c -

# $(call links,FLAGS): FLAGS, if a program with libelf links with them. Some static
# libelfs need zstd; that of Debian 13 lacks two functions (lib/elf_gap.c).
links = $(shell printf '\043include <gelf.h>\nint main(void) { %s }\n' \
	'elf_end(elf_begin(0, ELF_C_READ, 0)); return elf_compress(0, 0, 0);' | \
	$(probe_cc) -o /dev/null $(1) >/dev/null 2>&1 && echo '$(1)')
# $(call links_plain,FLAGS): the same without libelf
links_plain = $(shell echo 'int main(void) { return 0; }' | \
	$(probe_cc) -o /dev/null $(1) >/dev/null 2>&1 && echo '$(1)')

# BPF has the byte order of the kernel, which may be another than this machine's.
BYTE_ORDER := $(shell echo __BYTE_ORDER__ | $(probe_cc) -E -P 2>/dev/null)
BPF_TARGET := $(if $(filter 4321,$(BYTE_ORDER)),bpfeb,bpfel)
BPF_TARGET_HERE := $(if $(filter 256,$(shell printf '\001\000' | od -An -tu2)),bpfeb,bpfel)

# Are the programs for this machine?
IS_NATIVE := $(filter $(shell uname -m | sed 's/^ppc/powerpc/; s/^armv.*/arm/')-%,\
	$(shell $(PROBE_CC) -dumpmachine 2>/dev/null))

# Every clang-N in PATH, the newest first.
CLANGS := $(shell printf '%s\n' \
	$(notdir $(wildcard $(addsuffix /clang-[1-9]*,$(subst :, ,$(PATH))))) | \
	grep -xE 'clang-[0-9]+' | sort -t- -k2nr -u)

BPF_CLANG ?= $(firstword $(foreach clang,$(CLANG) clang $(CLANGS),\
	$(shell test "`echo __clang_major__ | $(clang) -E -P - 2>/dev/null`" -ge 16 2>/dev/null && \
		echo $(clang))))

# For the programs with a scheduler, a BTF or vmlinux.h must have the sched_ext types that
# this tree's headers use; for the others, those of cgroups.
SCX_HEADERS := ../../../sched_ext/include/scx
SCX_TYPES := scx_cgroup_init_args $(if $(wildcard $(SCX_HEADERS)/cid.bpf.h),scx_cmask)
CGROUP_TYPES := cgroup_subsys_state css_set
# $(call knows,TYPES,FILE): FILE, if it has them all
knows = $(shell for type in $(1); do grep -aqsw $$type $(2) || exit; done; echo $(2))

# The running kernel comes last, and not at all if the programs are for another machine.
VMLINUX_BTF_PATHS ?= $(if $(O),$(O)/vmlinux) \
	$(if $(KBUILD_OUTPUT),$(KBUILD_OUTPUT)/vmlinux) \
	../../../../vmlinux \
	$(if $(IS_NATIVE),/sys/kernel/btf/vmlinux /boot/vmlinux-$(shell uname -r))
ifeq ($(VMLINUX_H)$(VMLINUX_BTF),)
VMLINUX_BTF := $(abspath $(firstword $(foreach types,SCX_TYPES CGROUP_TYPES,\
	$(foreach file,$(wildcard $(VMLINUX_BTF_PATHS)),$(call knows,$($(types)),$(file))))))
NO_TYPES := no BTF with the sched_ext types that this tree has ($(SCX_TYPES)) in \
	$(or $(strip $(VMLINUX_BTF_PATHS)),any place): set VMLINUX_BTF
else
NO_TYPES := $(if $(VMLINUX_H),VMLINUX_H=$(VMLINUX_H),VMLINUX_BTF=$(VMLINUX_BTF)) \
	does not exist or lacks a sched_ext type that this tree has ($(SCX_TYPES))
endif
TYPES := $(or $(VMLINUX_H),$(VMLINUX_BTF))

LIBELF := $(or $(call links,-lelf -lz),$(call links,-lelf -lz -lzstd))
ifneq ($(STATIC),0)
STATIC_LIBELF := $(or $(call links,-static -lelf -lz),$(call links,-static -lelf -lz -lzstd),\
	$(call links,-static lib/elf_gap.c -lelf -lz -lzstd))
ELF_GAP := $(patsubst %.c,%,$(filter %.c,$(STATIC_LIBELF)))
endif

ifeq ($(BPF_CLANG),)
BPF_MISSING := no clang 16 or later (Debian: clang-19)
else ifeq ($(LIBELF),)
BPF_MISSING := no libelf to link with (Debian: libelf-dev zlib1g-dev$(if $(IS_NATIVE),, for this ARCH))
else ifeq ($(if $(TYPES),$(call knows,$(CGROUP_TYPES),$(TYPES))),)
BPF_MISSING := $(NO_TYPES)
else ifeq ($(or $(filter $(BPF_TARGET),$(BPF_TARGET_HERE)),\
	$(shell grep -s bpf_insn_bswap ../../../lib/bpf/libbpf_internal.h)),)
BPF_MISSING := this tree cannot build BPF of the other byte order; those from 6.13 on can
endif

ifneq ($(BPF_MISSING),)
else ifeq ($(SCHED_EXT),0)
else ifeq ($(filter sched_ext/%,$(BPF_TESTS)),)
else ifeq ($(wildcard $(SCX_HEADERS)/common.bpf.h),)
SCX_MISSING := this kernel tree has no tools/sched_ext/include
else ifeq ($(if $(TYPES),$(call knows,$(SCX_TYPES),$(TYPES))),)
SCX_MISSING := $(NO_TYPES)
endif

# The programs that are built.
BPF_SUITE := $(if $(BPF_MISSING),,$(filter $(if $(SCX_MISSING)$(filter 0,$(SCHED_EXT)),cgroup/%,%),\
	$(BPF_TESTS)))

ifeq ($(BPF_MISSING),)
LDLIBS := $(filter -l%,$(or $(STATIC_LIBELF),$(LIBELF)))
STATIC_FLAG := $(filter -static,$(STATIC_LIBELF))
else ifneq ($(STATIC),0)
STATIC_FLAG := $(call links_plain,-static)
endif

# scx_tid_qmap runs the tree's scheduler scx_qmap. It is built if it uses tids, the
# BTF has its types, and there is a clang 20 or later (19 loses track of arena
# pointers). Otherwise that test is skipped.
QMAP := ../../../sched_ext/scx_qmap
QMAP_TYPES := $(shell grep -ohswE 'scx_cmask|scx_enable_args|SCX_CAP_ENQ' $(QMAP).bpf.c)
QMAP_CLANG ?= $(firstword $(foreach clang,$(BPF_CLANG) $(CLANGS),\
	$(shell test "`echo __clang_major__ | $(clang) -E -P - 2>/dev/null`" -ge 20 2>/dev/null && \
		echo $(clang))))
ifneq ($(filter sched_ext/%,$(BPF_SUITE)),)
BUILD_QMAP := $(and $(shell grep -lsw scx_bpf_tid_to_task $(QMAP).bpf.c),\
	$(call knows,$(sort $(QMAP_TYPES)),$(TYPES)),$(QMAP_CLANG))
endif

# Print it once, and not into the output of emit_tests.
LEFT_OUT := $(or $(BPF_MISSING),$(SCX_MISSING))
ifneq ($(LEFT_OUT),)
LEFT_OUT_TESTS := the tests that load $(if $(BPF_MISSING),BPF,a BPF scheduler)
ifeq ($(FORCE_TARGETS)$(filter clean,$(MAKECMDGOALS)),1)
$(error task_exit: cannot build $(LEFT_OUT_TESTS): $(LEFT_OUT))
endif
ifeq ($(filter clean emit_tests install,$(MAKECMDGOALS)),)
$(shell echo 'task_exit: $(LEFT_OUT_TESTS) are left out: $(LEFT_OUT)' >&2)
endif
endif
