# SPDX-License-Identifier: GPL-2.0-only
#
# All test programs are links to one executable, task_exit (lib/program.h). NAME.c
# in cgroup/ is the program cgroup_NAME, in sched_ext/ it is scx_NAME. A program
# with a NAME.bpf.c loads BPF: it is built if there are clang, libelf and the BTF of a
# kernel, for sched_ext/ with sched_ext. Otherwise the build says what is missing;
# FORCE_TARGETS=1 makes that an error. Variables, besides those of kselftest, such as ARCH,
# CROSS_COMPILE and LLVM:
#
#	VMLINUX_BTF=	a vmlinux, or raw BTF, of a kernel with sched_ext, of the same ARCH
#	VMLINUX_H=	a vmlinux.h, instead of one made from VMLINUX_BTF
#	SCHED_EXT=0	build no program with a BPF scheduler
#	BPFTOOL=	a bpftool, instead of the tree's
#	BPF_CLANG=	the clang that compiles BPF, 16 or later
#	QMAP_CLANG=	the clang that compiles the tree's scx_qmap, 20 or later
#	STATIC=0	link dynamically; the default is static if that works, so that
#			the tests run on any root file system

BPF_TESTS := $(sort $(patsubst %.bpf.c,%,$(wildcard cgroup/*.bpf.c sched_ext/*.bpf.c)))
PLAIN_TESTS := $(filter-out $(BPF_TESTS) %.bpf,$(sort $(basename $(wildcard cgroup/*.c))))

ifneq ($(BPF_TESTS),)
include bpf-probe.mk
endif

SUITE_TESTS := $(PLAIN_TESTS) $(BPF_SUITE)
# $(call programs,FILES): cgroup/NAME is cgroup_NAME, sched_ext/NAME is scx_NAME
programs = $(patsubst sched_ext/%,scx_%,$(patsubst cgroup/%,cgroup_%,$(1)))

TEST_GEN_PROGS := $(sort $(call programs,$(SUITE_TESTS)))
TEST_GEN_FILES := task_exit $(if $(BUILD_QMAP),scx_qmap)

OVERRIDE_TARGETS := 1
include ../lib.mk

OBJ := $(OUTPUT)/obj

# Also removes the output of a build with other variables.
override define CLEAN
	$(RM) -r $(OBJ)
	$(RM) $(OUTPUT)/task_exit $(OUTPUT)/scx_qmap
	$(RM) $(addprefix $(OUTPUT)/,$(call programs,$(PLAIN_TESTS) $(BPF_TESTS)))
endef

# The linux/types.h in TOOLS_INCLUDES lacks the types in asm/types.h, which s390's headers use.
CFLAGS += -std=gnu11 -O2 -Wall -Wextra -Ilib -Iexplore -I$(selfdir) $(KHDR_INCLUDES) $(TOOLS_INCLUDES)
CFLAGS += -D__SANE_USERSPACE_TYPES__ -include asm/types.h
LDFLAGS += $(STATIC_FLAG)

# These are only linked if programs with BPF, or with a BPF scheduler, are.
ALL_LIBS := $(basename $(wildcard lib/*.c))
BPF_LIBS := $(filter lib/kernel_btf lib/bpf_refusal,$(ALL_LIBS))
SCX_LIBS := $(filter lib/scheduler lib/tid_query lib/preloaded lib/grant,$(ALL_LIBS))
LIBS := $(filter-out $(BPF_LIBS) $(SCX_LIBS) lib/elf_gap,$(ALL_LIBS))
# Random sequences, judged by a model: cgroup_explore and cgroup_replay.
LIBS += $(basename $(wildcard explore/*.c))
OBJECTS := $(addprefix $(OBJ)/,$(addsuffix .o,$(LIBS) $(SUITE_TESTS)))

ifneq ($(BPF_SUITE),)
BPF_LIBS += $(if $(filter sched_ext/%,$(BPF_SUITE)),$(SCX_LIBS))
OBJECTS += $(addprefix $(OBJ)/,$(addsuffix .o,$(BPF_LIBS) $(ELF_GAP)))
include bpf.mk
endif

# Each program contains the harness, with global symbols of the same names. Its
# constructor registers it, so all its symbols can be hidden.
OBJCOPY := $(if $(LLVM),$(LLVM_PREFIX)llvm-objcopy$(LLVM_SUFFIX),$(CROSS_COMPILE)objcopy)
hide_symbols = $(OBJCOPY) --keep-global-symbol=none_at_all $@

$(OBJ)/%.o: %.c
	$(call msg,CC,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(if $(filter lib/% explore/%,$<),,-DTEST_PROGRAM=$(call programs,$*)) -MMD -MP -c $< -o $@
	$(Q)$(if $(filter lib/% explore/%,$<),,$(hide_symbols))

$(OUTPUT)/task_exit: $(OBJECTS) $(LIBBPF)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Not a pattern rule: a rule for cgroup_% and scx_% would make both of a name at once.
$(TEST_GEN_PROGS): $(OUTPUT)/task_exit
	$(call msg,LN,,$@)
	$(Q)ln -sf task_exit $@

$(OBJ)/explore/known.o: explore/known.txt

-include $(OBJECTS:.o=.d)

.DELETE_ON_ERROR:
