# SPDX-License-Identifier: GPL-2.0-only
#
# task_exit: a kselftest target. It sits at tools/testing/selftests/task_exit of
# a kernel tree and is built, run and installed there like every other:
#
#	make -C tools/testing/selftests TARGETS=task_exit run_tests
#
# A checkout outside of a kernel tree has no lib.mk next to it; it has the goals
# of goals.mk: "make help" lists them.
#
# All test programs are links to one executable, task_exit (see lib/program.h). A
# test is NAME.c in cgroup/ or sched_ext/, program cgroup_NAME or scx_NAME; one
# with a NAME.bpf.c beside it loads BPF. Those are in the executable where they can
# be built: that takes clang, libelf and the BTF of a kernel with sched_ext. Where
# one is missing they are left out and one line says why; FORCE_TARGETS=1 makes
# that an error. What can be set:
#
#	VMLINUX_BTF=	a vmlinux, or raw BTF, of a kernel with sched_ext
#	VMLINUX_H=	a vmlinux.h, instead of one made from VMLINUX_BTF
#	BPFTOOL=	a bpftool, instead of the tree's own
#	BPF_CLANG=	the clang that compiles BPF, 16 or later
#	QMAP_CLANG=	the clang that compiles the tree's scx_qmap, 20 or later
#	STATIC=0	link dynamically (static, where that works, so that what
#			is installed runs on any root file system)

ifeq ($(wildcard ../lib.mk),)
include goals.mk
else

BPF_TESTS := $(sort $(patsubst %.bpf.c,%,$(wildcard cgroup/*.bpf.c sched_ext/*.bpf.c)))
PLAIN_TESTS := $(filter-out $(BPF_TESTS) %.bpf,$(sort $(basename $(wildcard cgroup/*.c))))

include bpf-probe.mk

# Not TESTS: "make vmtest TESTS=..." is about what runs, not what is built.
SUITE_TESTS := $(PLAIN_TESTS) $(if $(BPF_MISSING),,$(BPF_TESTS))
# $(call programs,FILES): cgroup/NAME is cgroup_NAME, sched_ext/NAME is scx_NAME
programs = $(patsubst sched_ext/%,scx_%,$(patsubst cgroup/%,cgroup_%,$(1)))

TEST_GEN_PROGS := $(sort $(call programs,$(SUITE_TESTS)))
TEST_GEN_FILES := task_exit $(if $(BUILD_QMAP),scx_qmap)

OVERRIDE_TARGETS := 1
include ../lib.mk

OBJ := $(OUTPUT)/obj

# Cleaning removes what any build may have left, whatever this one would build.
override define CLEAN
	$(RM) -r $(OBJ)
	$(RM) $(OUTPUT)/task_exit $(OUTPUT)/scx_qmap
	$(RM) $(addprefix $(OUTPUT)/,$(call programs,$(PLAIN_TESTS) $(BPF_TESTS)))
endef

CFLAGS += -std=gnu11 -O2 -Wall -Wextra -Ilib -I$(selfdir) $(KHDR_INCLUDES) $(TOOLS_INCLUDES)
LDFLAGS += $(STATIC_FLAG)

# What of lib/ is for BPF only.
BPF_LIBS := lib/scheduler lib/tid_query lib/kernel_btf lib/preloaded lib/grant lib/bpf_refusal
LIBS := $(filter-out $(BPF_LIBS) lib/elf_gap,$(basename $(wildcard lib/*.c)))
OBJECTS := $(addprefix $(OBJ)/,$(addsuffix .o,$(LIBS) $(SUITE_TESTS)))

ifeq ($(BPF_MISSING),)
OBJECTS += $(addprefix $(OBJ)/,$(addsuffix .o,$(BPF_LIBS) $(ELF_GAP)))
include bpf.mk
endif

# Each test program has the harness in it, with global symbols of the same names.
# A program is found by its constructor and needs no symbol of its own: hide all.
OBJCOPY := $(if $(LLVM),$(LLVM_PREFIX)llvm-objcopy$(LLVM_SUFFIX),$(CROSS_COMPILE)objcopy)
hide_symbols = $(OBJCOPY) --keep-global-symbol=none_at_all $@

$(OBJ)/%.o: %.c
	$(call msg,CC,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(if $(filter lib/%,$<),,-DTEST_PROGRAM=$(call programs,$*)) -MMD -MP -c $< -o $@
	$(Q)$(if $(filter lib/%,$<),,$(hide_symbols))

$(OUTPUT)/task_exit: $(OBJECTS) $(LIBBPF)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(OUTPUT)/cgroup_% $(OUTPUT)/scx_%: $(OUTPUT)/task_exit
	$(call msg,LN,,$@)
	$(Q)ln -sf task_exit $@

-include $(OBJECTS:.o=.d)

.DELETE_ON_ERROR:

endif
