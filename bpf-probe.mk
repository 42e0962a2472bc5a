# SPDX-License-Identifier: GPL-2.0-only
#
# Can programs with BPF be built here? Sets BPF_MISSING to a text that names what is
# missing; or leaves it empty and sets BPF_CLANG, VMLINUX_BTF and LDLIBS. Sets
# STATIC_FLAG to -static if static linking works.

PROBE_CC := $(if $(LLVM),$(or $(CLANG),$(filter %/,$(LLVM))clang$(filter -%,$(LLVM))),$(CROSS_COMPILE)gcc)

# $(call links,FLAGS): FLAGS, if a program with libelf links with them. Some static
# libelfs need zstd; that of Debian 13 lacks two functions (lib/elf_gap.c).
links = $(shell printf '\043include <gelf.h>\nint main(void) { %s }\n' \
	'elf_end(elf_begin(0, ELF_C_READ, 0)); return elf_compress(0, 0, 0);' | \
	$(PROBE_CC) -x c - -o /dev/null $(1) >/dev/null 2>&1 && echo '$(1)')
# $(call links_plain,FLAGS): the same without libelf
links_plain = $(shell echo 'int main(void) { return 0; }' | \
	$(PROBE_CC) -x c - -o /dev/null $(1) >/dev/null 2>&1 && echo '$(1)')

# Every clang-N in PATH, the newest first.
CLANGS := $(shell printf '%s\n' \
	$(notdir $(wildcard $(addsuffix /clang-[1-9]*,$(subst :, ,$(PATH))))) | \
	grep -xE 'clang-[0-9]+' | sort -t- -k2nr -u)

BPF_CLANG ?= $(firstword $(foreach clang,$(CLANG) clang $(CLANGS),\
	$(shell test "`echo __clang_major__ | $(clang) -E -P - 2>/dev/null`" -ge 16 2>/dev/null && \
		echo $(clang))))

# A BTF or vmlinux.h must have the sched_ext types that this tree's headers use.
SCX_HEADERS := ../../../sched_ext/include/scx
SCX_TYPES := scx_cgroup_init_args $(if $(wildcard $(SCX_HEADERS)/cid.bpf.h),scx_cmask)
# $(call knows_scx,FILE): FILE, if it has them
knows_scx = $(shell for type in $(SCX_TYPES); do grep -aqsw $$type $(1) || exit; done; echo $(1))

# The running kernel comes last.
VMLINUX_BTF_PATHS ?= $(if $(O),$(O)/vmlinux) \
	$(if $(KBUILD_OUTPUT),$(KBUILD_OUTPUT)/vmlinux) \
	../../../../vmlinux \
	/sys/kernel/btf/vmlinux \
	/boot/vmlinux-$(shell uname -r)
ifeq ($(VMLINUX_H)$(VMLINUX_BTF),)
VMLINUX_BTF := $(abspath $(firstword $(foreach file,$(wildcard $(VMLINUX_BTF_PATHS)),\
	$(call knows_scx,$(file)))))
else ifeq ($(call knows_scx,$(or $(VMLINUX_H),$(VMLINUX_BTF))),)
BPF_MISSING := $(if $(VMLINUX_H),VMLINUX_H=$(VMLINUX_H),VMLINUX_BTF=$(VMLINUX_BTF)) \
	does not exist or lacks a sched_ext type that this tree has ($(SCX_TYPES))
endif

LIBELF := $(or $(call links,-lelf -lz),$(call links,-lelf -lz -lzstd))
ifneq ($(STATIC),0)
STATIC_LIBELF := $(or $(call links,-static -lelf -lz),$(call links,-static -lelf -lz -lzstd),\
	$(call links,-static lib/elf_gap.c -lelf -lz -lzstd))
ELF_GAP := $(patsubst %.c,%,$(filter %.c,$(STATIC_LIBELF)))
endif

ifneq ($(BPF_MISSING),)
else ifeq ($(BPF_CLANG),)
BPF_MISSING := no clang 16 or later (Debian: clang-19)
else ifeq ($(LIBELF),)
BPF_MISSING := no libelf to link with (Debian: libelf-dev zlib1g-dev)
else ifeq ($(wildcard $(SCX_HEADERS)/common.bpf.h),)
BPF_MISSING := this kernel tree has no tools/sched_ext/include
else ifeq ($(VMLINUX_H)$(VMLINUX_BTF),)
BPF_MISSING := no BTF with the sched_ext types that this tree has ($(SCX_TYPES)) in $(or $(strip $(VMLINUX_BTF_PATHS)),any place): set VMLINUX_BTF
endif

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
# $(call knows_all,FILE): FILE, if it has all of QMAP_TYPES
knows_all = $(shell for type in $(sort $(QMAP_TYPES)); do grep -aqsw $$type $(1) || exit; done; echo $(1))

QMAP_CLANG ?= $(firstword $(foreach clang,$(BPF_CLANG) $(CLANGS),\
	$(shell test "`echo __clang_major__ | $(clang) -E -P - 2>/dev/null`" -ge 20 2>/dev/null && \
		echo $(clang))))
ifeq ($(BPF_MISSING),)
BUILD_QMAP := $(and $(shell grep -lsw scx_bpf_tid_to_task $(QMAP).bpf.c),\
	$(call knows_all,$(or $(VMLINUX_H),$(VMLINUX_BTF))),$(QMAP_CLANG))
endif

# Print it once, and not into the output of emit_tests.
ifneq ($(BPF_MISSING),)
ifeq ($(FORCE_TARGETS)$(filter clean,$(MAKECMDGOALS)),1)
$(error task_exit: cannot build the tests that load BPF: $(BPF_MISSING))
endif
ifeq ($(filter clean emit_tests install,$(MAKECMDGOALS)),)
$(shell echo 'task_exit: the tests that load BPF are left out: $(BPF_MISSING)' >&2)
endif
endif
